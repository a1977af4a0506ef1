"""The lines of a text file, streamed and checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segue.data.delimited import BYTE_ORDER_MARK, LINE_LIMIT, check_bytes
from segue.data.raw import open_raw
from segue.data.wording import one_line
from segue.errors import DataError


def read_lines(
    path: Path, *, limit: int = LINE_LIMIT, encoding: str | None = None
) -> Iterator[tuple[int, str]]:
    r"""Each line of a text file, plain or compressed, with its number from 1.

    Lines end in a line feed, with or without a carriage return, which are left out. No more than
    a chunk and a line are held. A line may have `limit` bytes. `encoding` is one of
    `segue.data.notation.ENCODINGS`; None is UTF-8, or UTF-16 with its mark.

    Raises:
        DataError: the file cannot be opened, or a line is not of that encoding, has a NUL byte or
            is longer than the limit.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "names.txt"
    >>> _ = path.write_text("Ada\nAlan\n")
    >>> list(read_lines(path))
    [(1, 'Ada'), (2, 'Alan')]
    """
    place = one_line(str(path))
    with open_raw(path, place, encoding) as raw:
        yield from split_lines(raw.chunks(), place, limit)


def split_lines(
    chunks: Iterator[bytes], place: str, limit: int = LINE_LIMIT
) -> Iterator[tuple[int, str]]:
    r"""The lines of `chunks` as `read_lines` gives them; `place` names them in errors.

    A line is given as soon as its line feed is there: so a stream is answered line by line, from
    `chunks = iter(lambda: sys.stdin.buffer.readline(1 << 16), b"")`.

    >>> list(split_lines(iter([b"one\ntw", b"o"]), "standard input"))
    [(1, 'one'), (2, 'two')]
    """
    for row, block in whole_lines(chunks, place, limit):
        yield from enumerate(_decode(block, place, row, limit), start=row)


def whole_lines(
    chunks: Iterator[bytes], place: str, limit: int = LINE_LIMIT
) -> Iterator[tuple[int, bytes]]:
    r"""Blocks of whole lines, each ended by a line feed, and the number of each one's first.

    A byte order mark is left out. `place` names the source in errors.

    Raises:
        DataError: a line is longer than `limit` bytes before its end is seen.

    >>> list(whole_lines(iter([b"one\ntw", b"o"]), "standard input"))
    [(1, b'one\n'), (2, b'two\n')]
    """
    tail, row, first = b"", 1, True
    for chunk in chunks:
        block = tail + chunk
        if first:
            block, first = block.removeprefix(BYTE_ORDER_MARK), False
        end = block.rfind(b"\n") + 1
        if end:
            yield row, block[:end]
            row += block.count(b"\n", 0, end)
        tail = block[end:]
        if len(tail) > limit:
            raise line_too_long(place, row, limit)
    if tail:
        yield row, tail + b"\n"


def _decode(block: bytes, place: str, row: int, limit: int) -> list[str]:
    """The lines of a block, each ended by a line feed; `row` is the number of the first."""
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        for number, part in enumerate(block.split(b"\n"), start=row):
            check_bytes(part + b"\n", place, number)
    lines = text.replace("\r\n", "\n").split("\n")[:-1]
    if len(block) > limit:
        for number, line in enumerate(lines, start=row):
            if len(line) > limit:
                raise line_too_long(place, number, limit)
    return lines


def line_too_long(place: str, row: int, limit: int = LINE_LIMIT) -> DataError:
    """The error for a line over the limit."""
    return DataError(
        f"{place}: row {row}: the line is longer than {limit // 1024} KiB; break it up, or "
        "check how the file was written"
    )
