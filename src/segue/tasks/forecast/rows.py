"""The named columns of a table as arrays, sorted by series: what the checks look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from segue.data.tables import Table
from segue.data.times import times
from segue.data.values import names, numbers
from segue.data.wording import shorten
from segue.tasks.forecast.columns import Columns


@dataclass(frozen=True)
class Options:
    """How the options that an error recommends are written: on the command line, in Python."""

    fill: str
    observed: str
    series: str


COMMAND_LINE = Options("--fill forward|linear|zero", "--observed", "--series ")
PYTHON = Options("fill='forward'|'linear'|'zero'", "observed=True", "series=")


@dataclass(frozen=True)
class Rows:
    """A table's rows, series after series, each in the order of the table.

    `index` [n] is a row's place in the table, -1 for one that was added to complete the grid.
    `series` [n] numbers the series in the order in which they first appear: `ids[series]`.
    """

    table: Table
    columns: Columns
    options: Options
    ids: list[str]
    series: np.ndarray  # [n] int64, ascending
    index: np.ndarray  # [n] int64
    time: np.ndarray  # [n] datetime64[us] or int64
    values: dict[str, np.ndarray]  # column -> [n] float64, NaN where missing

    @cached_property
    def bounds(self) -> np.ndarray:
        """Where each series starts, and the end of the last: [series + 1]."""
        return np.searchsorted(self.series, np.arange(len(self.ids) + 1))

    @cached_property
    def same(self) -> np.ndarray:
        """Whether a row continues the series of the row before it: [n - 1] bool."""
        return np.asarray(self.series[1:] == self.series[:-1])

    @property
    def start(self) -> np.ndarray:
        """For each row, where its series starts: [n]."""
        return np.asarray(self.bounds[self.series])

    def first(self, bad: np.ndarray) -> int:
        """Of the rows marked in `bad` [n], the one that comes first in the table."""
        marked = np.flatnonzero(bad)
        return int(marked[np.argmin(self.index[marked])])

    def named(self, row: int) -> str:
        """How an error names a row's series: nothing when there is no series column."""
        return (
            ""
            if self.columns.series is None
            else f" of series {shorten(self.ids[self.series[row]])}"
        )


def gather(table: Table, columns: Columns, options: Options) -> Rows:
    """Read the named columns and sort the rows by series, stably."""
    for role, name in columns.roles():
        table.require(name, role)
    time = times(table, columns.time)
    values = {
        name: numbers(table, name, role)
        for role, name in columns.roles()
        if role in {"target", "known", "past"}
    }
    if columns.series is None:
        ids, series = [""], np.zeros(len(time), np.int64)
    else:
        ids, series = _codes(names(table, columns.series, "series"))
    if (series[1:] >= series[:-1]).all():
        return Rows(table, columns, options, ids, series, np.arange(len(time)), time, values)
    order = np.argsort(series, kind="stable")
    sorted_values = {name: value[order] for name, value in values.items()}
    return Rows(table, columns, options, ids, series[order], order, time[order], sorted_values)


def _codes(text: pl.Series) -> tuple[list[str], np.ndarray]:
    """The distinct values in order of appearance, and for each row which of them it has."""
    ids = text.unique(maintain_order=True)
    codes = text.cast(pl.Enum(ids)).to_physical()
    return ids.to_list(), codes.to_numpy().astype(np.int64)
