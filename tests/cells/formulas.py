"""What the formula of a paper is written with: for each gate its own matrix and vector."""

from collections.abc import Callable

import torch
from torch import Tensor

import segue
from segue.engine.step.cell import Cell

T, B, D, H = 4, 3, 3, 5

Parts = dict[str, Tensor]
Step = Callable[..., tuple[Tensor, tuple[Tensor, ...]]]


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64)


def matrices(gates: str, features: int) -> Parts:
    return {gate: draw(H, features) for gate in gates}


def vectors(gates: str) -> Parts:
    return {gate: draw(H) for gate in gates}


def stack(parts: Parts) -> Tensor:
    return torch.cat(list(parts.values()))


def agree(cell: Cell, params: Parts, step: Step, state: tuple[Tensor, ...] | None = None) -> None:
    """The cell, run over a batch, gives what the step gives for each row."""
    sizes = {"D": D, "H": H}
    xs = draw(T, B, *cell.input.shape(sizes))
    if state is None:
        state = tuple(draw(B, *field.shape(sizes)) for field in cell.state)
    ys, after = segue.scan(cell, params, xs, state)
    for row in range(B):
        fields = tuple(field[row] for field in state)
        for t in range(T):
            y, fields = step(xs[t, row], *fields)
            torch.testing.assert_close(ys[t, row], y, rtol=1e-10, atol=1e-12)
        for found, wanted in zip(after, fields, strict=True):
            torch.testing.assert_close(found[row], wanted, rtol=1e-10, atol=1e-12)
