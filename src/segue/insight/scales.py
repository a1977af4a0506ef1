"""Scales: from values to places on a chart, and the ticks a reader finds them by."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segue.insight.numerals import TIMES, fixed, number, power_of_ten

Floats = NDArray[np.float64]

_LARGEST = 1e300
_LOG_FROM_RATIO = 12.0


@dataclass(frozen=True)
class Tick:
    """A place on an axis: its position in scale units, its label, and a second line (or "")."""

    value: float
    label: str
    context: str = ""


class Scale(Protocol):
    """What a chart asks of an axis."""

    @property
    def low(self) -> float:
        """The value at the start of the axis."""

    @property
    def high(self) -> float:
        """The value at the end of the axis."""

    @property
    def unit(self) -> str:
        """What each label is to be multiplied by, such as "×10⁹", or ""."""

    @property
    def kind(self) -> str:
        """What the page's script needs to place and write a value."""

    def fractions(self, values: Floats) -> Floats:
        """Where values lie: 0 at the start of the axis, 1 at its end, NaN where there is none."""

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """At most about `most` ticks inside the axis."""

    def say(self, value: float) -> str:
        """A value in words, for a description."""


@dataclass(frozen=True)
class Linear:
    """Equal steps are equal distances. `whole` keeps the ticks on whole numbers.

    >>> [tick.label for tick in Linear(-0.2, 1.3).ticks(4)]
    ['0.0', '0.5', '1.0']
    >>> Linear(0, 3e9).unit, [tick.label for tick in Linear(0, 3e9).ticks(4)]
    ('×10⁹', ['0', '1', '2', '3'])
    """

    low: float
    high: float
    whole: bool = False
    kind = "linear"

    @property
    def unit(self) -> str:
        """What each label is to be multiplied by, or ""."""
        return f"{TIMES}{power_of_ten(self._exponent)}" if self._exponent else ""

    def fractions(self, values: Floats) -> Floats:
        """Where values lie: 0 at the start of the axis, 1 at its end."""
        return (_bounded(values) - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """At most `most` + 1 multiples of 1, 2 or 5 times a power of ten."""
        step = nice_step((self.high - self.low) / max(1, most))
        if self.whole:
            step = max(1.0, step)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        scaled = step / 10.0**self._exponent
        decimals = max(0, -math.floor(math.log10(scaled) + 1e-9))
        return tuple(Tick(k * step, fixed(k * scaled, decimals)) for k in range(first, last + 1))

    def say(self, value: float) -> str:
        """A value in words."""
        return fixed(value, 0) if self.whole and value == round(value) else number(value)

    @property
    def _exponent(self) -> int:
        largest = max(abs(self.low), abs(self.high))
        if 1e-3 <= largest < 1e6 or (self.whole and largest < 1e9):
            return 0
        return 3 * math.floor(math.log10(largest) / 3)


@dataclass(frozen=True)
class Log:
    """Equal ratios are equal distances. Both ends are positive; what is not has no place.

    >>> [tick.label for tick in Log(0.05, 20).ticks(4)]
    ['0.1', '0.3', '1', '3', '10']
    """

    low: float
    high: float
    unit = ""
    kind = "log"

    def fractions(self, values: Floats) -> Floats:
        """Where values lie: 0 at the start of the axis, 1 at its end, NaN for zero and below."""
        positive = np.where(values > 0, _bounded(values), np.nan)
        low, high = math.log10(self.low), math.log10(self.high)
        return (np.log10(positive) - low) / (high - low)

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """Powers of ten; 2 and 5 times them too, or equal steps, where there is room for them."""
        low, high = math.log10(self.low), math.log10(self.high)
        if high - low < 1:
            linear = Linear(self.low, self.high).ticks(most)
            return tuple(Tick(t.value, number(t.value)) for t in linear if t.value > 0)
        exponents = range(math.floor(low), math.ceil(high) + 1)
        for factors in ((1, 2, 5), (1, 3), (1,)):
            places = [f * 10.0**e for e in exponents for f in factors]
            inside = [v for v in places if self.low * (1 - 1e-9) <= v <= self.high * (1 + 1e-9)]
            if len(inside) <= most + 1:
                return tuple(Tick(v, self._label(v)) for v in inside)
        stride = math.ceil(len(inside) / (most + 1))
        return tuple(Tick(v, self._label(v)) for v in inside[::stride])

    def say(self, value: float) -> str:
        """A value in words."""
        return number(value)

    @staticmethod
    def _label(value: float) -> str:
        if 1e-4 < value < 1e6:
            return number(value, 1)
        exponent = math.floor(math.log10(value) + 1e-9)
        factor = round(value / 10.0**exponent)
        return power_of_ten(exponent) if factor == 1 else f"{factor}{TIMES}{power_of_ten(exponent)}"


def nice_step(rough: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below `rough`.

    >>> nice_step(0.3), nice_step(12.0)
    (0.5, 20.0)
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return next(f * power for f in (1.0, 2.0, 5.0, 10.0) if f * power >= rough * (1 - 1e-9))


def number_scale(arrays: Iterable[Floats], zero: bool = False) -> Linear:
    """A linear scale that holds every finite value, with a little air. `zero`: it starts at 0.

    >>> number_scale([np.array([5.0, 5.0])])
    Linear(low=4.5, high=5.5, whole=False)
    """
    low, high = _extent(arrays)
    if zero and low >= 0:
        return Linear(0.0, high * 1.06 if high > 1e-290 else 1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high)) or high - low < 1e-290:
        air = abs(low) / 10 or 1.0
        return Linear(low - air, high + air)
    air = (high - low) * 0.06
    return Linear(low - air, high + air)


def ratio_scale(arrays: Iterable[Floats]) -> Scale:
    """A logarithmic scale where the positive values span a wide ratio, else a linear one from 0.

    >>> ratio_scale([np.array([0.1, 100.0])]).kind, ratio_scale([np.array([1.0, 2.0])]).kind
    ('log', 'linear')
    """
    values = [np.asarray(a)[np.asarray(a) >= 0] for a in arrays]
    kept = [a[a > 0] for a in values]
    low, high = _extent(kept)
    if high <= 0 or low <= 0 or high / low < _LOG_FROM_RATIO or low < 1e-290:
        return number_scale(values, zero=True)
    air = (high / low) ** 0.05
    return Log(low / air, min(high * air, _LARGEST))


def position_scale(arrays: Iterable[Floats], whole: bool) -> Linear:
    """A linear scale for a horizontal axis: from the first place to the last, with no air.

    >>> position_scale([np.array([3.0])], whole=True)
    Linear(low=2.5, high=3.5, whole=True)
    """
    low, high = _extent(arrays)
    if high <= low:
        return Linear(low - 0.5, high + 0.5, whole)
    return Linear(low, high, whole)


def _extent(arrays: Iterable[Floats]) -> tuple[float, float]:
    low, high = math.inf, -math.inf
    for values in arrays:
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high:
        return 0.0, 1.0
    return max(-_LARGEST, min(low, _LARGEST)), max(-_LARGEST, min(high, _LARGEST))


def _bounded(values: Floats) -> Floats:
    return np.where(np.isfinite(values), np.clip(values, -_LARGEST, _LARGEST), np.nan)
