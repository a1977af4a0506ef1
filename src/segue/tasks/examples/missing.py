"""Missing values in series: refused, kept, or filled as asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segue.data.ragged import Ragged
from segue.data.tables import Table
from segue.data.ts_format import LARGEST as LARGEST
from segue.data.wording import shorten
from segue.errors import DataError
from segue.tasks.examples.columns import Missing
from segue.tasks.examples.examples import Examples

REMEDY = "write it, or say what to do with it: --fill mask, forward, linear or zero"


def ask_for_missing(table: Table, row: int, column: str) -> DataError:
    """The error for a missing value in a table."""
    return table.error(f"the value is missing; {REMEDY}", row, column)


def fill_missing(examples: Examples, missing: Missing) -> Examples:
    """Fill the missing values of series as `missing` says; `MASK` leaves them NaN.

    Raises:
        DataError: a value is missing and that is refused, or a channel has no value to fill from.
    """
    if examples.inputs is None or missing is Missing.MASK:
        return examples
    values, offsets = examples.inputs.values, examples.inputs.offsets
    absent = np.isnan(values)
    if not absent.any():
        return examples
    step, channel = (int(found[0]) for found in np.nonzero(absent))
    number = int(np.searchsorted(offsets, step, side="right")) - 1
    if missing is Missing.REFUSE:
        raise examples.error(
            number,
            f"step {step - offsets[number] + 1} of channel "
            f"{shorten(examples.channels[channel])} is missing; {REMEDY}",
        )
    filled = values.copy()
    if missing is Missing.ZERO:
        filled[absent] = 0
    else:
        holes = np.unique(np.searchsorted(offsets, np.flatnonzero(absent.any(1)), side="right") - 1)
        for number in holes.tolist():
            part = filled[offsets[number] : offsets[number + 1]]
            for channel, column in enumerate(part.T):
                if np.isnan(column).all():
                    raise examples.error(
                        number,
                        f"channel {shorten(examples.channels[channel])} has no value to fill "
                        "from; take --fill mask or zero",
                    )
                column[:] = _filled(column, linear=missing is Missing.LINEAR)
    return replace(examples, inputs=Ragged(filled, offsets))


def _filled(column: np.ndarray, *, linear: bool) -> np.ndarray:
    """A column `[T]` with some values, without holes.

    >>> _filled(np.array([np.nan, 1, np.nan, 3, np.nan]), linear=True).tolist()
    [1.0, 1.0, 2.0, 3.0, 3.0]
    >>> _filled(np.array([np.nan, 1, np.nan, 3, np.nan]), linear=False).tolist()
    [1.0, 1.0, 1.0, 3.0, 3.0]
    """
    known = np.flatnonzero(~np.isnan(column))
    steps = np.arange(len(column))
    if linear:
        return np.asarray(np.interp(steps, known, column[known]))
    latest = np.maximum(np.searchsorted(known, steps, side="right") - 1, 0)
    return np.asarray(column[known[latest]])
