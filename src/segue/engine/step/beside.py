"""What a step shows beside its output: gates, attention weights, whatever it returns by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from math import prod
from typing import Any

import torch
from torch import Tensor

Fail = Callable[[str], Exception]


@dataclass(frozen=True)
class Shown:
    """Shapes, without the batch, of a step's output and of what it shows beside it."""

    output: tuple[int, ...]
    beside: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, returned: Any, error: Fail) -> "Shown":
        """The shapes of what an equation returned."""
        y, _, shown = _three(returned, error)
        return cls(tuple(y.shape[1:]), {name: tuple(v.shape[1:]) for name, v in shown.items()})

    def apart(self, ys: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Outputs of the observed cell, `[T, B, P]`, taken apart: the output, the rest by name."""
        shapes = [self.output, *self.beside.values()]
        parts = torch.split(ys, [prod(shape) for shape in shapes], 2)
        y, *rest = (
            part.reshape(*ys.shape[:2], *shape) for part, shape in zip(parts, shapes, strict=True)
        )
        return y, dict(zip(self.beside, rest, strict=True))


def side_by_side(equation: Callable[..., Any], error: Fail) -> Callable[..., Any]:
    """The equation whose output has, flat beside it, what it shows."""

    @wraps(equation)
    def observed(*flow: Tensor, **params: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        y, after, shown = _three(equation(*flow, **params), error)
        flat = [each.to(y.dtype).reshape(len(y), -1) for each in (y, *shown.values())]
        return torch.cat(flat, 1), after

    return observed


def _three(returned: Any, error: Fail) -> tuple[Tensor, Any, Mapping[str, Tensor]]:
    if (
        not isinstance(returned, tuple)
        or len(returned) != 3
        or not isinstance(returned[2], Mapping)
    ):
        raise error(
            "the step shows nothing beside its output; return a third, such as"
            ' `return h, (h,), {"gate": gate}`'
        )
    y, after, shown = returned
    for name, each in shown.items():
        if not isinstance(each, Tensor) or each.shape[:1] != y.shape[:1]:
            kind = list(each.shape) if isinstance(each, Tensor) else type(each).__name__
            raise error(f"the step shows {name!r} as {kind}; it must be a tensor [B, ...]")
    return y, after, shown
