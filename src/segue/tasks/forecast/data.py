"""Time series for forecasting: read from a file or a frame, checked, and put on a regular grid."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.data.memory import memory_named
from segue.data.notation import PLAIN, Notation
from segue.data.tables import Table, read_table, table_from_frame
from segue.data.wording import count, one_line, shorten
from segue.errors import DataError
from segue.tasks.forecast import checks
from segue.tasks.forecast.columns import Columns, Fill, Grid
from segue.tasks.forecast.filling import fill_missing
from segue.tasks.forecast.frequency import Frequency, Unit
from segue.tasks.forecast.rows import COMMAND_LINE, PYTHON, Options, Rows, gather

__all__ = [
    "Columns",
    "Fill",
    "Frequency",
    "Grid",
    "Panel",
    "Series",
    "Unit",
    "panel_from_frame",
    "read_panel",
    "require_rows",
]

ARRAYS = ("time", "target", "known", "past")
"""The arrays of a `Series`."""


@dataclass(frozen=True)
class Series:
    """One series: T observed rows, and F >= 0 rows ahead for which only `known` is there.

    `target`, `known` and `past` are finite. Times with a zone are UTC.
    """

    id: str  # "" when there is no series column
    time: np.ndarray  # [T + F] datetime64[us], or int64 for an index
    target: np.ndarray  # [T, targets] float64
    known: np.ndarray  # [T + F, known] float64
    past: np.ndarray  # [T, past] float64
    static: tuple[str | float, ...]


@dataclass(frozen=True)
class Panel:
    """Series that share their columns and their frequency."""

    columns: Columns
    frequency: Frequency
    series: tuple[Series, ...]
    filled: int = 0  # values that `fill` wrote

    def digest(self) -> str:
        """SHA-256 of everything: two panels that are trained on alike have the same.

        >>> daily, weekly = (
        ...     Panel(Columns("t", ("y",)), Frequency(1, unit), ())
        ...     for unit in (Unit.DAY, Unit.WEEK)
        ... )
        >>> daily.digest() == daily.digest(), daily.digest() == weekly.digest()
        (True, False)
        """
        step = self.frequency
        names = [[s.id, list(s.static), [len(s.time), len(s.target)]] for s in self.series]
        roles = [list(role) for role in self.columns.roles()]
        head = [roles, [step.label, step.month_end], names, self.filled]
        found = hashlib.sha256(json.dumps(head).encode())
        for series in self.series:
            for name in ARRAYS:
                found.update(np.ascontiguousarray(getattr(series, name)).tobytes())
        return found.hexdigest()


def read_panel(
    path: str | Path,
    columns: Columns,
    *,
    fill: Fill | None = None,
    grid: Grid = Grid.REGULAR,
    notation: Notation = PLAIN,
) -> Panel:
    r"""Read series from a CSV, TSV, JSON lines or Parquet file, plain or compressed.

    `notation` says how it writes numbers and dates where that is not plain to see.

    With known covariates, the rows at the end of a series whose targets are all missing are its
    future. Nothing is repaired unless `fill` is given: then missing values and rows are filled
    and counted in `Panel.filled`.

    Raises:
        DataError: the first defect found, as one line with file, row, column and remedy.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
    >>> _ = path.write_text("day\tsales\n2024-01-01\t3\n2024-01-02\t5\n")
    >>> panel = read_panel(path, Columns(time="day", targets=("sales",)))
    >>> panel.frequency.label, panel.series[0].target[:, 0].tolist()
    ('1d', [3.0, 5.0])
    """
    return _panel(read_table(path, notation), columns, fill, grid, COMMAND_LINE)


def panel_from_frame(
    frame: object,
    columns: Columns,
    *,
    fill: Fill | None = None,
    grid: Grid = Grid.REGULAR,
    source: str = "frame",
    notation: Notation = PLAIN,
) -> Panel:
    """Read series from a polars or pandas frame, with the checks of `read_panel`.

    Rows are counted from 0 in errors, as in the frame; `source` names it there.

    >>> import polars as pl
    >>> frame = pl.DataFrame({"t": [1, 2, 3], "y": [0.5, None, 1.5]})
    >>> panel = panel_from_frame(frame, Columns("t", ("y",)), fill=Fill.LINEAR)
    >>> panel.filled, panel.series[0].target.tolist()
    (1, [[0.5], [1.0], [1.5]])
    """
    table = table_from_frame(frame, source=source, notation=notation)
    return _panel(table, columns, fill, grid, PYTHON)


def require_rows(panel: Panel, needed: int, source: str, why: str) -> None:
    """Check that each series has `needed` observed rows.

    `source` names the file or frame, `why` says what the rows are needed for.

    Raises:
        DataError: the first series that is too short.
    """
    short = [series for series in panel.series if len(series.target) < needed]
    if not short:
        return
    first = short[0]
    whose = "" if panel.columns.series is None else f"series {shorten(first.id)} has "
    in_all = f" ({len(short)} series are too short)" if len(short) > 1 else ""
    raise DataError(
        f"{one_line(source)}: {whose}{count(len(first.target), 'row')} where {needed} are needed"
        f"{in_all}: {why}; give more rows or choose a shorter horizon"
    )


def _panel(
    table: Table, columns: Columns, fill: Fill | None, grid: Grid, options: Options
) -> Panel:
    try:
        fill, grid = None if fill is None else Fill(fill), Grid(grid)
    except ValueError as error:
        names = f"fill is {', '.join(Fill)}; grid is {', '.join(Grid)}"
        raise DataError(f"{error}; {names}") from error
    with memory_named(table.place()):
        return _checked(gather(table, columns, options), fill, grid)


def _checked(rows: Rows, fill: Fill | None, grid: Grid) -> Panel:
    checks.check_order(rows)
    rows, frequency = checks.put_on_grid(rows, fill, grid)
    ends = checks.observed_ends(rows)
    holes = checks.missing(rows, ends)
    filled = 0
    if fill is None:
        checks.refuse_missing(rows, holes)
    else:
        rows, filled = fill_missing(rows, holes, fill)
    return Panel(rows.columns, frequency, _series(rows, ends), filled)


def _series(rows: Rows, ends: np.ndarray) -> tuple[Series, ...]:
    target, known, past = (
        np.stack([rows.values[name] for name in group], axis=1)
        if group
        else np.zeros((len(rows.time), 0))
        for group in (rows.columns.targets, rows.columns.known, rows.columns.past)
    )
    static = checks.static_values(rows)
    return tuple(
        Series(
            id=rows.ids[number],
            time=rows.time[low:high],
            target=target[low:end],
            known=known[low:high],
            past=past[low:end],
            static=static[number],
        )
        for number, (low, high, end) in enumerate(
            zip(rows.bounds[:-1], rows.bounds[1:], ends, strict=True)
        )
    )
