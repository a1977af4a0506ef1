"""Forecasts that cost next to nothing: what a model must beat.

Each takes histories `[N, T]` (any number of rows, oldest value first), a horizon and a season, and
returns `[N, horizon]`. See R. J. Hyndman, G. Athanasopoulos, "Forecasting: principles and
practice", 3rd ed. (2021), section 5.2; Naive2 is the M4 competition's yardstick (Makridakis et al.,
International Journal of Forecasting 36, 2020). Theta won the M3 competition (V. Assimakopoulos,
K. Nikolopoulos, same journal 16, 2000); STL + ETS is `stlf` of R's forecast package.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from segue.tasks.forecast import decomposition, smoothing

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
    adjusted, factor = _adjusted(history, horizon, season)
    return np.asarray(adjusted[:, -1:] * factor)


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


def theta(history: Array, horizon: int, season: int, parameters: Array | None = None) -> Array:
    """The Theta method: smoothing of the level, and half of the slope of a line.

    With a multiplicative season where `seasonal` finds one, as M3 and M4 computed it (R's
    `thetaf`); R. J. Hyndman, B. Billah, "Unmasking the Theta method" (IJF 19, 2003) show that it
    is simple exponential smoothing with a drift.

    Args:
        history: `[N, T]`.
        horizon: H.
        season: steps of a season.
        parameters: `theta_parameters` of earlier rows; found anew when None.

    >>> theta(np.arange(40.0)[None], 2, season=1).round(1)
    array([[39.5, 40. ]])
    """
    steps = history.shape[1]
    adjusted, factor = _adjusted(history, horizon, season)
    chosen = smoothing.fit(adjusted, (smoothing.LEVEL,)) if parameters is None else parameters
    level, _ = smoothing.states(adjusted, chosen)
    alpha = chosen[:, :1]
    centred = np.arange(steps) - (steps - 1) / 2
    slope = ((adjusted * centred).sum(1) / max((centred**2).sum(), 1.0))[:, None]
    start = (1 - (1 - alpha) ** steps) / alpha
    line = slope / 2 * (np.arange(horizon) + start)
    return np.asarray((level[:, None] + line) * factor)


def theta_parameters(history: Array, season: int) -> Array:
    """What `theta` fits to histories `[N, T]`."""
    return smoothing.fit(_adjusted(history, 0, season)[0], (smoothing.LEVEL,))


def stl_ets(history: Array, horizon: int, season: int, parameters: Array | None = None) -> Array:
    """The last season of an STL decomposition, on smoothing of the rest.

    Level alone, with a trend, or with a damped one, whichever AICc says. Histories of less than
    two seasons, and a season of 1, are smoothed as they are; of longer ones the oldest rows, which
    are no whole season, are left out.

    Args:
        history: `[N, T]`.
        horizon: H.
        season: steps of a season.
        parameters: `stl_ets_parameters` of earlier rows; found anew when None.

    >>> wave = np.tile([1.0, -2.0, 1.0], 12)
    >>> stl_ets(wave[None] + np.arange(36.0), 3, season=3).round(3)
    array([[37., 35., 39.]])
    """
    history = _whole(history, season)
    wave = _wave(history, season)
    rest = history - wave
    chosen = smoothing.fit(rest) if parameters is None else parameters
    period = season if _has_seasons(history, season) else 1
    last = wave[:, -period:][:, np.arange(horizon) % period]
    return smoothing.extend(rest, chosen, horizon) + last


def stl_ets_parameters(history: Array, season: int) -> Array:
    """What `stl_ets` fits to histories `[N, T]`."""
    history = _whole(history, season)
    return smoothing.fit(history - _wave(history, season))


def _whole(history: Array, season: int) -> Array:
    """Histories without the oldest rows that are no whole season: few lengths, few matrices."""
    steps = history.shape[1]
    return history[:, steps % season :] if _has_seasons(history, season) else history


def _wave(history: Array, season: int) -> Array:
    if not _has_seasons(history, season):
        return np.zeros_like(history)
    return decomposition.seasonal_part(history, season)


def _has_seasons(history: Array, season: int) -> bool:
    return season > 1 and history.shape[1] >= 2 * season


def _adjusted(history: Array, horizon: int, season: int) -> tuple[Array, Array]:
    """Histories without their multiplicative season, and its factors over the horizon."""
    rows, steps = history.shape
    factor = np.ones((rows, steps + horizon))
    found = np.flatnonzero(seasonal(history, season) & (history > 0).all(1))
    if found.size:
        phase = np.arange(steps + horizon) % season
        factor[found] = decomposition.factors(history[found], season)[:, phase]
    return history / factor[:, :steps], factor[:, steps:]


class Fitted(NamedTuple):
    """A baseline with parameters, which can be found once for a channel and used further on."""

    forecast: "FittedBaseline"
    parameters: Callable[[Array, int], Array]


class FittedBaseline(Protocol):
    """A baseline that can take its parameters from elsewhere."""

    def __call__(
        self, history: Array, horizon: int, season: int, parameters: Array | None = None
    ) -> Array:
        """Forecast every row."""
        ...


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "mean": mean,
        "naive": naive,
        "drift": drift,
        "seasonal naive": seasonal_naive,
        "Theta": theta,
        "STL + ETS": stl_ets,
    }
)
FITTED: Mapping[str, Fitted] = MappingProxyType(
    {
        "Theta": Fitted(theta, theta_parameters),
        "STL + ETS": Fitted(stl_ets, stl_ets_parameters),
    }
)
