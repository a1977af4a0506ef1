"""Exponential smoothing with a damped trend, of many histories at once.

The additive form of R. J. Hyndman, A. B. Koehler, J. K. Ord, R. D. Snyder, "Forecasting with
exponential smoothing: the state space approach" (2008), chapter 2: from level l and slope b,

    error = y - (l + phi b);   l <- l + phi b + alpha error;   b <- phi b + beta error.

For given (alpha, beta, phi) the errors are linear in the first level and slope, so those are the
exact least squares; the parameters are the best of a grid. Without a trend, beta and phi are 0.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PARAMETERS = 3  # alpha, beta, phi
_CELLS = 1 << 15  # numbers that stay in a core's cache


class Kind(NamedTuple):
    """Parameters to choose from, `[G, 3]`: alpha, beta, phi; and how many numbers are fitted."""

    grid: Array
    fitted: int


def _kind(alphas: Sequence[float], ratios: Sequence[float], phis: Sequence[float]) -> Kind:
    """Every alpha with every beta / alpha and every phi; a phi of 0 is no trend."""
    rows = [(a, a * r if phi else 0.0, phi) for a in alphas for r in ratios for phi in phis]
    free = 2 if phis[0] == 0 else 4 if phis == (1.0,) else 5  # parameters and first states
    return Kind(np.array(rows), free)


LEVEL = _kind(np.linspace(0.02, 0.98, 33).tolist(), (0.0,), (0.0,))
_STEPS = (0.05, 0.15, 0.3, 0.5, 0.7, 0.9)
TREND = _kind(_STEPS, (0.0, 0.1, 0.4), (1.0,))
DAMPED = _kind(_STEPS, (0.0, 0.1, 0.4), (0.8, 0.9, 0.98))


def fit(history: Array, kinds: Sequence[Kind] = (LEVEL, TREND, DAMPED)) -> Array:
    """The parameters `[N, 3]` of each history `[N, T]`: of the kind with the least AICc.

    >>> fit(np.arange(20.0)[None])[0, 2]
    np.float64(1.0)
    """
    steps = history.shape[1]
    chosen, least = np.tile(LEVEL.grid[-1], (len(history), 1)), np.full(len(history), np.inf)
    for kind in kinds:
        spare = steps - kind.fitted - 2  # the variance is a number more
        if spare < 1 and kind is not kinds[0]:
            continue
        power, best = _least(history, kind.grid)
        penalty = 2 * (kind.fitted + 1) * steps / max(spare, 1)
        floor = 1e-12 * (history**2).mean(1) + np.finfo(np.float64).tiny
        score = steps * np.log(power / steps + floor) + penalty
        better = score < least
        chosen[better], least[better] = kind.grid[best[better]], score[better]
    return chosen


def states(history: Array, parameters: Array) -> tuple[Array, Array]:
    """Level and slope `[N]` after the last value of histories `[N, T]`."""
    alpha, beta, phi = parameters.T
    level, slope = np.zeros((2, 3, len(history)))  # from the values; from a first level; slope
    level[1], slope[2] = 1.0, 1.0
    gram = np.zeros((3, 3, len(history)))
    for value in history.T:
        ahead = phi * slope
        level += ahead
        error = -level
        error[0] += value
        gram += error[:, None] * error
        level += alpha * error
        slope = ahead + beta * error
    first = _first(gram, phi)  # [N, 2]
    return (
        level[0] + first[0] * level[1] + first[1] * level[2],
        slope[0] + first[0] * slope[1] + first[1] * slope[2],
    )


def extend(history: Array, parameters: Array, horizon: int) -> Array:
    """Forecasts `[N, H]`: the level, and the slope as far as phi lets it go.

    >>> line = np.arange(20.0)[None]
    >>> extend(line, fit(line), 2).round(6)
    array([[20., 21.]])
    """
    level, slope = states(history, parameters)
    reach = np.cumsum(parameters[:, 2:] ** np.arange(1, horizon + 1), axis=1)
    return np.asarray(level[:, None] + slope[:, None] * reach)


def _least(history: Array, grid: Array) -> tuple[Array, NDArray[np.intp]]:
    """The least sum of squared errors `[N]` over a grid, and where in the grid it is."""
    rows = max(1, _CELLS // len(grid))
    found = [_powers(history[i : i + rows], grid) for i in range(0, len(history), rows)]
    power = np.concatenate(found)
    best = power.argmin(1)
    return np.take_along_axis(power, best[:, None], 1)[:, 0], best


def _powers(history: Array, grid: Array) -> Array:
    """Sums of squared errors `[N, G]`, each at its own best first level and slope."""
    alpha, beta, phi = grid.T
    trend = bool(phi.any())
    response = _responses(grid, history.shape[1])  # [T, 2, G]
    level, slope = np.zeros((2, len(history), len(grid)))
    own = np.zeros_like(level)
    cross = np.zeros((2, *level.shape))
    for value, answer in zip(history.T[:, :, None], response, strict=True):
        if trend:
            slope *= phi
            level += slope
        error = value - level
        own += error * error
        cross[0] += error * answer[0]
        level += alpha * error
        if trend:
            cross[1] += error * answer[1]
            slope += beta * error
    gram = np.zeros((3, 3, *level.shape))
    gram[0, 0], gram[0, 1:], gram[1:, 0] = own, cross, cross
    gram[1:, 1:] = np.einsum("tig,tjg->ijg", response, response)[:, :, None]
    first = _first(gram, np.broadcast_to(phi, level.shape))
    whole = (first * (gram[0, 1:] + gram[1:, 0])).sum(0)
    whole += (first[:, None] * gram[1:, 1:] * first).sum((0, 1))
    return np.asarray(np.maximum(own + whole, 0.0))


def _responses(grid: Array, steps: int) -> Array:
    """Errors `[T, 2, G]` that a first level of 1, and a first slope of 1, make on zeros."""
    alpha, beta, phi = grid.T
    level, slope = np.zeros((2, 2, len(grid)))
    level[0], slope[1] = 1.0, 1.0
    found = np.empty((steps, 2, len(grid)))
    for step in range(steps):
        slope = phi * slope
        level = level + slope
        found[step] = -level
        level = level - alpha * level
        slope = slope + beta * found[step]
    return found


def _first(gram: Array, phi: Array) -> Array:
    """The first level and slope `[2, ...]` of least squares, from the products of the errors.

    Products `[3, 3, ...]` of the errors on the values, of a first level and of a first slope. A
    history too short to tell a slope, or a phi of 0, has none.
    """
    a, b, c = gram[1, 1], gram[1, 2], gram[2, 2]
    p, q = -gram[0, 1], -gram[0, 2]
    det = a * c - b * b
    both = (phi > 0) & (det > 1e-9 * a * c)
    safe = np.where(both, det, 1.0)
    alone = p / np.where(a > 0, a, 1.0)
    level = np.where(both, (p * c - q * b) / safe, alone)
    slope = np.where(both, (a * q - b * p) / safe, 0.0)
    return np.stack([level, slope])
