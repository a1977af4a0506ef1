"""Integrated gradients: which inputs decided.

M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep networks", ICML 2017.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_BLOCK = 32  # points of the path that are computed at once


@dataclass(frozen=True)
class Attribution:
    """What every input added to a score, compared with a baseline.

    Attributes:
        values: laid out as the input.
        start: the score of the baseline.
        end: the score of the input.
        points: of the path at which the gradient was taken.
    """

    values: Tensor
    start: float
    end: float
    points: int

    @property
    def gap(self) -> float:
        """How far the values' sum is from `end - start`; with endless points it is 0."""
        return abs(float(self.values.double().sum()) - (self.end - self.start))


def integrated_gradients(
    score: Callable[[Tensor], Tensor],
    x: Tensor,
    baseline: Tensor | None = None,
    *,
    tolerance: float = 0.01,
    most: int = 512,
) -> Attribution:
    """Attribute a score to the inputs: the gradient along the straight path from the baseline.

    The path is walked with more and more points, until the values sum to the difference of the two
    scores (the paper's completeness) but for `tolerance` of it. Where `most` points do not suffice,
    `Attribution.gap` tells.

    Args:
        score: from inputs `[T, P, ...]`, P points of the path side by side, to `[P]` scores; each
            point's score must not depend on the others. Its parameters' gradients are left alone.
        x: `[T, ...]`, the steps of one sequence.
        baseline: what stands for no input, laid out as x; zeros when None.
        tolerance: share of the difference that may be missing.
        most: points at most.

    Example:
        >>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> found = integrated_gradients(lambda path: path.square().sum((0, 2)), x)
        >>> found.values.round()
        tensor([[ 1.,  4.],
                [ 9., 16.]])
        >>> found.end, round(found.gap, 3)
        (30.0, 0.0)
    """
    x = x.detach()
    baseline = torch.zeros_like(x) if baseline is None else baseline.detach()
    with torch.no_grad():
        start, end = score(torch.stack([baseline, x], 1)).double().tolist()
    points = 16
    while True:
        mean = _mean_gradient(score, x, baseline, points)
        found = Attribution(mean * (x - baseline), start, end, points)
        if found.gap <= tolerance * abs(end - start) + 1e-6 or 2 * points > most:
            return found
        points *= 2


def _mean_gradient(
    score: Callable[[Tensor], Tensor], x: Tensor, baseline: Tensor, points: int
) -> Tensor:
    """The mean gradient along the path, laid out as x, by Gauss and Legendre's points."""
    places, weights = np.polynomial.legendre.leggauss(points)
    share = torch.from_numpy((places + 1) / 2).to(x)
    weight = torch.from_numpy(weights / 2).to(x)
    total = torch.zeros_like(x)
    for first in range(0, points, _BLOCK):
        some, heavy = share[first : first + _BLOCK], weight[first : first + _BLOCK]
        shape = (1, len(some), *[1] * (x.dim() - 1))
        path = baseline[:, None] + some.view(shape) * (x - baseline)[:, None]
        with torch.enable_grad():
            path.requires_grad_(True)
            (gradient,) = torch.autograd.grad(score(path).sum(), path)
        total += (gradient * heavy.view(shape)).sum(1)
    return total
