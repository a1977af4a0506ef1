"""Scans under a memory budget give the same results, and keep no more than it allows."""

# ruff: noqa: F722

import pytest
import torch
from torch import Tensor

import segue
from cells import read_out
from segue import cells
from segue.engine.run.backend import BACKENDS
from segue.engine.run.problem import pose
from segue.engine.run.segments import segment_length
from segue.engine.step.cell import Cell
from segue.errors import ScanError

T, B, D, H = 23, 3, 4, 5
LENGTHS = torch.tensor([T, 9, 0])


@segue.cell
def matrix_state(x: "H", s: "H H"):
    """A state that no kernel takes."""
    s = torch.tanh(s + x[:, :, None] * x[:, None, :])
    return s.sum(-1), (s,)


def arguments(cell: Cell) -> tuple[dict[str, Tensor], Tensor, tuple[Tensor, ...], Tensor]:
    random = torch.Generator().manual_seed(0)
    sizes = {"D": D, "H": H}

    def leaf(*shape: int) -> Tensor:
        drawn = torch.randn(shape, generator=random, dtype=torch.float64)
        return (drawn / 2).requires_grad_()

    params = {field.name: leaf(*field.shape(sizes)) for field in cell.params}
    state = tuple(leaf(B, *field.shape(sizes)) for field in cell.state)
    reset = torch.rand(T, B, generator=random) < 0.2
    return params, leaf(T, B, *cell.input.shape(sizes)), state, reset


def gradients(cell: Cell, *, reverse: bool, budget: int | None) -> list[Tensor]:
    params, xs, state, reset = arguments(cell)
    ys, after = segue.scan(
        cell, params, xs, state, lengths=LENGTHS, reset=reset, reverse=reverse, memory_budget=budget
    )
    weights = torch.linspace(-1, 1, ys.numel(), dtype=ys.dtype).view_as(ys)
    loss = (ys * weights).sum() + sum((field * field).sum() for field in after)
    found = torch.autograd.grad(loss, [xs, *state, *params.values()])
    return [each.detach() for each in (ys, *after, *found)]


def least(cell: Cell) -> int:
    """The smallest budget that is taken."""
    params, xs, state, _ = arguments(cell)
    with pytest.raises(ScanError) as error:
        segue.scan(cell, params, xs, state, memory_budget=0)
    words = str(error.value).split()
    return int(words[words.index("need") + 1].replace(",", ""))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", [cells.lstm, cells.gru, read_out, matrix_state], ids=str)
def test_a_budget_changes_no_number(cell: Cell, reverse: bool) -> None:
    wanted = gradients(cell, reverse=reverse, budget=None)
    for budget in (least(cell), least(cell) * 3, 1 << 40):
        for a, b in zip(gradients(cell, reverse=reverse, budget=budget), wanted, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_a_segment_is_as_long_as_the_budget_allows() -> None:
    params, xs, state, _ = arguments(cells.lstm)
    problem = pose(cells.lstm, params, xs, state, None, None, False)
    fused = BACKENDS[0]
    step, states = (4 * H + 2 * H) * B * 8, 2 * H * B * 8  # gates and states; a start of a segment
    assert fused.saved_bytes(problem.graph) * B == step
    assert segment_length(fused, problem, T * step) == T
    assert segment_length(fused, problem, T * step - 1) == 22
    assert segment_length(fused, problem, 8 * step + 3 * states) == 8
    assert segment_length(fused, problem, 8 * step + 3 * states - 1) == 7


def test_nothing_but_starts_of_segments_is_kept() -> None:
    params, xs, state, _ = arguments(cells.lstm)
    given = {each.data_ptr() for each in (xs, *state, *params.values())}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in given:
            kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    budget = least(cells.lstm)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        segue.scan(cells.lstm, params, xs, state, memory_budget=budget)
    assert sum(kept.values()) < budget


def test_too_small_a_budget_is_refused() -> None:
    params, xs, state, _ = arguments(cells.gru)
    with pytest.raises(ScanError, match=r"^scan of gru: memory_budget is 100 bytes, and 23 steps"):
        segue.scan(cells.gru, params, xs, state, memory_budget=100)
    with torch.no_grad():  # nothing is kept
        segue.scan(cells.gru, params, xs, state, memory_budget=100)
