"""Tables from files and frames, with the row numbers that an error message needs."""

from __future__ import annotations

import difflib
import io
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segue.data import memory
from segue.data.dataframes import to_polars
from segue.data.delimited import BYTE_ORDER_MARK, Delimited, scan_delimited
from segue.data.jsonl import read_jsonl
from segue.data.notation import PLAIN, Notation
from segue.data.raw import open_raw
from segue.data.wording import one_line, shorten
from segue.errors import DataError

PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True)
class Table:
    """A frame, where it came from, and the number that each of its rows has there.

    A delimited file keeps its values as text until a column is asked for as numbers or times
    (`segue.data.values`, `segue.data.times`), so that a defect can be shown as it is written.

    >>> import polars as pl
    >>> table = table_from_frame(pl.DataFrame({"y": [1.0, 2.0]}), source="sales")
    >>> table.place(1, "y")
    "sales: row 1 (counted from 0), column 'y'"
    """

    frame: pl.DataFrame
    source: str
    rows: np.ndarray  # [n] int64: the number of each row in its file or frame
    counted: str = ""  # how rows are counted, where it is not a file's rows from 1
    notation: Notation = PLAIN  # how its text writes numbers and dates

    def place(self, index: int | None = None, column: str | None = None) -> str:
        """Where something stands: source, row, column."""
        parts = []
        if index is not None:
            parts.append(f"row {self.rows[index]}{self.counted}")
        if column is not None:
            parts.append(f"column {shorten(column)}")
        return f"{one_line(self.source)}: {', '.join(parts)}" if parts else one_line(self.source)

    def error(self, what: str, index: int | None = None, column: str | None = None) -> DataError:
        """The one-line error for a place in this table."""
        return DataError(f"{self.place(index, column)}: {what}")

    def option(self, name: str, *values: str) -> str:
        """How an error writes an option that it recommends: for a command, or for Python.

        >>> Table(pl.DataFrame(), "a.csv", np.zeros(0)).option("thousands", " ")
        "--thousands ' '"
        >>> table_from_frame(pl.DataFrame({"y": [1]})).option("strip", "%")
        "strip=('%',)"
        """
        if self.counted:
            several = name in {"strip", "missing"}
            return f"{name}={tuple(map(str, values)) if several else str(values[0])!r}"
        return " ".join(f"--{name} {_quoted(one_line(value))}" for value in values)

    def require(self, column: str, role: str) -> pl.Series:
        """The column called `column`; an error that lists the columns when there is none."""
        if column in self.frame.columns:
            return self.frame[column]
        names = self.frame.columns
        close = difflib.get_close_matches(column, names, n=1)
        folded = [name for name in names if name.strip().lower() == column.strip().lower()]
        hint = f"did you mean {shorten((folded or close)[0])}? " if folded or close else ""
        listed = ", ".join(shorten(name) for name in names[:20])
        more = f" and {len(names) - 20} more" if len(names) > 20 else ""
        if names and all(_is_number(name) for name in names):
            hint = "the first row looks like data: put a header above it; "
        raise self.error(
            f"there is no column {shorten(column)} ({role}); {hint}the columns are {listed}{more}"
        )


def read_table(path: str | Path, notation: Notation = PLAIN) -> Table:
    r"""Read a CSV, TSV, JSON lines or Parquet file, plain or compressed; its content shows which.

    Compressed is with gzip, bzip2 or xz. The delimiter (comma, tab, semicolon or bar) is found
    from the header, or named by a first line such as `sep=;`. UTF-16 is known by its mark, any
    other encoding is named in `notation`. Blank lines carry no data and are passed over; they
    count as rows. Every other irregularity is a `DataError`: no such file, not UTF-8, NUL bytes, a
    line over 1 MiB, a row with more or fewer fields than the header, a stray or unclosed quote
    mark, a column name that appears twice, no rows, more rows than memory holds.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
    >>> _ = path.write_text("day,sales\n2024-01-01,3\n2024-01-02,5\n")
    >>> read_table(path).frame.rows()
    [('2024-01-01', '3'), ('2024-01-02', '5')]
    """
    place = one_line(str(path))
    blocks, taken = [], 0
    with memory.memory_named(place):
        for block in read_blocks(path, notation):
            blocks.append(block)
            taken += int(block.frame.estimated_size())
            memory.require(taken, place, f"{memory.size(taken)} are read to row {block.rows[-1]}")
        if len(blocks) == 1:
            return blocks[0]
        whole = pl.concat([block.frame for block in blocks], rechunk=True)
        return replace(blocks[0], frame=whole, rows=np.concatenate([each.rows for each in blocks]))


def read_blocks(path: str | Path, notation: Notation = PLAIN) -> Iterator[Table]:
    """The table that `read_table` reads, in blocks of rows, of which no more than one is held.

    What is not delimited text (JSON lines, Parquet) is one block. The errors are those of
    `read_table`.
    """
    source, path = str(path), Path(path)
    place = one_line(source)
    suffixes = {suffix.lower() for suffix in path.suffixes}
    with memory.memory_named(place), open_raw(path, place, notation.encoding) as raw:
        if raw.head.startswith(PARQUET_MAGIC):
            yield _read_parquet(raw.chunks(), source, notation)
        elif _is_jsonl(raw.head, suffixes):
            frame, rows = read_jsonl(raw.chunks(), place)
            yield Table(frame, source, rows, notation=notation)
        else:
            found = scan_delimited(raw.chunks(), place, path.suffixes)
            yield from from_delimited(found, source, notation)


def _is_jsonl(head: bytes, suffixes: set[str]) -> bool:
    """Whether the first line is a JSON object, or the name says so."""
    if suffixes & {".jsonl", ".ndjson", ".json"}:
        return True
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    return start.startswith(b"{") and not suffixes & {".csv", ".tsv", ".tab"}


def table_from_frame(frame: object, *, source: str = "frame", notation: Notation = PLAIN) -> Table:
    """A polars or pandas frame as a `Table`; its rows are counted from 0.

    >>> import polars as pl
    >>> table_from_frame(pl.DataFrame({"y": [1, 2, 3]})).frame.shape
    (3, 1)
    """
    polars_frame = to_polars(frame, source)
    if polars_frame.height == 0:
        raise DataError(f"{one_line(source)}: the frame has no rows; give it at least one")
    rows = np.arange(polars_frame.height)
    return Table(polars_frame, source, rows, " (counted from 0)", notation)


def from_delimited(found: Delimited, source: str, notation: Notation) -> Iterator[Table]:
    """Each block as a frame of text while it is at hand, so that the file is never held whole."""
    names, place = found.header, one_line(source)
    _refuse_duplicates(names, place)
    schema: dict[str, Any] = dict.fromkeys(names, pl.String)
    empty = True
    for block in found.blocks:
        try:
            frame = pl.read_csv(
                io.BytesIO(block.body), has_header=False, separator=found.delimiter, schema=schema
            )
        except pl.exceptions.PolarsError as error:
            reason = one_line(str(error).split("\n", maxsplit=1)[0])
            raise DataError(f"{place}: cannot be read as a table ({reason})") from error
        if frame.shape != (len(block.rows), len(names)):
            raise DataError(
                f"{place}: cannot be read as a table ({len(block.rows)} rows were expected after "
                f"row {block.rows[0] - 1}, {frame.height} were read); write it with plain quoting"
            )
        empty = False
        yield Table(frame, source, block.rows, notation=notation)
    if empty:
        raise DataError(f"{place}: the file has a header and no rows; it needs data")


def _quoted(value: str) -> str:
    return '"\'"' if value == "'" else shlex.quote(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_parquet(chunks: Iterator[bytes], source: str, notation: Notation) -> Table:
    place = one_line(source)
    content = io.BytesIO()
    for chunk in chunks:
        content.write(chunk)
        memory.require(content.tell(), place, f"{memory.size(content.tell())} are read")
    try:
        content.seek(0)
        frame = pl.read_parquet(content)
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        raise DataError(f"{place}: the Parquet file is damaged; write or fetch it again") from error
    if frame.height == 0:
        raise DataError(f"{place}: the file has no rows; it needs data")
    return Table(frame, source, np.arange(1, frame.height + 1), notation=notation)


def _refuse_duplicates(names: Sequence[str], place: str) -> None:
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if name in seen:
            raise DataError(
                f"{place}: row 1: the column name {shorten(name)} appears twice "
                f"(columns {seen[name]} and {position}); rename one of them"
            )
        seen[name] = position
