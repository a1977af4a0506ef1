"""Losses and gradients that are not finite: finding where they come from."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from segue.errors import SegueError
from segue.training.objective import Batch, Carry, Step
from segue.training.tree import tensors_in


class TrainingError(SegueError, RuntimeError):
    """What was given to the training does not fit together."""


class NonFiniteError(TrainingError):
    """A loss or gradient is not finite, and the policy says to stop."""


@dataclass(frozen=True)
class Trouble:
    """What is not finite, as far as it is known.

    Attributes:
        what: "loss" or "gradient".
        parameter: the first parameter whose value or gradient is not finite.
        time: the first time step whose loss is not finite (from `Step.per_time`).
        input: the first element of the batch or of the carried state that is not finite, as
            `batch.x[17, 0]` or `carry.h[3, 1]`.
    """

    what: str
    parameter: str | None = None
    time: int | None = None
    input: str | None = None

    def __str__(self) -> str:
        place = f" of parameter {self.parameter}" if self.what == "gradient" else ""
        hints = [
            f"first at time step {self.time}" if self.time is not None else "",
            f"{self.input} is not finite" if self.input else "",
            f"weight {self.parameter} is not finite" if self.parameter and not place else "",
        ]
        known = "".join(f", {hint}" for hint in hints if hint)
        return f"the {self.what}{place} is not finite{known}"

    @property
    def known(self) -> int:
        """How much is known."""
        return sum(value is not None for value in (self.parameter, self.time, self.input))

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


Named = Sequence[tuple[str, Tensor]]


def trouble_with_loss(
    batches: Sequence[Batch], carry: Carry, steps: Sequence[Step], params: Named
) -> Trouble:
    """Say what is known of a loss that is not finite."""
    for batch, step in zip(batches, steps, strict=True):
        if step.weight and not bool(torch.isfinite(step.loss)):
            time = None if step.per_time is None else _first(step.per_time)
            weight = next((name for name, p in params if _first(p) is not None), None)
            return Trouble("loss", weight, time[0] if time else None, _input([batch], carry))
    return Trouble("loss")


def trouble_with_gradient(batches: Sequence[Batch], carry: Carry, params: Named) -> Trouble | None:
    """Name the first parameter whose gradient is not finite; None when all are finite."""
    for name, parameter in params:
        if parameter.grad is not None and _first(parameter.grad) is not None:
            return Trouble("gradient", name, None, _input(batches, carry))
    return None


def _input(batches: Sequence[Batch], carry: Carry) -> str | None:
    """Name the first element of the batches or the carried state that is not finite."""
    for name, tree in [*(("batch", batch) for batch in batches), ("carry", carry)]:
        for path, tensor in tensors_in(tree, name):
            place = _first(tensor)
            if place is not None:
                return f"{path}[{', '.join(map(str, place))}]" if place else path
    return None


def _first(tensor: Tensor) -> tuple[int, ...] | None:
    """Return the index of the first element that is not finite."""
    if tensor.is_sparse:
        tensor = tensor.to_dense()
    if not tensor.is_floating_point():
        return None
    wrong = (~torch.isfinite(tensor.detach())).nonzero()
    return tuple(wrong[0].tolist()) if len(wrong) else None
