"""Calendar features, where a time lies in the day, the week, the month and the year; statics."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from segue.tasks.forecast.data import Panel

_DAY = np.timedelta64(1, "D") / np.timedelta64(1, "us")  # microseconds
_DAYS = {"day": 1.0, "week": 7.0, "month": 30.436875, "year": 365.2425}
_ROWS = 1 << 16  # taken at once, so that what is in between stays in the cache
# Sines and cosines per cycle: three harmonics tell the seven days of a week apart.
_HARMONICS = {"day": 2, "week": 3, "month": 1, "year": 3}


class Cycle(StrEnum):
    """A period of the calendar."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def days(self) -> float:
        """Mean length in days."""
        return _DAYS[self.value]

    @property
    def features(self) -> int:
        """Columns that this cycle adds: a sine and a cosine for each harmonic."""
        return 2 * _HARMONICS[self.value]

    def phase(self, time: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """Position in the cycle, 0 to below 1, of each time `[T]`.

        The week counts whole days from Monday; the month and the year are divided evenly by their
        own number of days and months, so that every first of March has the same phase.

        >>> Cycle.WEEK.phase(np.array(["2024-01-03T12"], "datetime64[us]")) * 7
        array([2.])
        """
        day = time.astype("datetime64[D]")
        clock = (time - day).astype("timedelta64[us]").astype(np.float64) / _DAY
        if self is Cycle.DAY:
            return np.asarray(clock)
        if self is Cycle.WEEK:
            return np.asarray((day.astype(np.int64) + 3) % 7 / 7)
        month = day.astype("datetime64[M]")
        length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(float)
        in_month = ((day - month.astype("datetime64[D]")).astype(np.float64) + clock) / length
        if self is Cycle.MONTH:
            return np.asarray(in_month)
        return np.asarray((month.astype(np.int64) % 12 + in_month) / 12)


def cycles(time: NDArray[np.datetime64] | NDArray[np.int64]) -> tuple[Cycle, ...]:
    """The cycles that times `[T]` on a regular grid can teach, none for integer time.

    A cycle counts when it is at least two steps long and the times cover it at least twice: from
    one year alone nobody can tell a summer from a trend.

    >>> days = np.arange("2023-01-01", "2023-06-01", dtype="datetime64[D]")
    >>> [cycle.value for cycle in cycles(days)]
    ['week', 'month']
    """
    if not np.issubdtype(time.dtype, np.datetime64) or len(time) < 2:
        return ()
    days = time.astype("datetime64[us]").astype(np.int64) / _DAY
    step, span = (days[-1] - days[0]) / (len(days) - 1), days[-1] - days[0]
    return tuple(cycle for cycle in Cycle if 2 * step <= cycle.days <= span / 2)


def calendar(
    time: NDArray[np.datetime64] | NDArray[np.int64], cycles: Sequence[Cycle]
) -> NDArray[np.float32]:
    """Sines and cosines `[T, F]` of each cycle's phase and its harmonics at times `[T]`.

    >>> calendar(np.array(["2024-01-01T06"], "datetime64[us]"), [Cycle.DAY]).round(3)
    array([[ 1.,  0.,  0., -1.]], dtype=float32)
    """
    found = np.empty((len(time), sum(cycle.features for cycle in cycles)), dtype=np.float32)
    for start in range(0, len(time), _ROWS):
        part = time[start : start + _ROWS].astype("datetime64[us]")
        column = 0
        for cycle in cycles:
            angle = 2 * np.pi * cycle.phase(part)
            first = once = np.cos(angle) + 1j * np.sin(angle)
            for _ in range(cycle.features // 2):
                found[start : start + _ROWS, column] = once.imag
                found[start : start + _ROWS, column + 1] = once.real
                column, once = column + 2, once * first
    return found


def statics(
    panel: Panel, words: Sequence[tuple[str, ...] | None]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Numeric statics `[S, N]` and category indices `[S, C]` of every series.

    `words` holds the categories of each static column, or None when it is a number.
    """
    numeric = [i for i, names in enumerate(words) if names is None]
    index = {
        i: {name: k for k, name in enumerate(names, start=1)}
        for i, names in enumerate(words)
        if names is not None
    }
    numbers = [[float(s.static[i]) for i in numeric] for s in panel.series]
    categories = [
        [names.get(str(s.static[i]), 0) for i, names in index.items()] for s in panel.series
    ]
    return (
        np.array(numbers, dtype=np.float64).reshape(len(panel.series), len(numeric)),
        np.array(categories, dtype=np.int64).reshape(len(panel.series), len(index)),
    )
