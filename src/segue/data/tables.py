"""Tables from files and frames, with the row numbers that an error message needs."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segue.data.delimited import Delimited, scan_delimited
from segue.data.frames import to_polars
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


def read_table(path: str | Path) -> Table:
    r"""Read a CSV, TSV or Parquet file, plain or gzipped; which one it is shows in its content.

    The delimiter (comma, tab or semicolon) is found from the header. Blank lines carry no data
    and are passed over; they count as rows. Every other irregularity is a `DataError`: no such
    file, not UTF-8, NUL bytes, a line over 1 MiB, a row with more or fewer fields than the header,
    a stray or unclosed quote mark, a column name that appears twice, no rows.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
    >>> _ = path.write_text("day,sales\n2024-01-01,3\n2024-01-02,5\n")
    >>> read_table(path).frame.rows()
    [('2024-01-01', '3'), ('2024-01-02', '5')]
    """
    source = str(path)
    with open_raw(Path(path), one_line(source)) as raw:
        if raw.head.startswith(PARQUET_MAGIC):
            return _read_parquet(raw.chunks(), source)
        found = scan_delimited(raw.chunks(), one_line(source), Path(path).suffixes)
    return _from_delimited(found, source)


def table_from_frame(frame: object, *, source: str = "frame") -> Table:
    """A polars or pandas frame as a `Table`; its rows are counted from 0.

    >>> import polars as pl
    >>> table_from_frame(pl.DataFrame({"y": [1, 2, 3]})).frame.shape
    (3, 1)
    """
    polars_frame = to_polars(frame, source)
    if polars_frame.height == 0:
        raise DataError(f"{one_line(source)}: the frame has no rows; give it at least one")
    rows = np.arange(polars_frame.height)
    return Table(polars_frame, source, rows, counted=" (counted from 0)")


def _from_delimited(found: Delimited, source: str) -> Table:
    names = found.header
    _refuse_duplicates(names, one_line(source))
    schema: dict[str, Any] = {f"column_{i}": pl.String for i in range(len(names))}
    try:
        frame = pl.read_csv(
            io.BytesIO(found.body), has_header=False, separator=found.delimiter, schema=schema
        )
    except pl.exceptions.PolarsError as error:
        reason = one_line(str(error).split("\n", maxsplit=1)[0])
        raise DataError(f"{one_line(source)}: cannot be read as a table ({reason})") from error
    if frame.shape != (len(found.rows), len(names)):
        raise DataError(
            f"{one_line(source)}: cannot be read as a table ({len(found.rows)} rows were expected, "
            f"{frame.height} were read); write it again with plain quoting"
        )
    return Table(frame.rename(dict(zip(schema, names, strict=True))), source, found.rows)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_parquet(chunks: Iterator[bytes], source: str) -> Table:
    place = one_line(source)
    content = b"".join(chunks)
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        raise DataError(f"{place}: the Parquet file is damaged; write or fetch it again") from error
    if frame.height == 0:
        raise DataError(f"{place}: the file has no rows; it needs data")
    return Table(frame, source, np.arange(1, frame.height + 1))


def _refuse_duplicates(names: Sequence[str], place: str) -> None:
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if name in seen:
            raise DataError(
                f"{place}: row 1: the column name {shorten(name)} appears twice "
                f"(columns {seen[name]} and {position}); rename one of them"
            )
        seen[name] = position
