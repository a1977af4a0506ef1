"""What the recurrent layers of a model do on a batch, in numbers and in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from segue.insight.gradient_flow import lag_at, slope, traces_of
from segue.insight.watched import Trace

_NEAR = 0.95  # of a state's bound, 1: saturated
_STILL = 1e-3  # a unit that moves less over all steps and rows is dead
_EXPLODES, _MANY, _FLAT = 100.0, 0.5, 0.1


@dataclass(frozen=True)
class LayerHealth:
    """One recurrent layer on one batch.

    Attributes:
        name: as `gradient_flow` names it.
        steps: T of the longest sequence.
        units: of its state.
        half_life: the lag at which half of a state's influence on the last one is left; None: it
            does not fade.
        horizon: the lag at which one hundredth is left, the memory horizon; None likewise.
        growth: by what a step back multiplies the influence, on average.
        largest: the influence at the lag where it is largest; 1 at lag 0.
        saturated: share of states within 5% of their bound; None where they have none.
        dead: share of units that are the same at all steps and rows.
        dimension: how many directions the states fill: the participation ratio of the eigenvalues
            of their covariance.
    """

    name: str
    steps: int
    units: int
    half_life: float | None
    horizon: float | None
    growth: float
    largest: float
    saturated: float | None
    dead: float
    dimension: float

    @property
    def verdict(self) -> str:
        """`exploding`, `vanishing` or `healthy`."""
        if self.largest > _EXPLODES:
            return "exploding"
        fades = self.horizon is not None and self.horizon < _MANY * self.steps
        return "vanishing" if fades else "healthy"

    def sentences(self) -> list[str]:
        """What a person should know of it, and what to change."""
        said = []
        if self.verdict == "exploding":
            said.append(
                f"{self.name}: exploding. A gradient becomes {self.largest:,.3g} times as large on"
                " its way back; clip it, lower --learning-rate, or let the recurrent weights start"
                " orthogonal."
            )
        elif self.verdict == "vanishing" and self.horizon is not None:
            said.append(
                f"{self.name}: vanishing. After {self.horizon:.0f} steps back one hundredth of the"
                f" gradient is left, and the sequences have {self.steps}; where what matters lies"
                " further back, take a gated cell (--cell lstm or gru), or fewer, longer steps."
            )
        else:
            reach = (
                "further than the sequences"
                if self.horizon is None
                else (f"{self.horizon:.0f} steps")
            )
            said.append(f"{self.name}: healthy. Its memory reaches {reach}, of {self.steps}.")
        if self.saturated is not None and self.saturated > _MANY:
            said.append(
                f"{self.name}: {self.saturated:.0%} of its states are saturated, where gradients"
                " hardly pass; scale the input, or lower --learning-rate."
            )
        if self.dead > _FLAT:
            said.append(
                f"{self.name}: {self.dead:.0%} of its {self.units} units never move; fewer units"
                " (--hidden) would do, or a lower --learning-rate."
            )
        return said


@dataclass(frozen=True)
class Diagnosis:
    """All recurrent layers of a model on one batch.

    Attributes:
        loss: of the batch.
        layers: in the order in which they run.
    """

    loss: float
    layers: tuple[LayerHealth, ...]

    def sentences(self) -> list[str]:
        """The verdict on each layer."""
        return [said for layer in self.layers for said in layer.sentences()]

    def as_json(self) -> dict[str, Any]:
        """All numbers; what has no value is null."""
        layers = [{**asdict(layer), "verdict": layer.verdict} for layer in self.layers]
        return {"loss": self.loss, "layers": layers, "sentences": self.sentences()}


def diagnose(module: nn.Module, loss: Callable[[], Tensor]) -> Diagnosis:
    """Look at every recurrent layer while a loss is computed.

    Args:
        module: any module with recurrent layers, of segue or of torch.
        loss: calls the module on a batch, and returns a scalar.

    Raises:
        InsightError: there is no recurrent layer, one step alone, or a loss that is not finite.

    Example:
        >>> import segue
        >>> layer = segue.nn.LSTM(3, 8)
        >>> x = torch.randn(30, 4, 3)
        >>> told = diagnose(layer, lambda: layer(x)[0][-1].square().sum())
        >>> told.layers[0].name, told.layers[0].units, told.layers[0].steps
        ('LSTM', 8, 30)
    """
    value, traces = traces_of(module, loss)
    layers = tuple(_health(trace, memory(trace)) for trace in traces)
    return Diagnosis(float(value.detach()), layers)


def memory(trace: Trace, seed: int = 0) -> Tensor:
    """By lag `[T]`, how much of a state's change is left in the last state of its row.

    The gradient of the last states along a direction drawn by `seed`, over rows, per row from its
    own end; 1 at lag 0.
    """
    back = list(_way_back(trace))
    ends = _ends(trace, back)
    direction = torch.randn(trace.states[back[0]].shape[1:], generator=_drawn(seed))
    probe = torch.stack(
        [(trace.states[t][row] * direction.to(trace.states[t])).sum() for row, t in ends.items()]
    ).sum()
    found = torch.autograd.grad(
        probe, [trace.taps[t] for t in back], retain_graph=True, allow_unused=True,
        materialize_grads=True,
    )  # fmt: skip
    squares = torch.zeros(len(back), dtype=torch.float64)
    counts = torch.zeros(len(back), dtype=torch.float64)
    for row, end in ends.items():
        begun = back.index(end)
        own = torch.stack([g[row].double().square().sum() for g in found[begun:]])
        squares[: len(own)] += own.cpu()
        counts[: len(own)] += 1
    left = (squares / counts.clamp_min(1)).sqrt()
    return left / left[0].clamp_min(1e-300)


def _health(trace: Trace, left: Tensor) -> LayerHealth:
    states = torch.cat([trace.states[t].detach()[trace.real[t]] for t in sorted(trace.states)])
    flat = states.flatten(1).double()
    bounded = bool(flat.abs().max() <= 1)
    moved = flat.std(0, unbiased=False)
    values = torch.linalg.eigvalsh(torch.cov(flat.T, correction=0).reshape(flat.shape[1], -1))
    square = float(values.square().sum())
    return LayerHealth(
        name=trace.name,
        steps=trace.steps,
        units=flat.shape[1],
        half_life=_finite(lag_at(left, 0.5)),
        horizon=_finite(lag_at(left, 0.01)),
        growth=math.exp(slope(left)),
        largest=float(left.max()),
        saturated=float((flat.abs() > _NEAR).double().mean()) if bounded else None,
        dead=float((moved < _STILL).double().mean()),
        dimension=float(values.sum()) ** 2 / square if square else 0.0,
    )


def _way_back(trace: Trace) -> Sequence[int]:
    order = sorted(trace.taps)
    return order if trace.reverse else order[::-1]


def _ends(trace: Trace, back: Sequence[int]) -> dict[int, int]:
    """The last real step of each row."""
    found: dict[int, int] = {}
    for t in back:
        for row in trace.real[t].nonzero().flatten().tolist():
            found.setdefault(row, t)
    return found


def _drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
