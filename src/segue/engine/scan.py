"""`scan`: a cell over time. The one primitive on which every layer stands."""

from collections.abc import Mapping

import torch
from torch import Tensor

from segue.engine import reference
from segue.engine.cell import Cell

State = tuple[Tensor, ...]


def scan(
    cell: Cell,
    params: Mapping[str, Tensor],
    xs: Tensor,
    state: State | None = None,
    *,
    lengths: Tensor | None = None,
    reset: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, State]:
    """Run `cell` over the time steps of `xs`.

    Args:
        cell: the equation of one step.
        params: one tensor for each parameter of the cell.
        xs: input `[T, B, ...]`.
        state: one tensor `[B, ...]` for each state field; zeros when None.
        lengths: `[B]`, steps that are real in each row. Outputs after them are zero and the state
            stays at the last real step.
        reset: `[T, B]` of bool; where True, the row's state is zero before that step.
        reverse: run from the last real step to the first.

    Returns:
        Outputs `[T, B, ...]` and the state after the last step run.
    """
    steps, batch = xs.shape[:2]
    sizes = {
        dim.symbol: param.shape[axis] // dim.factor
        for field in cell.params
        for axis, (dim, param) in enumerate(
            zip(field.dims, [params[field.name]] * len(field.dims), strict=True)
        )
        if dim.symbol
    }
    sizes |= {d.symbol: n for d, n in zip(cell.input.dims, xs.shape[2:], strict=True) if d.symbol}
    if state is None:
        state = tuple(xs.new_zeros(batch, *field.shape(sizes)) for field in cell.state)
    keep = None
    if lengths is not None:
        keep = torch.arange(steps, device=xs.device)[:, None] < lengths.to(xs.device)
    order = range(steps - 1, -1, -1) if reverse else range(steps)
    ys, state = reference.run(cell, params, xs, state, keep, reset, order)
    return torch.stack(ys), cell.State(*state)
