"""Every contestant computes the same numbers, or says in words why it does not take part."""

import pytest
import torch
from small import TINY

from segue import cells
from segue.bench.configs import CELLS, Pass, Rows, draw, find
from segue.bench.peers import EAGER, JAX, ONNX, SEGUE, TORCH_NN
from segue.bench.peers.compiled_loop import compiled, here
from segue.bench.peers.contestant import Contestant, LeftOut, Numbers, Ready

LOCAL = (SEGUE, TORCH_NN, EAGER, JAX, ONNX)
NEVER = {
    (TORCH_NN.name, "lstm_layer_norm"),
    (ONNX.name, "lstm_layer_norm"),
    (TORCH_NN.name, Rows.RESETS),
    (ONNX.name, Rows.RESETS),
    (ONNX.name, Pass.TRAINING),
}


def truth(name: str, rows: Rows, task: Pass) -> Numbers:
    """By the equation, in float64, one row at a time."""
    work = draw(cells.by_name()[name], TINY[rows])
    xs = work.xs.double().requires_grad_()
    params = {key: p.double().requires_grad_() for key, p in work.params.items()}
    T, B = xs.shape[:2]
    outputs = torch.zeros(T, B, work.config.hidden, dtype=torch.float64)
    for row in range(B):
        fresh = tuple(torch.zeros(1, work.config.hidden).double() for _ in work.cell.state)
        state = fresh
        for t in range(T if work.lengths is None else int(work.lengths[row])):
            if work.reset is not None and work.reset[t, row]:
                state = fresh
            y, state = work.cell.step(xs[t, row : row + 1], *state, **params)
            outputs[t, row] = y[0]
    if task is Pass.FORWARD:
        return (outputs.detach(),)
    loss = (outputs * work.cotangent).sum()
    return torch.autograd.grad(loss, (xs, *params.values()))


def compare(found: Numbers, wanted: Numbers) -> None:
    assert len(found) == len(wanted)
    for got, true in zip(found, wanted, strict=True):
        scale = float(true.abs().max()) + 1
        torch.testing.assert_close(got.double(), true, atol=2e-5 * scale, rtol=0)


@pytest.mark.parametrize("task", list(Pass), ids=lambda task: task.name)
@pytest.mark.parametrize("rows", list(Rows), ids=lambda rows: rows.name)
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("contestant", LOCAL, ids=lambda each: each.name)
def test_contestants_compute_the_same(
    contestant: Contestant, name: str, rows: Rows, task: Pass
) -> None:
    cell = find(name)
    if cell is None:
        pytest.skip(f"there is no {name}")
    if contestant.absence() is not None:
        pytest.skip(str(contestant.absence()))
    work = draw(cell, TINY[rows])
    if NEVER & {(contestant.name, name), (contestant.name, rows), (contestant.name, task)}:
        with pytest.raises(LeftOut, match=r"^\S.* "):
            contestant.prepare(work, task, 1)
        return
    runner = contestant.prepare(work, task, 1)
    assert isinstance(runner, Ready)
    wanted = truth(name, rows, task)
    compare(runner.numbers(), wanted)
    assert runner.time(2) > 0
    compare(runner.numbers(), wanted)


def test_the_compiled_loop_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    # Traced and differentiated as for the compiler, but not compiled: that takes minutes.
    compile_ = torch.compile

    def traced(run: object, *, fullgraph: bool, dynamic: bool) -> object:
        return compile_(run, fullgraph=fullgraph, dynamic=dynamic, backend="aot_eager")

    monkeypatch.setattr(torch, "compile", traced)
    for task in Pass:
        work = draw(cells.gru, TINY[Rows.LENGTHS])
        compare(here(work, task).numbers(), truth("gru", Rows.LENGTHS, task))


def test_without_a_compiler_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(LeftOut, match=r"needs a C\+\+ compiler, and there is no no-such-compiler"):
        compiled(draw(cells.rnn(), TINY[Rows.FULL]), Pass.FORWARD, 1)


def test_a_loop_that_takes_too_long_to_compile_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segue.bench.peers.compiled_loop.LIMIT", 0.01)
    monkeypatch.setattr("shutil.which", lambda name: name)
    with pytest.raises(LeftOut, match="did not compile within 0 s"):
        compiled(draw(cells.rnn(), TINY[Rows.FULL]), Pass.FORWARD, 1)


def test_what_is_not_installed_is_named_with_the_remedy() -> None:
    absent = Contestant("other", ("no_such_package_at_all",), SEGUE.prepare)
    assert absent.absence() == (
        "no_such_package_at_all is not installed; pip install 'segue[bench]'"
    )
    assert SEGUE.absence() is None
