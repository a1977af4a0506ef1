"""Missing values filled, each series by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segue.data.wording import all_of
from segue.errors import DataError
from segue.tasks.forecast.columns import Fill
from segue.tasks.forecast.rows import Rows


def fill_missing(rows: Rows, holes: dict[str, np.ndarray], fill: Fill) -> tuple[Rows, int]:
    """`rows` with the values marked in `holes` filled by `fill`, and how many they were."""
    values = dict(rows.values)
    for name, hole in holes.items():
        if hole.any():
            values[name] = _filled(rows, name, hole, fill)
    return replace(rows, values=values), sum(int(hole.sum()) for hole in holes.values())


def _filled(rows: Rows, name: str, hole: np.ndarray, fill: Fill) -> np.ndarray:
    value = rows.values[name].copy()
    at = np.flatnonzero(hole)
    if fill is Fill.ZERO:
        value[at] = 0.0
        return value
    before, after = _neighbours(rows, ~np.isnan(value))
    before, after = before[at], after[at]
    if fill is Fill.FORWARD:
        if (before < 0).any():
            raise _nothing_before(rows, name, int(at[before < 0][0]), fill)
        value[at] = value[before]
        return value
    if ((before < 0) & (after < 0)).any():
        raise _nothing_before(rows, name, int(at[(before < 0) & (after < 0)][0]), fill)
    left = np.where(before < 0, after, before)
    right = np.where(after < 0, before, after)
    weight = (at - left) / np.maximum(right - left, 1)
    value[at] = value[left] * (1 - weight) + value[right] * weight
    return value


def _neighbours(rows: Rows, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each row the nearest row before and after it, in its series, that has a value; or -1."""
    place = np.arange(len(seen))
    before = np.maximum.accumulate(np.where(seen, place, -1))
    before = np.where(before >= rows.start, before, -1)
    end = len(seen)
    after = np.minimum.accumulate(np.where(seen, place, end)[::-1])[::-1]
    after = np.where(after < rows.bounds[rows.series + 1], after, -1)
    return before, after


def _nothing_before(rows: Rows, name: str, row: int, fill: Fill) -> DataError:
    empty = np.isnan(rows.values[name][rows.start[row] : rows.bounds[rows.series[row] + 1]])
    if empty.all():
        what, remedy = (
            f"{all_of(len(empty), 'value', rows.named(row))} missing",
            "write them",
        )
    else:
        what = f"the first value{rows.named(row)} is missing and nothing before it can fill it"
        remedy = "write it, remove the rows before the first value, or fill linear or zero"
    place = int(rows.index[row]) if rows.index[row] >= 0 else None
    return rows.table.error(f"{what} (fill: {fill}); {remedy}", place, name)
