"""The step of a series in time: fixed, by the calendar, by business days, or a plain index."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

MICROSECONDS_A_DAY = 86_400_000_000


class Unit(StrEnum):
    """What a step is counted in. The values are the ends of `Frequency.label`."""

    INDEX = ""
    MICROSECOND = "us"
    MILLISECOND = "ms"
    SECOND = "s"
    MINUTE = "min"
    HOUR = "h"
    DAY = "d"
    BUSINESS_DAY = "b"
    WEEK = "w"
    MONTH = "mo"
    QUARTER = "q"
    YEAR = "y"


# Units of a fixed length, in microseconds, the longest first.
FIXED = {
    Unit.WEEK: 7 * MICROSECONDS_A_DAY,
    Unit.DAY: MICROSECONDS_A_DAY,
    Unit.HOUR: 3_600_000_000,
    Unit.MINUTE: 60_000_000,
    Unit.SECOND: 1_000_000,
    Unit.MILLISECOND: 1_000,
    Unit.MICROSECOND: 1,
}
MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}

_YEARS = 9999
_LONGEST = {
    Unit.INDEX: 2 * 10**18,
    Unit.BUSINESS_DAY: _YEARS * 261,
    **{unit: _YEARS * 366 * MICROSECONDS_A_DAY // size for unit, size in FIXED.items()},
    **{unit: _YEARS * 12 // size for unit, size in MONTHS.items()},
}

# Cycles that data of a unit tend to repeat with, in that unit; the usual one first.
CYCLES = {
    Unit.INDEX: (),
    Unit.MICROSECOND: (),
    Unit.MILLISECOND: (1_000,),
    Unit.SECOND: (60, 3_600),
    Unit.MINUTE: (1_440, 10_080),
    Unit.HOUR: (24, 168),
    Unit.DAY: (7, 365),
    Unit.BUSINESS_DAY: (5, 260),
    Unit.WEEK: (52,),
    Unit.MONTH: (12,),
    Unit.QUARTER: (4,),
    Unit.YEAR: (),
}


@dataclass(frozen=True)
class Frequency:
    """The step between two times of a series: `step` units.

    With `month_end`, steps of months, quarters and years go from month end to month end.

    >>> Frequency(1, Unit.MONTH).future(np.datetime64("2024-11-01"), 3).astype("datetime64[D]")
    array(['2024-12-01', '2025-01-01', '2025-02-01'], dtype='datetime64[D]')
    >>> Frequency(15, Unit.MINUTE).seasons
    (96, 672)
    """

    step: int
    unit: Unit
    month_end: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.step <= _LONGEST[self.unit]:
            raise ValueError(f"a step of {self.step} {self.unit.name.lower()} is out of bounds")

    @property
    def label(self) -> str:
        """Short name: "15min", "1h", "1d", "1b" (business day), "1w", "1mo"; "1" for an index."""
        return f"{self.step}{self.unit.value}"

    @property
    def seasons(self) -> tuple[int, ...]:
        """Candidate season lengths in steps, the usual one first; (1,) when nothing suggests one.

        Hourly 24 and 168, daily 7 and 365, business days 5 and 260, weekly 52, monthly 12,
        quarterly 4, below an hour the day and the week; only what the step divides evenly.
        """
        found = tuple(
            cycle // self.step
            for cycle in CYCLES[self.unit]
            if cycle % self.step == 0 and cycle // self.step > 1
        )
        return found or (1,)

    def future(self, last: np.datetime64 | int, n: int) -> np.ndarray:
        """The `n` times after `last`: [n], datetime64[us], or int64 for an index.

        >>> Frequency(1, Unit.BUSINESS_DAY).future(np.datetime64("2024-03-01"), 2)  # a Friday
        array(['2024-03-04T00:00:00.000000', '2024-03-05T00:00:00.000000'],
              dtype='datetime64[us]')
        """
        kind = "int64" if self.unit is Unit.INDEX else "datetime64[us]"
        return self.advance(np.full(n, last).astype(kind), np.arange(1, n + 1))

    def advance(self, start: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """`start` moved on by a number of steps, element by element: [n], [n] -> [n]."""
        moved: np.ndarray
        if self.unit is Unit.INDEX:
            moved = start + steps * self.step
        elif self.unit in FIXED:
            moved = start + (steps * (self.step * FIXED[self.unit])).astype("timedelta64[us]")
        elif self.unit is Unit.BUSINESS_DAY:
            day, clock = _split(start)
            moved = np.busday_offset(day, steps * self.step, roll="backward") + clock
        else:
            day, clock = _split(start)
            month = day.astype("datetime64[M]")
            ahead = month + steps * (self.step * MONTHS[self.unit])
            last = (ahead + 1).astype("datetime64[D]") - 1
            moved = np.minimum(ahead.astype("datetime64[D]") + _day_of_month(start), last)
            moved = (last if self.month_end else moved) + clock
        return moved

    def between(self, start: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whole steps from `start` to `time` [n], and whether they lead there exactly [n]."""
        if self.unit is Unit.INDEX:
            steps = (time - start) // self.step
        elif self.unit in FIXED:
            steps = (time - start).astype(np.int64) // (self.step * FIXED[self.unit])
        elif self.unit is Unit.BUSINESS_DAY:
            first, day = (_split(value)[0] for value in (start, time))
            steps = np.busday_count(first, day) // self.step
        else:
            months = time.astype("datetime64[M]") - start.astype("datetime64[M]")
            steps = months.astype(np.int64) // (self.step * MONTHS[self.unit])
        exact = self.advance(start, steps) == time
        if self.unit in MONTHS and not self.month_end:
            exact &= _day_of_month(start) == _day_of_month(time)
        return steps, exact


def _split(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The day, and the time since its midnight."""
    day = time.astype("datetime64[D]")
    return day, time - day


def _day_of_month(time: np.ndarray) -> np.ndarray:
    """Days since the first of the month."""
    month = time.astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray((time.astype("datetime64[D]") - month).astype(np.int64))


def find_frequency(time: np.ndarray, series: np.ndarray) -> Frequency | None:
    """The frequency that explains most steps of `time`; None when no series has two times.

    `time` [n] increases within each series; `series` [n] numbers the series, ascending.
    The most common step decides. From 28 days on, it is one of calendar months when more times fit
    that. Daily data that has weekends between its rows and never on one counts business days.

    >>> days = np.datetime64("2024-01-31T00", "us") + np.arange(3) * np.timedelta64(1, "D")
    >>> find_frequency(days, np.zeros(3, int)).label
    '1d'
    """
    same = series[1:] == series[:-1]
    steps = np.diff(time)[same].astype(np.int64)
    if len(steps) == 0:
        return None
    common = _most_common(steps)
    if time.dtype.kind != "M":
        return Frequency(common, Unit.INDEX)
    unit = next(unit for unit, size in FIXED.items() if common % size == 0)
    fixed = Frequency(common // FIXED[unit], unit)
    if common == MICROSECONDS_A_DAY and _keeps_to_business_days(time, same):
        return Frequency(1, Unit.BUSINESS_DAY)
    if common < 28 * MICROSECONDS_A_DAY:
        return fixed
    months = np.diff(time.astype("datetime64[M]"))[same].astype(np.int64)
    return _best([*_calendar(_most_common(months)), fixed], time, series)


def _most_common(values: np.ndarray) -> int:
    """The most frequent value, the smallest of several."""
    unique, counts = np.unique(values, return_counts=True)
    return int(unique[np.argmax(counts)])


def _keeps_to_business_days(time: np.ndarray, same: np.ndarray) -> bool:
    if (_weekday(time[:1000]) > 4).any():
        return False
    weekday = _weekday(time)
    over_weekend = same & (weekday[1:] < weekday[:-1])
    return bool((weekday < 5).all() and over_weekend.any())


def _weekday(time: np.ndarray) -> np.ndarray:
    """0 is Monday."""
    return np.asarray((time.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def _calendar(months: int) -> list[Frequency]:
    """Steps of so many months: between month ends, and between equal days of the month."""
    unit = Unit.YEAR if months % 12 == 0 else Unit.QUARTER if months == 3 else Unit.MONTH
    step = months // MONTHS[unit]
    return [Frequency(step, unit, month_end=True), Frequency(step, unit)] if step > 0 else []


def _best(candidates: list[Frequency], time: np.ndarray, series: np.ndarray) -> Frequency:
    """The candidate on whose grid most times lie, the first of several."""
    start = time[np.searchsorted(series, series)]  # the first time of each one's series
    scores = [int(candidate.between(start, time)[1].sum()) for candidate in candidates]
    return candidates[int(np.argmax(scores))]
