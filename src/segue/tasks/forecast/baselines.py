"""Forecasts that cost nothing: what a model must beat.

Each takes histories `[N, T]` (any number of rows, oldest value first), a horizon and a season, and
returns `[N, horizon]`. See R. J. Hyndman, G. Athanasopoulos, "Forecasting: principles and
practice", 3rd ed. (2021), section 5.2; Naive2 is the M4 competition's yardstick (Makridakis et al.,
International Journal of Forecasting 36, 2020).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Baseline(Protocol):
    """A forecast `[N, horizon]` from histories `[N, T]`."""

    def __call__(self, history: Array, horizon: int, season: int) -> Array:
        """Forecast every row."""
        ...


def mean(history: Array, horizon: int, season: int = 1) -> Array:
    """Repeat the mean of the history (the season plays no part): the best there is for noise.

    >>> mean(np.array([[1.0, 2.0, 6.0]]), 2)
    array([[3., 3.]])
    """
    return np.repeat(history.mean(1, keepdims=True), horizon, axis=1)


def naive(history: Array, horizon: int, season: int = 1) -> Array:
    """Repeat the last value (the season plays no part).

    >>> naive(np.array([[1.0, 2.0, 5.0]]), 2)
    array([[5., 5.]])
    """
    return np.repeat(history[:, -1:], horizon, axis=1)


def drift(history: Array, horizon: int, season: int = 1) -> Array:
    """Go on along the line from the first value to the last (the season plays no part).

    A history of one value has no slope: its drift is 0.

    >>> drift(np.array([[1.0, 2.0, 5.0]]), 2)
    array([[7., 9.]])
    """
    steps = np.arange(1, horizon + 1)
    slope = (history[:, -1:] - history[:, :1]) / max(history.shape[1] - 1, 1)
    return np.asarray(history[:, -1:] + slope * steps)


def seasonal_naive(history: Array, horizon: int, season: int) -> Array:
    """Repeat the last season; a history shorter than a season repeats its last value.

    >>> seasonal_naive(np.array([[1.0, 2.0, 5.0, 7.0]]), 3, season=2)
    array([[5., 7., 5.]])
    """
    if history.shape[1] < season:
        return naive(history, horizon)
    return history[:, -season:][:, np.arange(horizon) % season]


def naive2(history: Array, horizon: int, season: int) -> Array:
    """Naive on data adjusted for the season, where a test finds a season; else plain naive.

    The adjustment is the classical multiplicative decomposition, as M4's benchmark code defines
    it: rows with a value of 0 or less have no multiplicative season and get the plain naive.

    >>> naive2(np.tile([10.0, 30.0], 12)[None], 3, season=2).round(6)
    array([[10., 30., 10.]])
    """
    forecast = naive(history, horizon)
    rows = np.flatnonzero(seasonal(history, season) & (history > 0).all(1))
    if rows.size:
        factor = _seasonal_factors(history[rows], season)
        phase = history.shape[1] + np.arange(horizon)
        level = history[rows, -1:] / factor[:, (history.shape[1] - 1) % season, None]
        forecast[rows] = level * factor[:, phase % season]
    return forecast


def seasonal(history: Array, season: int) -> NDArray[np.bool_]:
    """M4's test for a season, `[N]`: is the autocorrelation at lag `season` beyond the 90% limit?

    Bartlett's limit 1.645 sqrt((1 + 2 sum of squared lower autocorrelations) / T). Histories under
    three seasons, constant ones, and a season of 1 are not seasonal.

    >>> seasonal(np.tile([1.0, 2.0, 3.0], 9)[None], season=3)
    array([ True])
    """
    rows, steps = history.shape
    if season < 2 or steps < 3 * season:
        return np.zeros(rows, dtype=bool)
    centred = history - history.mean(1, keepdims=True)
    power = (centred**2).sum(1)
    lags = range(1, season + 1)
    products = np.stack([(centred[:, k:] * centred[:, :-k]).sum(1) for k in lags], axis=1)
    varies = power > np.finfo(np.float64).eps * (history**2).sum(1)
    acf = np.divide(products, power[:, None], out=np.zeros_like(products), where=varies[:, None])
    limit = 1.645 * np.sqrt((1 + 2 * (acf[:, :-1] ** 2).sum(1)) / steps)
    found: NDArray[np.bool_] = np.abs(acf[:, -1]) > limit
    return found


def _seasonal_factors(history: Array, season: int) -> Array:
    """Multiplicative seasonal factors `[N, season]`, by position from the start, of mean 1."""
    width = season + 1 if season % 2 == 0 else season
    weights = np.ones(width)
    if season % 2 == 0:
        weights[[0, -1]] = 0.5
    windows = np.lib.stride_tricks.sliding_window_view(history, width, axis=1)
    trend = windows @ (weights / season)
    half = width // 2
    ratio = history[:, half : half + trend.shape[1]] / trend
    phase = (half + np.arange(ratio.shape[1])) % season
    factor = np.stack([ratio[:, phase == p].mean(1) for p in range(season)], axis=1)
    return np.asarray(factor / factor.mean(1, keepdims=True))


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {"mean": mean, "naive": naive, "drift": drift, "seasonal naive": seasonal_naive}
)
