"""Delimited text without a header, or in which quote marks are text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from segue.data.delimited import LINE_LIMIT
from segue.data.lines import read_lines
from segue.data.notation import PLAIN, Notation
from segue.data.tables import Table
from segue.data.wording import count, one_line, shorten
from segue.errors import DataError

Row = tuple[int, list[str]]


def read_plain_table(
    path: str | Path, *, header: bool, quotes: bool, notation: Notation = PLAIN
) -> Table:
    r"""Read CSV or TSV that `segue.data.tables.read_table` does not take; all values are text.

    Args:
        path: of the file, plain or compressed.
        header: whether the first row names the columns; else they are called 1, 2, ...
        quotes: whether a field in quote marks may hold delimiters and line ends; else a quote
            mark is a character like any other, as in most corpora.
        notation: how its text is to be read.

    Raises:
        DataError: the file cannot be read, a row has more or fewer fields than the first, or a
            quote mark is in the middle of a field, or never closed.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "train.tsv"
    >>> _ = path.write_text('a "fine film\t1\ndull\t0\n')
    >>> read_plain_table(path, header=False, quotes=False).frame.to_dicts()[0]
    {'1': 'a "fine film', '2': '1'}
    """
    source = str(path)
    rows = _rows(Path(path), quotes, notation)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{one_line(source)}: the file is empty; it needs rows")
    width = len(first[1])
    names = first[1] if header else [str(i + 1) for i in range(width)]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise DataError(
            f"{one_line(source)}: row 1: the column name {shorten(twice[0])} appears twice; "
            "rename one of them"
        )
    numbers: list[int] = []
    columns: list[list[str]] = [[] for _ in names]
    for number, fields in rows if header else _again(first, rows):
        if len(fields) != width:
            raise DataError(
                f"{one_line(source)}: row {number}: {count(len(fields), 'field')} where row "
                f"{first[0]} has {width}; mend the row"
            )
        numbers.append(number)
        for column, field in zip(columns, fields, strict=True):
            column.append(field)
    if not numbers:
        raise DataError(f"{one_line(source)}: the file has a header and no rows; it needs data")
    frame = pl.DataFrame(dict(zip(names, columns, strict=True)), dict.fromkeys(names, pl.String))
    return Table(frame, source, np.array(numbers, np.int64), notation=notation)


def _again(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rows


def _rows(path: Path, quotes: bool, notation: Notation) -> Iterator[Row]:
    """Row number and fields of each row that is not blank."""
    lines = read_lines(path, encoding=notation.encoding)
    delimiter = ""
    for number, line in lines:
        if not line.strip():
            continue
        if not delimiter:
            delimiter = _sniff(line, path)
        if not (quotes and '"' in line):
            yield number, line.split(delimiter)
            continue
        if line.count('"') % 2:
            line = _closed(line, lines, f"{one_line(str(path))}: row {number}")
        yield number, _quoted(line, delimiter, f"{one_line(str(path))}: row {number}")


def _closed(line: str, lines: Iterator[tuple[int, str]], place: str) -> str:
    """A line with an open quote mark, and those after it until the mark is closed."""
    parts, size, still_open = [line], len(line), True
    while still_open:
        _, part = next(lines, (0, None))
        if part is None or size > LINE_LIMIT:
            raise DataError(
                f"{place}: a quote mark is opened and never closed; close it, or say that quote "
                "marks are text (--no-quotes)"
            )
        parts.append(part)
        size += len(part)
        still_open ^= part.count('"') % 2 == 1
    return "\n".join(parts)


def _sniff(line: str, path: Path) -> str:
    """The delimiter that the first row uses most; a tab in a file called .tsv."""
    if {".tsv", ".tab"} & {suffix.lower() for suffix in path.suffixes}:
        return "\t"
    return max(",\t;|", key=line.count)


def _quoted(line: str, delimiter: str, place: str) -> list[str]:
    """The fields of a row in which some are in quote marks, a mark inside them doubled.

    >>> _quoted('1;"two; ""three"" ";', ";", "")
    ['1', 'two; "three" ', '']
    """
    mark = re.escape(delimiter)
    field = re.compile(rf'(?:"((?:[^"]|"")*)"|([^"{mark}]*)){mark}')
    ended, fields, at = line + delimiter, [], 0
    while at < len(ended):
        found = field.match(ended, at)
        if found is None:
            raise DataError(
                f"{place}: a quote mark in the middle of a field; double it and put the field in "
                "quotes, or say that quote marks are text (--no-quotes)"
            )
        inside, plain = found.groups()
        fields.append(plain if inside is None else inside.replace('""', '"'))
        at = found.end()
    return fields
