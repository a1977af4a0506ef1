"""Examples in the rows of a table: texts, series by columns, series by rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from segue.data.divisions import divisions
from segue.data.notation import Notation
from segue.data.plain_tables import read_plain_table
from segue.data.ragged import Ragged
from segue.data.tables import Table, read_table
from segue.data.times import times
from segue.data.values import names, numbers
from segue.data.wording import shorten
from segue.errors import DataError, OptionError
from segue.tasks.examples.columns import Missing, Reading
from segue.tasks.examples.examples import Examples, Kind, check_ids, label_codes
from segue.tasks.examples.missing import LARGEST, ask_for_missing, fill_missing

Classes = tuple[str, ...] | None


def open_table(path: Path, reading: Reading, notation: Notation) -> Table:
    """Read the table that `reading` and `notation` describe."""
    if not (reading.no_header or reading.no_quotes):
        return read_table(path, notation)
    return read_plain_table(
        path, header=not reading.no_header, quotes=not reading.no_quotes, notation=notation
    )


def examples_from_table(
    table: Table, reading: Reading, classes: Classes, *, labelled: bool
) -> Examples:
    """Read examples from a table, as `read_examples` does from a file.

    Raises:
        DataError: the first defect found.
        OptionError: the columns that were named make no examples.
    """
    if labelled and reading.label is None:
        raise OptionError("name the column of the class with --label")
    if reading.text is not None:
        return _texts(table, reading, classes, labelled)
    if reading.series is not None or reading.channel:
        return _long(table, reading, classes, labelled)
    return _wide(table, reading, classes, labelled)


def _texts(table: Table, reading: Reading, classes: Classes, labelled: bool) -> Examples:
    if reading.series is not None or reading.channel:
        raise OptionError("--text is for texts, --series and --channel for series: take one kind")
    texts = tuple(names(table, str(reading.text), "text").to_list())
    return _finish(Kind.TEXT, table, np.arange(len(texts)), reading, classes, labelled, texts=texts)


def _long(table: Table, reading: Reading, classes: Classes, labelled: bool) -> Examples:
    """A step in each row; a series is all rows with its name, in the order of the file."""
    if reading.series is None:
        raise OptionError("--channel needs --series, the column that tells series apart")
    if not reading.channel:
        raise OptionError("--series needs --channel, a column of numbers")
    if reading.id is not None:
        raise OptionError("--id: a series is named by --series; leave --id out")
    series = names(table, reading.series, "series")
    _, first, code = np.unique(series.to_numpy(), return_index=True, return_inverse=True)
    code = np.argsort(np.argsort(first))[code]  # by first appearance
    order = np.argsort(code, kind="stable")
    if reading.time is not None:
        _check_times(table, reading.time, code, order)
    for column in (reading.label if labelled else None, reading.division):
        if column is not None:
            _check_constant(table, column, code, first, order)
    channels = [_channel(table, name, reading.fill) for name in reading.channel]
    values = np.stack(channels, axis=1)[order].astype(np.float32)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(code))]).astype(np.int64)
    found = _finish(
        Kind.SERIES,
        table,
        np.sort(first),
        reading.model_copy(update={"id": reading.series}),
        classes,
        labelled,
        inputs=Ragged(values, offsets),
        channels=reading.channel,
    )
    return fill_missing(found, reading.fill)


def _wide(table: Table, reading: Reading, classes: Classes, labelled: bool) -> Examples:
    """A series in each row: every column without another role is a step.

    Empty fields at the end of a row are behind the end of its series.
    """
    if reading.time is not None:
        raise OptionError("--time needs --series and --channel: here a row is a whole series")
    taken = {reading.label, reading.id, reading.division}
    steps = [name for name in table.frame.columns if name not in taken]
    if not steps:
        raise table.error("there is no column of numbers; add some, or name one with --text")
    try:
        columns = [_channel(table, name, Missing.MASK) for name in steps]
    except DataError as error:
        raise DataError(f"{error}; a column of text is named with --text") from None
    values = np.stack(columns, axis=1)
    given = ~np.isnan(values)
    lengths = np.where(given.any(1), values.shape[1] - np.argmax(given[:, ::-1], axis=1), 0)
    empty = np.flatnonzero(lengths == 0)
    if len(empty):
        raise table.error("the series has no values; write them, or remove the row", int(empty[0]))
    inside = np.arange(values.shape[1]) < lengths[:, None]
    if reading.fill is Missing.REFUSE and (inside & ~given).any():
        row, step = (int(found[0]) for found in np.nonzero(inside & ~given))
        raise ask_for_missing(table, row, steps[step])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    found = _finish(
        Kind.SERIES,
        table,
        np.arange(len(values)),
        reading,
        classes,
        labelled,
        inputs=Ragged(values[inside].astype(np.float32)[:, None], offsets),
        channels=("value",),
    )
    return fill_missing(found, reading.fill)


def _channel(table: Table, name: str, missing: Missing) -> np.ndarray:
    """A column of numbers, NaN where one is missing if that may be."""
    values = numbers(table, name, "channel")
    absent = np.flatnonzero(np.isnan(values))
    if missing is Missing.REFUSE and len(absent):
        raise ask_for_missing(table, int(absent[0]), name)
    large = np.flatnonzero(np.abs(values) > LARGEST)
    if len(large):
        raise table.error("the number is beyond 1e18; correct it", int(large[0]), name)
    return values


def _check_times(table: Table, name: str, code: np.ndarray, order: np.ndarray) -> None:
    """Within a series, each time is later than the one before."""
    when = times(table, name)[order]
    back = np.flatnonzero((code[order][1:] == code[order][:-1]) & (when[1:] <= when[:-1]))
    if len(back):
        here, before = int(order[back[0] + 1]), int(order[back[0]])
        raise table.error(
            f"the time is not after that of row {table.rows[before]} of the same series; sort the "
            "rows by it, and keep one for each time",
            here,
            name,
        )


def _check_constant(
    table: Table, name: str, code: np.ndarray, first: np.ndarray, order: np.ndarray
) -> None:
    """All rows of a series say the same."""
    values = table.require(name, "label").cast(pl.String).to_numpy()
    start = np.sort(first)[code]
    other = np.flatnonzero(values != values[start])
    if len(other):
        here = int(other[0])
        raise table.error(
            f"{shorten(str(values[here]))} where row {table.rows[start[here]]} of the same series "
            f"has {shorten(str(values[start[here]]))}; a series has one in all its rows",
            here,
            name,
        )


def _finish(
    kind: Kind,
    table: Table,
    rows: np.ndarray,
    reading: Reading,
    classes: Classes,
    labelled: bool,
    *,
    texts: tuple[str, ...] | None = None,
    inputs: Ragged | None = None,
    channels: tuple[str, ...] = (),
) -> Examples:
    """Join ids, labels and division, taken from the rows of the table that begin an example."""
    where = tuple(f"row {number}{table.counted}" for number in table.rows[rows].tolist())
    if reading.id is None:
        ids = tuple(str(number) for number in table.rows[rows].tolist())
    else:
        ids = tuple(names(table, reading.id, "id").gather(rows).to_list())
        check_ids(ids, table.source, where)
    labels = None
    if labelled:
        named = names(table, str(reading.label), "label").gather(rows).to_list()
        classes, labels = label_codes(named, classes, table.source, where)
    return Examples(
        kind,
        table.source,
        ids,
        where,
        classes or (),
        labels,
        texts=texts,
        inputs=inputs,
        channels=channels,
        division=_division(table, rows, reading),
    )


def _division(table: Table, rows: np.ndarray, reading: Reading) -> np.ndarray | None:
    if reading.division is None or reading.division not in table.frame.columns:
        return None
    return divisions(table, reading.division, rows)
