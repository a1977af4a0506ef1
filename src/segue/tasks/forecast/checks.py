"""The checks of a table's rows: order in time, a regular grid, missing values, static columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from segue.data.values import is_text, names
from segue.data.wording import count, shorten
from segue.errors import DataError
from segue.tasks.forecast.columns import Fill, Grid
from segue.tasks.forecast.frequency import Frequency, find_frequency
from segue.tasks.forecast.rows import Rows

# A grid is completed to at most so many rows for each row read: more is an error in some time.
MOST_COMPLETION = 10


def written(time: np.datetime64 | int) -> str:
    """A time as an error shows it, without a clock that says midnight.

    >>> written(np.datetime64("2024-01-31T00:00", "us"))
    '2024-01-31'
    >>> written(np.datetime64("2024-01-31T15:30", "us"))
    '2024-01-31 15:30:00'
    """
    text = str(time).replace("T", " ").removesuffix(".000000")
    return text.removesuffix(" 00:00:00")


def check_order(rows: Rows) -> None:
    """Times increase within each series; neither equal nor backwards."""
    if rows.time.dtype.kind == "M":
        steps = np.diff(rows.time).astype(np.int64)
    else:
        steps = np.diff(rows.time)
    bad = np.concatenate([[False], rows.same & (steps <= 0)])
    if not bad.any():
        return
    at = rows.first(bad)
    now, earlier = rows.time[at], rows.table.rows[rows.index[at - 1]]
    column, whose = rows.columns.time, rows.named(at)
    hint = _series_hint(rows)
    if now == rows.time[at - 1]:
        what = f"the time {written(now)}{whose} is there twice, in row {earlier} as well"
        remedy = hint or "keep one row for each time, or add them up"
    else:
        before = written(rows.time[at - 1])
        what = f"the time {written(now)}{whose} comes after {before} in row {earlier}"
        keys = [column] if rows.columns.series is None else [rows.columns.series, column]
        sort = f"sort the rows by {', '.join(map(shorten, keys))}, oldest first"
        remedy = f"{sort}; {hint}" if hint else sort
    raise rows.table.error(f"{what}; {remedy}", int(rows.index[at]), column)


def _series_hint(rows: Rows) -> str:
    """Columns that may tell series apart: together with one of them, no time is there twice."""
    series = rows.columns.series
    taken = {name for _, name in rows.columns.roles()}
    keys = [pl.Series("time", rows.time), pl.Series("series", rows.series)]
    found = [
        shorten(column.name)
        for column in rows.table.frame
        if column.name not in taken
        and (is_text(column) or column.dtype.is_integer())
        and column.n_unique() * 2 <= len(column)
        and pl.DataFrame([*keys, column.gather(rows.index).alias("id")]).is_unique().all()
    ]
    columns = " or ".join(found[:3])
    if not found:
        return ""
    if series is None:
        return f"if the rows are several series, name their column: {rows.options.series}{columns}"
    return f"if {columns} tells them apart, join it with {shorten(series)} in one column"


def put_on_grid(rows: Rows, fill: Fill | None, grid: Grid) -> tuple[Rows, Frequency]:
    """Find the frequency and check that no step is left out; with `fill`, add the rows left out."""
    frequency = find_frequency(rows.time, rows.series)
    if frequency is None:
        raise rows.table.error(
            "the step in time cannot be found: no series has two rows; give more rows",
            column=rows.columns.time,
        )
    if grid is Grid.OBSERVED:
        return rows, frequency
    start = rows.time[rows.start]
    steps, exact = frequency.between(start, rows.time)
    if not exact.all():
        raise _off_grid(rows, frequency, ~exact)
    gap = np.concatenate([[False], rows.same & (np.diff(steps) != 1)])
    if not gap.any():
        return rows, frequency
    if fill is None:
        raise _gap(rows, frequency, steps, gap)
    return _complete(rows, frequency, steps), frequency


def _off_grid(rows: Rows, frequency: Frequency, bad: np.ndarray) -> DataError:
    at = rows.first(bad)
    other = _other_frequency(rows, frequency, at)
    if other is not None:
        return other
    now = written(rows.time[at])
    if bad.mean() > 0.5:
        what = f"the times{rows.named(at)} follow no regular step"
    elif at == rows.start[at]:
        what = f"the time {now}{rows.named(at)} is not the end of its month, as the others are"
    else:
        what = (
            f"the time {now}{rows.named(at)} is not a step of {frequency.label} after "
            f"{written(rows.time[at - 1])} ({_expected(rows, frequency, at)} would be)"
        )
    return rows.table.error(
        f"{what}; mend the time, bring the rows to a regular step, or {_as_observed(rows)}",
        int(rows.index[at]),
        rows.columns.time,
    )


def _gap(rows: Rows, frequency: Frequency, steps: np.ndarray, gap: np.ndarray) -> DataError:
    at = rows.first(gap)
    other = _other_frequency(rows, frequency, at)
    if other is not None:
        return other
    here = int(steps[at] - steps[at - 1] - 1)
    total = int((np.diff(steps) - 1)[rows.same].sum())
    in_all = "" if total == here else f", {total} in all"
    return rows.table.error(
        f"a gap{rows.named(at)} after {written(rows.time[at - 1])}: "
        f"{_expected(rows, frequency, at)} should follow and {written(rows.time[at])} does "
        f"({count(here, 'step')} of {frequency.label} missing{in_all}); add the rows, fill them "
        f"with {rows.options.fill}, or {_as_observed(rows)}",
        int(rows.index[at - 1]),
        rows.columns.time,
    )


def _expected(rows: Rows, frequency: Frequency, at: int) -> str:
    """The time one step after the row before `at`."""
    return written(frequency.future(rows.time[at - 1], 1)[0])


def _as_observed(rows: Rows) -> str:
    return (
        "take the rows as consecutive observations, as trading days are, "
        f"with {rows.options.observed}"
    )


def _other_frequency(rows: Rows, frequency: Frequency, at: int) -> DataError | None:
    """The error for a series that is regular by itself, with another step than the rest."""
    low, high = rows.bounds[rows.series[at] : rows.series[at] + 2]
    time, alone = rows.time[low:high], np.zeros(high - low, np.int64)
    own = find_frequency(time, alone)
    if own is None or own.label == frequency.label or high - low < 3:
        return None
    steps, exact = own.between(np.repeat(time[:1], high - low), time)
    if not exact.all() or (np.diff(steps) != 1).any():
        return None
    return rows.table.error(
        f"the step{rows.named(at)} is {own.label} where the other series have {frequency.label}; "
        "train series of different steps apart",
        int(rows.index[at]),
        rows.columns.time,
    )


def _complete(rows: Rows, frequency: Frequency, steps: np.ndarray) -> Rows:
    """Add the rows that are left out, with missing values."""
    lengths = steps[rows.bounds[1:] - 1] + 1
    total = int(lengths.sum())
    if total > MOST_COMPLETION * len(steps) + 1000:
        at = int(np.argmax(np.where(rows.same, np.diff(steps), 0))) + 1
        raise rows.table.error(
            f"{count(int(steps[at] - steps[at - 1] - 1), 'step')} of {frequency.label} are missing "
            f"before {written(rows.time[at])}{rows.named(at)}, too many to fill; mend the time, or "
            f"{_as_observed(rows)}",
            int(rows.index[at]),
            rows.columns.time,
        )
    series = np.repeat(np.arange(len(rows.ids)), lengths)
    begins = np.cumsum(lengths) - lengths
    place = begins[rows.series] + steps
    index = np.full(total, -1)
    index[place] = rows.index
    values = {}
    for name, value in rows.values.items():
        values[name] = np.full(total, np.nan)
        values[name][place] = value
    first = rows.time[rows.bounds[:-1]][series]
    time = frequency.advance(first, np.arange(total) - begins[series])
    return replace(rows, series=series, index=index, time=time, values=values)


def observed_ends(rows: Rows) -> np.ndarray:
    """Where the targets of each series end [series]: rows after that are known in the future only.

    Without known covariates every row is observed: a missing target at the end is a missing value.
    """
    ends = rows.bounds[1:].copy()
    if not rows.columns.known:
        return ends
    seen = np.zeros(len(rows.time), bool)
    for name in rows.columns.targets:
        seen |= ~np.isnan(rows.values[name])
    last = np.full(len(rows.ids), -1)
    at = np.flatnonzero(seen)
    np.maximum.at(last, rows.series[at], at)
    empty = np.flatnonzero(last < 0)
    if len(empty):
        row = int(rows.bounds[empty[0]])
        raise rows.table.error(
            f"no row{rows.named(row)} has a target value; a forecast needs some to learn from",
            int(rows.index[row]),
            rows.columns.targets[0],
        )
    return last + 1


def missing(rows: Rows, ends: np.ndarray) -> dict[str, np.ndarray]:
    """For each column the rows [n] whose value is needed and missing; `ends` as `observed_ends`."""
    observed = np.arange(len(rows.time)) < ends[rows.series]
    known = set(rows.columns.known)
    return {
        name: np.isnan(value) & (observed | (name in known)) for name, value in rows.values.items()
    }


def refuse_missing(rows: Rows, holes: dict[str, np.ndarray]) -> None:
    """The error for the first missing value of the table, which says how many there are."""
    total = sum(int(hole.sum()) for hole in holes.values())
    if total == 0:
        return
    at, column = min(
        ((rows.first(hole), name) for name, hole in holes.items() if hole.any()),
        key=lambda found: rows.index[found[0]],
    )
    raise rows.table.error(
        f"the value is missing ({count(total, 'missing value')} in all); write it, or fill "
        f"with {rows.options.fill}",
        int(rows.index[at]),
        column,
    )


def static_values(rows: Rows) -> tuple[tuple[str | float, ...], ...]:
    """For each series its static values; numbers where the whole column is numbers."""
    found: list[list[str] | list[float]] = []
    for name in rows.columns.static:
        text = names(rows.table, name, "static")
        kept = rows.index >= 0
        first = rows.index[rows.start]
        here, there = text.gather(rows.index[kept]), text.gather(first[kept])
        bad = (here != there).to_numpy()
        if bad.any():
            marked = np.zeros(len(kept), bool)
            marked[np.flatnonzero(kept)[bad]] = True
            at = rows.first(marked)
            now, then = text[int(rows.index[at])], text[int(first[at])]
            raise rows.table.error(
                f"the static value{rows.named(at)} changes: {shorten(now)} here and "
                f"{shorten(then)} in row {rows.table.rows[first[at]]}; make it one value for each "
                "series, or name it as known or past",
                int(rows.index[at]),
                name,
            )
        value = text.gather(rows.index[rows.bounds[:-1]])
        number = value.cast(pl.Float64, strict=False)
        plain = number.is_finite().fill_null(False).all()
        found.append(number.to_list() if plain else value.to_list())
    return tuple(zip(*found, strict=True)) if found else ((),) * len(rows.ids)
