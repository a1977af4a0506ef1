"""Probabilities that mean what they say.

C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", ICML 2017:
one temperature, found on rows that the weights were not fitted to, divides all logits. It changes
no decision of a single network.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from segue.tasks.classify.model import member_probabilities

LOWEST, HIGHEST = 0.05, 20.0
_GOLDEN = (math.sqrt(5) - 1) / 2


def unseen_probabilities(logits: Tensor, folds: Tensor, temperature: float) -> Tensor:
    """Probabilities `[N, K]` of rows, by the members that did not learn from them.

    Args:
        logits: `[M, N, K]`.
        folds: `[N]`, the one member that a row was kept from; -1 where it was kept from all, whose
            mean then counts.
        temperature: what logits are divided by.
    """
    each = member_probabilities(logits, temperature)
    one = each[folds.clamp_min(0), torch.arange(len(folds))]
    return torch.where(folds[:, None] >= 0, one, each.mean(0))


def log_loss(probabilities: Tensor, labels: Tensor, weights: Tensor | None = None) -> float:
    """Mean negative logarithm of the true classes' probabilities, weighted by class.

    >>> log_loss(torch.tensor([[0.5, 0.5], [0.0, 1.0]]), torch.tensor([0, 1]))
    0.34657359027997264
    """
    tiny = torch.finfo(torch.float64).tiny
    true = probabilities[torch.arange(len(labels)), labels].double().clamp_min(tiny)
    weight = torch.ones_like(true) if weights is None else weights.double()[labels]
    return float(-(weight * true.log()).sum() / weight.sum())


def fit_temperature(
    logits: Tensor, labels: Tensor, folds: Tensor, weights: Tensor | None = None
) -> tuple[float, float]:
    """The temperature of the lowest log loss, and that loss.

    Args:
        logits: `[M, N, K]`, of rows that were kept from the weights as `folds` says.
        labels: `[N]`.
        folds: `[N]`, as for `unseen_probabilities`.
        weights: `[K]`, of the classes.

    >>> sure = torch.tensor([[[9.0, 0.0]] * 4])                # sure, and wrong in one of four
    >>> temperature, _ = fit_temperature(sure, torch.tensor([0, 0, 0, 1]), torch.full((4,), -1))
    >>> round(torch.softmax(sure[0, 0] / temperature, 0)[0].item(), 3)
    0.75
    """

    def loss(exponent: float) -> float:
        found = unseen_probabilities(logits, folds, math.exp(exponent))
        return log_loss(found, labels, weights)

    best = _lowest(loss, math.log(LOWEST), math.log(HIGHEST))
    return math.exp(best), loss(best)


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
