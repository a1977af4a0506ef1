"""Seasons of many histories at once: the classical way, and STL.

R. B. Cleveland, W. S. Cleveland, J. E. McRae, I. Terpenning, "STL: a seasonal-trend decomposition
procedure based on loess", Journal of Official Statistics 6 (1990). Without its robustness weights
every step of STL is linear, so for histories of one length it is one matrix, made once.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_SUBSERIES = 11  # values of a subseries in a local fit, as in R's stlf
_ROUNDS = 2  # inner loops of STL, as R has it without robustness weights


def factors(history: Array, season: int) -> Array:
    """Multiplicative factors `[N, season]`, by position from the start of `[N, T]`, of mean 1.

    The classical decomposition: ratios to a centred moving average, averaged over the seasons.
    """
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


def seasonal_part(history: Array, season: int) -> Array:
    """STL's seasonal part `[N, T]` of histories of two seasons or more.

    >>> wave = np.tile([1.0, -2.0, 1.0], 6)
    >>> seasonal_part(wave[None] + 5, 3).round(6)[0, :3]
    array([ 1., -2.,  1.])
    """
    return np.asarray(history @ _stl(history.shape[1], season).T)


@lru_cache(maxsize=64)
def _stl(steps: int, season: int) -> Array:
    """The matrix `[T, T]` from a history to its seasonal part."""
    cycle = _cycle(steps, season)
    low = _means(season, steps + 2 * season)
    low = _means(3, steps + 2) @ _means(season, steps + season + 1) @ low
    wide = season + 1 - season % 2
    low = _loess(steps, wide, np.arange(steps)) @ low
    smooth = (cycle[season : season + steps]) - low @ cycle  # [T, T], from the detrended
    span = int(np.ceil(1.5 * season / (1 - 1.5 / _SUBSERIES)))
    trend = _loess(steps, span + 1 - span % 2, np.arange(steps))
    unit = np.eye(steps)
    around, seasonal = np.zeros((steps, steps)), np.zeros((steps, steps))
    for _ in range(_ROUNDS):
        seasonal = smooth @ (unit - around)
        around = trend @ (unit - seasonal)
    return seasonal


def _cycle(steps: int, season: int) -> Array:
    """Each phase smoothed along its own values, a value longer at both ends: `[T + 2 m, T]`."""
    found = np.zeros((steps + 2 * season, steps))
    for phase in range(season):
        rows = np.arange(phase, steps, season)
        local = _loess(len(rows), _SUBSERIES, np.arange(-1, len(rows) + 1))
        found[np.ix_(np.arange(phase, steps + 2 * season, season)[: len(local)], rows)] = local
    return found


def _means(width: int, steps: int) -> Array:
    """Moving averages of `width` values: `[steps - width + 1, steps]`."""
    count = steps - width + 1
    offset = np.arange(steps) - np.arange(count)[:, None]
    return np.where((offset >= 0) & (offset < width), 1 / width, 0.0)


def _loess(steps: int, width: int, points: NDArray[np.int64]) -> Array:
    """Local lines at `points` over `steps` values, as weights `[points, steps]`.

    Tricube weights over the `width` nearest values; with fewer values the window grows wider by
    half of what is missing, as Cleveland's program has it.
    """
    distance = np.abs(np.arange(steps) - points[:, None]).astype(np.float64)
    reach = np.sort(distance, axis=1)[:, min(width, steps) - 1]
    reach = reach + max(width - steps, 0) // 2
    weight = np.clip(1 - (distance / np.maximum(reach, 1e-9)[:, None]) ** 3, 0, None) ** 3
    weight[distance <= 0.001 * reach[:, None]] = 1.0
    weight /= weight.sum(1, keepdims=True)
    at = np.arange(steps)
    centre = weight @ at
    off = at - centre[:, None]
    power = (weight * off**2).sum(1)
    slope = (points - centre) / np.where(power > 1e-6 * steps**2, power, np.inf)
    return np.asarray(weight * (1 + slope[:, None] * off))
