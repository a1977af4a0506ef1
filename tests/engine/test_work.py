"""What a step costs, against the op table and by hand; and how `explain` shows it."""

import pytest
import torch

from segue import cells
from segue.engine.plan.schedule import Program
from segue.engine.plan.work import Work, work
from segue.engine.run.fused import Fused
from segue.engine.step.graph import Graph
from segue.engine.step.ops import flops
from segue.engine.step.trace import symbolic

D, H = 3, 5


def program_of(cell: object, dtype: torch.dtype = torch.float32) -> tuple[Graph, Program]:
    assert isinstance(cell, type(cells.lstm))
    graph = symbolic(cell, {"D": D, "H": H}, dtype)
    program = Fused().program(graph)
    assert isinstance(program, Program)
    return graph, program


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bytes_by_hand(dtype: torch.dtype) -> None:
    _, program = program_of(cells.lstm, dtype)
    size = dtype.itemsize
    gates, state = 4 * H, 2 * H
    pointwise = 2 * gates + 9 * H  # bias and input; i f g o, c, tanh, two products, a sum, h
    assert work(program.inference.normal.loop) == Work(
        flops=2 * H * gates + pointwise,
        streams=size * gates,
        outs=size * H,
        carries=2 * size * state,
        weights=size * (H + 1) * gates,
    )
    joined = program.joined
    assert joined is not None
    found = work(joined.inference.normal.loop)
    assert found.streams == size * D
    assert found.weights == size * gates * (D + H + 1)
    assert found.row == size * (D + H + 2 * state)


@pytest.mark.parametrize("name", ["lstm", "gru", "minlstm", "qrnn", "indrnn", "lstm_peephole"])
def test_stages_and_loop_do_what_the_step_does(name: str) -> None:
    graph, program = program_of(cells.by_name()[name])
    whole = sum(flops(node, 2) - flops(node, 1) for node in graph.nodes)
    outside = (*program.split.hoist, *program.split.after)
    stages = sum(flops(node, 2) - flops(node, 1) for node in outside)
    assert stages + work(program.inference.normal.loop).flops == whole
    if program.joined is not None:
        assert work(program.joined.inference.normal.loop).flops == whole


def test_training_writes_what_is_saved() -> None:
    _, program = program_of(cells.lstm)
    alone = work(program.inference.normal.loop)
    saving = work(program.training.normal.loop)
    saved = 4 * (4 * H + 2 * H)  # the gates and the state before the step
    assert saving.outs - alone.outs == saved
    assert saving.flops == alone.flops
