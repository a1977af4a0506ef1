"""The Python loop over the step: the definition of what `scan` computes."""

from collections.abc import Mapping

import torch
from torch import Tensor

from segue.engine.cell import Cell

State = tuple[Tensor, ...]


def run(
    cell: Cell,
    params: Mapping[str, Tensor],
    xs: Tensor,
    state: State,
    keep: Tensor | None,
    reset: Tensor | None,
    order: range,
) -> tuple[list[Tensor], State]:
    """Apply the step at every time of `order`; `keep` and `reset` are `[T, B]` or None."""
    ys: list[Tensor] = []
    for t in order:
        if reset is not None:
            state = tuple(_where(reset[t], torch.zeros_like(s), s) for s in state)
        y, new = cell.step(xs[t], *state, **params)
        if keep is not None:
            y = _where(keep[t], y, torch.zeros_like(y))
            new = tuple(_where(keep[t], n, s) for n, s in zip(new, state, strict=True))
        state = new
        ys.append(y)
    if order.step < 0:
        ys.reverse()
    return ys, state


def _where(rows: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    return torch.where(rows.view(-1, *[1] * (yes.dim() - 1)), yes, no)
