"""How far back gradients reach: their norm at every layer and time step.

Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is
difficult", IEEE Transactions on Neural Networks 5, 1994; R. Pascanu, T. Mikolov, Y. Bengio, "On the
difficulty of training recurrent neural networks", ICML 2013.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from segue.errors import InsightError
from segue.insight.watched import Trace, Watch

_LEFT = 0.01  # the share of a gradient that is called nothing


@dataclass(frozen=True)
class GradientFlow:
    """The norms of a loss's gradient along the steps of each recurrent layer.

    Attributes:
        loss: the loss.
        norms: for each layer the norm `[T]`, over batch and units, of the gradient with respect to
            its output state at each time step, by whatever way that state reaches the loss.
        reverse: the layers that go from the last step to the first.
    """

    loss: float
    norms: Mapping[str, Tensor]
    reverse: frozenset[str]

    def by_lag(self, name: str) -> Tensor:
        """The norms `[T]` of a layer, from the step that it ends with back to its first."""
        norms = self.norms[name]
        return norms if name in self.reverse else norms.flip(0)

    @property
    def half_life(self) -> dict[str, float]:
        """The lag at which half of the gradient of the last step is left; inf: it does not fade."""
        return {name: lag_at(self.by_lag(name), 0.5) for name in self.norms}

    @property
    def horizon(self) -> dict[str, float]:
        """The lag at which one hundredth is left: the memory horizon."""
        return {name: lag_at(self.by_lag(name), _LEFT) for name in self.norms}

    @property
    def growth(self) -> dict[str, float]:
        """By what a step back multiplies the gradient, on average; above 1 it grows."""
        return {name: math.exp(slope(self.by_lag(name))) for name in self.norms}


def gradient_flow(module: nn.Module, inputs: Any, loss_fn: Callable[[Any], Tensor]) -> GradientFlow:
    """Measure the gradient of a loss at every recurrent layer and time step.

    The layers are run step by step, which computes what they always compute; the parameters'
    gradients are left alone. Lags are plainest where the loss reads the last step alone: where it
    reads all, each step's own gradient comes to what flows back from later ones.

    Args:
        module: any module with layers of `segue.nn`, or `torch.nn.RNN`, `LSTM`, `GRU` and their
            cells. Several layers of one module are named as torch names their parameters:
            `lstm.l0`, `lstm.l1_reverse`.
        inputs: what the module is called with; a tuple is its arguments.
        loss_fn: from what the module returns to a scalar.

    Raises:
        InsightError: the module has no recurrent layer that the loss depends on, or one step alone;
            the loss is no scalar, or not finite.

    Example:
        A linear network that forgets half of its state with each step:

        >>> import segue
        >>> @segue.cell
        ... def leaky(x: "H", h: "H"):
        ...     h = h / 2 + x
        ...     return h, (h,)
        >>> layer = segue.nn.Recurrent(leaky, 1, 1)
        >>> flow = gradient_flow(layer, torch.ones(5, 1, 1), lambda out: out[0][-1].sum())
        >>> flow.norms["Recurrent"].tolist()
        [0.0625, 0.125, 0.25, 0.5, 1.0]
        >>> round(flow.half_life["Recurrent"], 6), round(flow.horizon["Recurrent"], 2)
        (1.0, 6.64)
    """
    arguments = inputs if type(inputs) is tuple else (inputs,)
    value, traces = traces_of(module, lambda: loss_fn(module(*arguments)))
    taps = [tap for trace in traces for tap in trace.taps.values()]
    gradients = torch.autograd.grad(value, taps, allow_unused=True, materialize_grads=True)
    by_tap = dict(zip(map(id, taps), gradients, strict=True))
    norms = {trace.name: _norms(trace, by_tap) for trace in traces}
    if not any(bool(each.any()) for each in norms.values()):
        raise InsightError("gradient flow: the loss depends on no recurrent layer's state")
    reverse = frozenset(trace.name for trace in traces if trace.reverse)
    return GradientFlow(float(value.detach()), norms, reverse)


def traces_of(module: nn.Module, loss: Callable[[], Tensor]) -> tuple[Tensor, list[Trace]]:
    """The loss, and the way of each recurrent layer through time while it was computed.

    Raises:
        InsightError: there is no such layer, one step alone, or no loss that can be carried back.
    """
    with torch.enable_grad(), Watch().on(module) as watch:
        value = loss()
    traces = [trace for trace in watch.traces if trace.steps]
    if not traces:
        raise InsightError("gradient flow: the module has no recurrent layer; there is no state")
    if max(trace.steps for trace in traces) < 2:
        raise InsightError("gradient flow: the sequence has one step; give longer ones")
    if not isinstance(value, Tensor) or value.dim():
        kind = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise InsightError(f"gradient flow: the loss is {kind}; it must be a scalar tensor")
    number = float(value.detach())
    if not math.isfinite(number):
        raise InsightError(
            f"gradient flow: the loss is {number}; look for NaN in the batch and for weights"
            " that are not finite"
        )
    if not value.requires_grad:
        raise InsightError("gradient flow: the loss depends on no recurrent layer's state")
    return value, traces


def _norms(trace: Trace, gradients: Mapping[int, Tensor]) -> Tensor:
    order = sorted(trace.taps)
    return torch.stack([gradients[id(trace.taps[t])].detach().norm() for t in order])


def lag_at(norms: Tensor, share: float) -> float:
    """The lag at which a share of the first norm is left; between lags, and behind the last one,
    as a geometric series goes on.

    >>> round(lag_at(torch.tensor([1.0, 0.5, 0.25]), 0.125), 6)
    3.0
    >>> lag_at(torch.tensor([1.0, 1.0, 2.0]), 0.5)
    inf
    """
    found = norms.double()
    if not float(found[0]) > 0:
        return 0.0
    left = (found / found[0]).tolist()
    for lag in range(1, len(left)):
        if left[lag] <= share:
            above, below = math.log(left[lag - 1]), math.log(max(left[lag], 1e-300))
            return lag - 1 + (above - math.log(share)) / (above - below)
    fall = slope(norms)
    return math.log(share) / fall if fall < -1e-12 else math.inf


def slope(norms: Tensor) -> float:
    """By what the logarithm of the norms grows with each lag: a line of least squares."""
    found = norms.double()
    real = found > 0
    if int(real.sum()) < 2:
        return -math.inf
    lags = torch.arange(len(found), dtype=torch.float64)[real]
    logs = found[real].log()
    lags = lags - lags.mean()
    return float((lags * (logs - logs.mean())).sum() / lags.square().sum())
