"""Measures of a forecast, as the literature defines them.

Makridakis et al. 2020: S. Makridakis, E. Spiliotis, V. Assimakopoulos, "The M4 competition:
100,000 time series and 61 forecasting methods", International Journal of Forecasting 36 (2020).
Hyndman & Koehler 2006: "Another look at measures of forecast accuracy", same journal 22 (2006).

Arrays may have any shape unless a shape is named; every measure is the mean over all entries.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def mae(forecast: ArrayLike, truth: ArrayLike) -> float:
    """Mean absolute error, in the unit of the data.

    >>> mae([1.0, 4.0], [2.0, 2.0])
    1.5
    """
    forecast, truth = _pair(forecast, truth)
    return float(np.abs(forecast - truth).mean())


def mse(forecast: ArrayLike, truth: ArrayLike) -> float:
    """Mean squared error, in the squared unit of the data.

    >>> mse([1.0, 4.0], [2.0, 2.0])
    2.5
    """
    forecast, truth = _pair(forecast, truth)
    return float(((forecast - truth) ** 2).mean())


def smape(forecast: ArrayLike, truth: ArrayLike) -> float:
    """Symmetric mean absolute percentage error, 0 to 200 (Makridakis et al. 2020).

    An entry whose truth and forecast are both 0 counts as 0.

    >>> smape([100.0, 50.0], [100.0, 150.0])
    50.0
    """
    forecast, truth = _pair(forecast, truth)
    error, size = np.abs(forecast - truth), np.abs(forecast) + np.abs(truth)
    return float(200 * np.divide(error, size, out=np.zeros_like(error), where=size > 0).mean())


def naive_scale(history: ArrayLike, season: int = 1) -> float:
    """Mean absolute error of the seasonal naive method inside a history `[T]`: MASE's unit.

    NaN when the history repeats itself exactly or is not longer than the season.

    >>> naive_scale([1.0, 3.0, 2.0, 4.0], season=2)
    1.0
    """
    values = np.asarray(history, dtype=np.float64)
    if len(values) <= season:
        return float("nan")
    scale = np.abs(values[season:] - values[:-season]).mean()
    return float(scale) if scale > 0 else float("nan")


def mase(forecast: ArrayLike, truth: ArrayLike, scale: ArrayLike) -> float:
    """Mean absolute scaled error (Hyndman & Koehler 2006).

    Args:
        forecast: `[N, H]`.
        truth: `[N, H]`.
        scale: `[N]`, each row's `naive_scale` of the history before it. Rows whose scale is NaN
            have no MASE and are left out; the result is NaN when none is left.

    >>> mase([[2.0, 2.0]], [[1.0, 4.0]], [naive_scale([1.0, 3.0, 2.0, 4.0], season=2)])
    1.5
    """
    forecast, truth = _pair(forecast, truth)
    error = np.abs(forecast - truth).mean(-1) / np.asarray(scale, dtype=np.float64)
    return float(np.nanmean(error)) if np.isfinite(error).any() else float("nan")


def owa(smape: float, mase: float, naive2_smape: float, naive2_mase: float) -> float:
    """Overall weighted average (Makridakis et al. 2020): 1 is the error of Naive2, less is better.

    >>> owa(smape=7.5, mase=1.0, naive2_smape=10.0, naive2_mase=2.0)
    0.625
    """
    return (smape / naive2_smape + mase / naive2_mase) / 2


def quantile_loss(quantiles: ArrayLike, truth: ArrayLike, levels: Sequence[float]) -> float:
    """Pinball loss, mean over levels and entries (Koenker & Bassett 1978).

    At level q an entry costs q times what the truth lies above the quantile, and 1 - q times what
    it lies below. With the median as the only level it is half the mean absolute error.

    Args:
        quantiles: `[..., Q]`.
        truth: `[...]`.
        levels: Q numbers in (0, 1).

    >>> quantile_loss([[1.0, 4.0]], [2.0], levels=[0.25, 0.75])
    0.375
    """
    quantiles, level = np.asarray(quantiles, dtype=np.float64), np.asarray(levels)
    error = np.asarray(truth, dtype=np.float64)[..., None] - quantiles
    return float(np.maximum(level * error, (level - 1) * error).mean())


def inside(lower: ArrayLike, upper: ArrayLike, truth: ArrayLike) -> NDArray[np.bool_]:
    """Which entries are inside their interval, ends included.

    >>> inside([0.0, 0.0], [1.0, 1.0], [0.5, 2.0])
    array([ True, False])
    """
    truth = np.asarray(truth, dtype=np.float64)
    found: NDArray[np.bool_] = (np.asarray(lower) <= truth) & (truth <= np.asarray(upper))
    return found


def _pair(forecast: ArrayLike, truth: ArrayLike) -> tuple[Array, Array]:
    a, b = np.asarray(forecast, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"forecast has shape {a.shape} and truth {b.shape}; they must be equal")
    return a, b
