"""The scale of an axis of dates and times, in seconds since 1970."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.insight.scales import Floats, Linear, Scale, Tick, nice_step, position_scale

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Steps of a fixed length in seconds, then steps in months.
_STEPS = (1, 5, 15, 30, *(_MINUTE * k for k in (1, 5, 15, 30)), *(_HOUR * k for k in (1, 3, 6, 12)))
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6)
_YEAR = 365.2425 * _DAY
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Time:
    """Dates and times. `digits` is how much of `2020-01-31T12:00:00` it takes to write one.

    >>> day = 86400.0
    >>> [(t.label, t.context) for t in Time(0, 900 * day).ticks(3)]
    [('1970', ''), ('1971', ''), ('1972', '')]
    >>> [(t.label, t.context) for t in Time(364 * day, 366 * day).ticks(3)]
    [('31 Dec', '1970'), ('1 Jan', '1971'), ('2 Jan', '')]
    """

    low: float
    high: float
    digits: int = 19
    unit = ""

    @property
    def kind(self) -> str:
        """What the page's script needs to place and write a time."""
        return f"time{self.digits}"

    def fractions(self, values: Floats) -> Floats:
        """Where times lie: 0 at the start of the axis, 1 at its end."""
        return (values - self.low) / (self.high - self.low)

    def say(self, value: float) -> str:
        """A time in words: an ISO date, with the time of day where it matters."""
        return _stamp(value)[: self.digits].replace("T", " ")

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """At most `most` + 1 ticks at round times; the second line says what the first leaves."""
        rough = (self.high - self.low) / max(1, most)
        if rough < 1:
            return self._fractions_of_a_second(most)
        if rough > _MONTHS[-1] * _YEAR / 12:
            return self._years(rough)
        if rough > _DAYS[-1] * _DAY:
            step = next(k for k in _MONTHS if k * _YEAR / 12 >= rough * (1 - 1e-9))
            return self._months(step)
        if rough > _STEPS[-1]:
            return self._days(next(k for k in _DAYS if k * _DAY >= rough))
        return self._clock(next(k for k in _STEPS if k >= rough))

    def _years(self, rough: float) -> tuple[Tick, ...]:
        step = max(1, round(nice_step(rough / _YEAR)))
        first, last = (_count(v, "M8[Y]") for v in self._ends)
        years = range(first + 1970, last + 1971)
        return self._inside([(f"{y:04d}-01", str(y), "") for y in years if y % step == 0])

    def _months(self, step: int) -> tuple[Tick, ...]:
        first, last = (_count(v, "M8[M]") for v in self._ends)
        months = [divmod(m, 12) for m in range(first, last + 1) if m % step == 0]
        return self._inside([(_month(y, m), _NAMES[m], str(y + 1970)) for y, m in months])

    def _days(self, step: int) -> tuple[Tick, ...]:
        first, last = (math.floor(v / _DAY) for v in self._ends)
        # 5 January 1970 was a Monday: steps of weeks fall on Mondays.
        days = [d for d in range(first, last + 1) if (d - 4 if step % 7 == 0 else d) % step == 0]
        return self._inside([(_stamp(d * _DAY), _date(d * _DAY), _year(d * _DAY)) for d in days])

    def _clock(self, step: int) -> tuple[Tick, ...]:
        first, last = (math.floor(v / step) for v in self._ends)
        cut = slice(11, 16) if step >= _MINUTE else slice(11, 19)
        times = [k * step for k in range(first, last + 1)]
        return self._inside([(_stamp(t), _stamp(t)[cut], f"{_date(t)} {_year(t)}") for t in times])

    def _fractions_of_a_second(self, most: int) -> tuple[Tick, ...]:
        start = math.floor(self.low)
        ticks = Linear(self.low - start, self.high - start).ticks(most)
        when = _stamp(start).replace("T", " ")
        return tuple(
            Tick(t.value + start, f"{t.label} s", f"after {when}" if k == 0 else "")
            for k, t in enumerate(ticks)
        )

    @property
    def _ends(self) -> tuple[float, float]:
        return self.low, self.high

    def _inside(self, labels: list[tuple[str, str, str]]) -> tuple[Tick, ...]:
        """Ticks within the axis; the context only where it is not that of the tick before."""
        ticks: list[Tick] = []
        before = ""
        for stamp, label, context in labels:
            value = float(np.datetime64(stamp, "s").astype(np.int64))
            if self.low <= value <= self.high:
                ticks.append(Tick(value, label, context if context != before else ""))
                before = context
        return tuple(ticks)


def positions(values: NDArray[Any]) -> Floats:
    """Times as seconds since 1970, indices as they are. Not-a-time is NaN.

    >>> positions(np.array(["1970-01-02"], dtype="M8[D]")), positions(np.array([7]))
    (array([86400.]), array([7.]))
    """
    values = np.asarray(values)
    if values.dtype.kind != "M":
        return values.astype(np.float64)
    micro = values.astype("M8[us]")
    return np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 1e6)


def axis(arrays: list[NDArray[Any]]) -> Scale:
    """The horizontal scale for these values: `Time` for dates and times, else `Linear`.

    >>> axis([np.array(["2020-01", "2020-06"], dtype="M8[M]")]).say(0.0)
    '1970-01'
    """
    arrays = [np.asarray(a) for a in arrays]
    places = [positions(a) for a in arrays]
    if not any(a.dtype.kind == "M" for a in arrays):
        return position_scale(places, whole=all(a.dtype.kind in "iu" for a in arrays))
    every = np.concatenate(places)
    digits = _digits(every)
    if every.size and every.min() == every.max():  # a single time stands between its neighbours
        air = _DAY if digits <= 10 else _HOUR
        return Time(float(every[0]) - air, float(every[0]) + air, digits)
    plain = position_scale(places, whole=False)
    return Time(plain.low, plain.high, digits)


def _digits(seconds: Floats) -> int:
    """How many characters of an ISO time tell these times apart."""
    seconds = seconds[np.isfinite(seconds)]
    if not (seconds % 1 == 0).all():
        return 23
    if not (seconds % _MINUTE == 0).all():
        return 19
    if not (seconds % _DAY == 0).all():
        return 16
    days = seconds.astype(np.int64).astype("M8[s]").astype("M8[D]")
    return 7 if (days == days.astype("M8[M]")).all() else 10


def _stamp(seconds: float) -> str:
    if seconds == int(seconds):
        return str(np.datetime64(int(seconds), "s"))
    return str(np.datetime64(round(seconds * 1000), "ms"))


def _count(seconds: float, unit: str) -> int:
    """Whole years or months since 1970."""
    return int(np.datetime64(math.floor(seconds), "s").astype(unit).astype(np.int64))


def _year(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s").astype("M8[Y]"))


def _month(year: int, month: int) -> str:
    return f"{year + 1970:04d}-{month + 1:02d}"


def _date(seconds: float) -> str:
    _, month, day = _stamp(seconds)[:10].rsplit("-", 2)
    return f"{int(day)} {_NAMES[int(month) - 1]}"
