"""torch.utils.flop_counter counts what kernels compute, as it counts the Python loop's products."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from segue import cells
from segue.engine.run.backend import choose
from segue.engine.run.problem import pose
from segue.engine.run.reference import Reference
from segue.engine.step.cell import Cell
from segue.nn import LSTM, Recurrent

T, B, D, H = 7, 3, 5, 8


def test_an_lstm() -> None:
    layer, x = LSTM(D, H), torch.randn(T, B, D)
    forward = 2 * T * B * 4 * H * (D + H)
    with torch.no_grad(), FlopCounterMode(display=False) as seen:
        layer(x)
    assert seen.get_total_flops() == forward
    with FlopCounterMode(display=False) as seen:
        layer(x)[0].sum().backward()
    # for the weights as much as forward, and for the state; no gradient of the input is asked for
    assert seen.get_total_flops() == 2 * forward + 2 * T * B * 4 * H * H
    with FlopCounterMode(display=False) as seen:
        layer(x.requires_grad_())[0].sum().backward()
    assert seen.get_total_flops() == 3 * forward
    assert set(seen.get_flop_counts()) >= {"Global", "LSTM"}


def test_padding_costs_nothing_and_frozen_weights_less() -> None:
    layer, x = Recurrent(cells.gru, D, H), torch.randn(T, B, D)
    layer.weight_ih.requires_grad_(False)
    with FlopCounterMode(display=False) as seen:
        layer(x, None, [7, 2, 0])[0].sum().backward()
    assert seen.get_total_flops() == 2 * 9 * 3 * H * (D + 3 * H)


def test_fake_tensors_are_counted_as_full() -> None:
    layer = Recurrent(cells.gru, D, H)
    with torch._subclasses.FakeTensorMode(allow_non_fake_inputs=True) as mode:
        x, lengths = mode.from_tensor(torch.randn(T, B, D)), torch.tensor([7, 2, 0])
        with torch.no_grad(), FlopCounterMode(display=False) as seen:
            layer(x, None, mode.from_tensor(lengths))
    assert seen.get_total_flops() == 2 * T * B * 3 * H * (D + H)


@pytest.mark.parametrize("cell", cells.registered(), ids=str)
@pytest.mark.parametrize("training", [False, True])
def test_as_the_python_loop(cell: Cell, training: bool) -> None:
    sizes = {"D": D, "H": H, "P": 2}
    random = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random).requires_grad_(training)

    params = {each.name: draw(*each.shape(sizes)) for each in cell.params}
    state = tuple(draw(B, *each.shape(sizes)) for each in cell.state)
    problem = pose(cell, params, draw(T, B, *cell.input.shape(sizes)), state, None, None, False)

    def count(run: Callable[..., Any]) -> int:
        with FlopCounterMode(display=False) as seen:
            ys, after = run(problem)
            if training:
                torch.autograd.backward([ys.sum(), *[each.sum() for each in after]])
        return seen.get_total_flops()

    chosen = choose(problem.graph, torch.device("cpu")).backend
    assert chosen.name == "fused"
    assert count(chosen.run) == pytest.approx(count(Reference().run), rel=0.02)
