"""Probabilities that mean what they say.

C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", ICML 2017:
one temperature, found on rows that the weights were not fitted to, divides all logits. It changes
no decision of a single network.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segue.insight.classification import Classes, Floats, log_loss

_LOWEST, _HIGHEST = math.log(0.05), math.log(20.0)
_GOLDEN = (math.sqrt(5) - 1) / 2


def unseen_probabilities(
    logits: NDArray[np.floating], folds: Classes, temperature: float
) -> Floats:
    """Probabilities `[N, K]` of rows, by the networks that did not learn from them.

    Args:
        logits: `[M, N, K]` of M networks.
        folds: `[N]`, the one network that a row was kept from; -1 where it was kept from all, whose
            mean logits then count.
        temperature: what logits are divided by.

    >>> logits = np.log([[[0.8, 0.2]] * 2, [[0.5, 0.5]] * 2])
    >>> unseen_probabilities(logits, np.array([1, -1]), 1.0).round(3)
    array([[0.5  , 0.5  ],
           [0.667, 0.333]])
    """
    own = logits[np.maximum(folds, 0), np.arange(len(folds))]
    chosen = np.where(folds[:, None] >= 0, own, logits.mean(0)).astype(np.float64) / temperature
    shares: Floats = np.exp(chosen - chosen.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return shares


def fit_temperature(
    logits: NDArray[np.floating], labels: Classes, folds: Classes, weights: Floats | None = None
) -> float:
    """The temperature of the lowest log loss.

    Few rows that are all decided rightly would make it as low as can be; its logarithm therefore
    has the normal distribution of spread 1 as its prior.

    Args:
        logits: `[M, N, K]`, of rows that were kept from the networks as `folds` says.
        labels: `[N]`.
        folds: `[N]`, as for `unseen_probabilities`.
        weights: `[K]`, of the classes.

    >>> sure = np.array([[[9.0, 0.0]] * 400])                # sure, and wrong in one of four
    >>> temperature = fit_temperature(sure, np.arange(400) % 4 // 3, np.full(400, -1))
    >>> round(float(1 / (1 + np.exp(-9 / temperature))), 2)
    0.75
    """

    def loss(temperature: float) -> float:
        return log_loss(labels, unseen_probabilities(logits, folds, temperature), weights)

    return best_temperature(loss, len(labels))


def best_temperature(loss: Callable[[float], float], rows: int) -> float:
    """The temperature of the lowest mean loss over so many rows, with the prior of this module.

    >>> round(best_temperature(lambda temperature: (temperature - 3) ** 2, 10_000), 2)
    3.0
    """

    def penalised(exponent: float) -> float:
        return loss(math.exp(exponent)) + exponent**2 / (2 * rows)

    return math.exp(_lowest(penalised, _LOWEST, _HIGHEST))


def _lowest(f: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley between two bounds is lowest: golden section search."""
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    fa, fb = f(a), f(b)
    while high - low > 1e-3:
        if fa <= fb:
            high, b, fb = b, a, fa
            a = high - _GOLDEN * (high - low)
            fa = f(a)
        else:
            low, a, fa = a, b, fb
            b = low + _GOLDEN * (high - low)
            fb = f(b)
    return (low + high) / 2
