"""Plain text in columns, no wider than a page of `explain`."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

COLUMNS = 100
INSIDE = COLUMNS - 2  # the lines of a section are set in by two


def folded(line: str, room: int = INSIDE, inset: int = 4) -> list[str]:
    """A line, or several where it is too long; those that follow are set in further.

    Example:
        >>> folded("  y = cat(a, b, c)", 14)
        ['  y = cat(a,', '      b, c)']
    """
    space = " " * (len(line) - len(line.lstrip()) + inset)
    return wrap(line, room, subsequent_indent=space, break_long_words=False, break_on_hyphens=False)


def listed(start: str, items: Sequence[str], end: str = "", room: int = INSIDE) -> list[str]:
    """Items after a word, separated by commas and cut only between them.

    Example:
        >>> listed("reads  ", ["h: B 4", "c: B 4", "x: B 3"], room=22)
        ['reads  h: B 4, c: B 4,', '       x: B 3']
    """
    lines, line = [], start
    for index, item in enumerate(items):
        last = index == len(items) - 1
        piece = item + (end if last else ",")
        if len(line) + len(piece) > room and line.strip() and line != start:
            lines.append(line.rstrip())
            line = " " * len(start)
        line += piece + ("" if last else " ")
    return [*lines, line]


def assignments(lines: Iterable[str]) -> Iterator[str]:
    """Lines `left = right` with the right sides in one column, folded where they are too long."""
    parts = [line.partition(" = ") for line in lines]
    size = max((len(left) for left, _, _ in parts), default=0)
    for left, _, right in parts:
        start = f"{left:<{size}} = "
        yield from folded(start + right, inset=min(size + 7, INSIDE // 2))


def table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Rows in columns: the first ones flush left, the others flush right.

    Example:
        >>> table([("", "FLOPs"), ("forward", "1,200")])
        ['         FLOPs', 'forward  1,200']
    """
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            f"{cell:<{size}}" if index < left else f"{cell:>{size}}"
            for index, (cell, size) in enumerate(zip(row, sizes, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
