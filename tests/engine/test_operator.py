"""The scan among torch's own tools: compile, export, torch.func, hooks, threads, processes."""

import copy
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call, grad, hessian, jacrev, vjp, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import checkpoint

import segue
from cells import CELLS
from segue import cells
from segue.engine.run import reference
from segue.engine.run.fused import Fused
from segue.engine.run.measure import Case, draw
from segue.engine.step.cell import Cell
from segue.errors import ScanError
from segue.nn import Recurrent

HERE = Path(__file__).parent
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
_ops = torch.ops.segue


@pytest.fixture
def no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail when a scan runs by the Python loop."""

    def run(*_: object) -> None:
        raise AssertionError("the Python loop ran")

    monkeypatch.setattr(reference, "_loop", run)


@pytest.fixture(autouse=True)
def compile_afresh() -> Iterator[None]:
    torch.manual_seed(0)
    yield
    if "torch._dynamo" in sys.modules:
        torch._dynamo.reset()


def uses(batches: tuple[int, ...] = (2, 3, 6)) -> Iterator[tuple[Any, ...]]:
    """Arguments of a layer with 3 inputs and 5 features of state."""
    for batch in batches:
        yield (
            torch.randn(4, batch, 3),
            (torch.randn(batch, 5),),
            torch.randint(0, 5, (batch,)),
            torch.rand(4, batch) < 0.3,
        )


def gradients(layer: nn.Module, results: tuple[Tensor, Any]) -> tuple[Tensor, ...]:
    y, state = results
    loss = y.square().sum() + sum(field.sum() for field in state)
    return torch.autograd.grad(loss, list(layer.parameters()))


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compile_takes_a_layer_whole_for_any_batch(no_reference: None, backend: str) -> None:
    layer = Recurrent(cells.gru, 3, 5)
    compiled = torch.compile(layer, backend=backend, fullgraph=True, dynamic=True)
    for use in uses():
        for given in (use[:1], use):
            found, wanted = compiled(*given), layer(*given)
            torch.testing.assert_close(found, wanted)
            torch.testing.assert_close(gradients(layer, found), gradients(layer, wanted))
            with torch.no_grad():
                torch.testing.assert_close(compiled(*given), wanted)
    with pytest.raises(
        ScanError, match=r"^scan of gru: lengths\[1\] is 9; xs has 4 steps, [^\n]*$"
    ):
        compiled(torch.zeros(4, 2, 3), None, torch.tensor([4, 9]))


@pytest.mark.long
def test_inductor_compiles_around_a_layer() -> None:
    layer = Recurrent(cells.lstm, 3, 5)
    compiled = torch.compile(lambda x: layer(x.tanh())[0].square(), fullgraph=True)
    x = torch.randn(4, 2, 3)
    torch.testing.assert_close(compiled(x), layer(x.tanh())[0].square())
    found = torch.autograd.grad(compiled(x).sum(), list(layer.parameters()))
    wanted = torch.autograd.grad(layer(x.tanh())[0].square().sum(), list(layer.parameters()))
    torch.testing.assert_close(found, wanted)


def test_compile_takes_what_runs_by_the_python_loop() -> None:
    layer = Recurrent(cells.gru, 3, 5)
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    x = torch.randn(4, 2, 3)
    with torch.autocast("cpu", torch.float16):
        found, wanted = compiled(x), layer(x)
    torch.testing.assert_close(found, wanted)
    assert found[0].dtype == torch.float32
    assert not torch.equal(found[0], layer(x)[0])


@pytest.mark.parametrize("strict", [False, True])
def test_export_keeps_time_and_batch_open(no_reference: None, strict: bool) -> None:
    layer = Recurrent(cells.gru, 3, 5)
    steps, batch = torch.export.Dim("steps"), torch.export.Dim("batch")
    program = torch.export.export(
        layer,
        next(uses((2,))),
        dynamic_shapes=({0: steps, 1: batch}, ({0: batch},), {0: batch}, {0: steps, 1: batch}),
        strict=strict,
    )
    for taken in (program, program.run_decompositions()):
        run = taken.module()
        for x, state, lengths, reset in uses((1, 2, 7)):
            for end in (4, 1):
                given = (x[:end], state, lengths.clamp(max=end), reset[:end])
                torch.testing.assert_close(run(*given)[0], layer(*given)[0])
        assert len(list(taken.graph.nodes)) < 25


def test_the_operators_are_what_torch_expects_of_operators() -> None:
    layer = Recurrent(cells.gru, 3, 5)
    params = list(layer.parameters())
    for lengths in (None, torch.tensor([4, 2])):
        state = [torch.randn(2, 5, requires_grad=True)]
        call = (cells.gru.key, torch.randn(4, 2, 3), state, params, lengths, None, True)
        torch.library.opcheck(_ops.scan_inference.default, call)
        with torch.no_grad():
            y, last, *saved = _ops.scan_training(*call)
            backward = (*call, saved, [y, last], [False, True, False, True, True, True])
            tests = ("test_schema", "test_faketensor")
            torch.library.opcheck(_ops.scan_training.default, call, test_utils=tests)
            torch.library.opcheck(_ops.scan_backward.default, backward, test_utils=tests)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_scan_seen_by_torch_is_the_plain_one(cell: Cell) -> None:
    sizes = dict(zip(cell.symbols, (3, 5, 2), strict=False))
    data = draw(Case(cell, sizes, torch.float64, Fused()), steps=4, rows=3)
    lengths, reset = torch.tensor([4, 0, 2]), torch.rand(4, 3) < 0.3
    given = [each.requires_grad_() for each in (data.xs, *data.state, *data.params.values())]
    count = 1 + len(data.state)

    def run() -> tuple[Tensor, ...]:
        params = dict(zip(data.params, given[count:], strict=True))
        state = tuple(given[1:count])
        y, after = segue.scan(cell, params, given[0], state, lengths=lengths, reset=reset)
        return y, *after

    def both(results: tuple[Tensor, ...]) -> tuple[tuple[Tensor | None, ...], ...]:
        loss = sum(each.square().sum() for each in results if each.requires_grad)
        return results, torch.autograd.grad(loss, given, allow_unused=True)

    with Seen():
        found = both(run())
    torch.testing.assert_close(found, both(run()))

    call = (cell.key, given[0], given[1:count], given[count:], lengths, reset, False)
    real = _ops.scan_training(*call)
    with FakeTensorMode() as mode:
        copies = [[mode.from_tensor(each) for each in part] for part in call[2:4]]
        fake = _ops.scan_training(cell.key, mode.from_tensor(given[0]), *copies, None, None, False)
    layouts = [[(e.shape, e.dtype, e.stride()) for e in each] for each in (real, fake)]
    assert layouts[0] == layouts[1]


class Seen(TorchDispatchMode):
    """Sees each operator, and changes none."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def test_torch_func_takes_a_gradient_by_kernels(no_reference: None) -> None:
    layer = Recurrent(cells.gru, 3, 5)
    params = dict(layer.named_parameters())
    x, _, lengths, _ = next(uses())

    def loss(params: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(layer, params, (x, None, lengths))[0].square().sum()

    wanted = torch.autograd.grad(loss(params, x), list(params.values()))
    free = {name: param.detach() for name, param in params.items()}
    torch.testing.assert_close(tuple(grad(loss)(free, x).values()), wanted)
    _, pull = vjp(loss, free, x)
    torch.testing.assert_close(tuple(pull(torch.ones(()))[0].values()), wanted)


def test_nested_transforms_are_right() -> None:
    layer = Recurrent(cells.gru, 3, 5, dtype=torch.float64)
    x = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
    many = torch.randn(3, 4, 2, 3, dtype=torch.float64)

    def loss(x: Tensor) -> Tensor:
        return layer(x)[0].square().sum()

    def rows(x: Tensor) -> Tensor:
        return layer(x)[0].square().sum((0, 2))

    def first(x: Tensor) -> Tensor:
        return torch.autograd.grad(loss(x), x, create_graph=True)[0]

    wanted = torch.autograd.functional.hessian(loss, x)
    torch.testing.assert_close(hessian(loss)(x), wanted)
    torch.testing.assert_close(jacrev(grad(loss))(x), wanted)
    torch.testing.assert_close(jacrev(rows)(x), torch.autograd.functional.jacobian(rows, x))
    torch.testing.assert_close(vmap(loss)(many), torch.stack([loss(each) for each in many]))
    each_first = torch.stack([grad(loss)(each) for each in many])
    torch.testing.assert_close(vmap(grad(loss))(many), each_first)
    # The gradient of a gradient that torch.func took.
    outer = [torch.autograd.grad(f(x).square().sum(), x)[0] for f in (grad(loss), first)]
    torch.testing.assert_close(*outer)


def test_only_second_derivatives_take_the_python_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    loop = reference._loop
    monkeypatch.setattr(reference, "_loop", lambda *given: runs.append(1) or loop(*given))
    layer = Recurrent(cells.gru, 3, 5, dtype=torch.float64)
    x = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(layer(x)[0].square().sum(), x, create_graph=True)
    assert not runs
    (second,) = torch.autograd.grad(first.square().sum(), x, create_graph=True)
    assert runs == [1]
    assert torch.autograd.grad(second.square().sum(), x)[0].any()


def test_hooks_see_a_layer_and_its_output() -> None:
    layer = Recurrent(cells.gru, 3, 5)
    x = torch.randn(4, 2, 3, requires_grad=True)
    seen: dict[str, Any] = {}
    layer.register_forward_pre_hook(lambda _, given: (given[0] * 2,))
    layer.register_forward_hook(lambda _, __, result: (result[0] + 1, result[1]))
    layer.register_full_backward_hook(lambda _, of_x, of_y: seen.update(of_x=of_x[0], of_y=of_y[0]))
    layer.weight_ih.register_post_accumulate_grad_hook(lambda p: seen.update(weight=p.grad.clone()))
    y, _ = layer(x)
    y.register_hook(lambda of_y: 3 * of_y)
    y.sum().backward()
    plain = copy.deepcopy(layer)
    plain._forward_pre_hooks.clear()
    plain._forward_hooks.clear()
    plain._backward_hooks.clear()
    plain.zero_grad()
    wanted, _ = plain(2 * x.detach())
    torch.testing.assert_close(y, wanted + 1)
    (3 * wanted.sum()).backward()
    torch.testing.assert_close(seen["weight"], plain.weight_ih.grad)
    torch.testing.assert_close(seen["of_y"], torch.full_like(y, 3))
    torch.testing.assert_close(x.grad, 2 * seen["of_x"])


def test_a_checkpoint_runs_a_layer_again() -> None:
    layer = Recurrent(cells.gru, 3, 5)
    x = torch.randn(4, 2, 3)
    for reentrant in (False, True):
        x.requires_grad_(reentrant)
        found = checkpoint(layer, x, use_reentrant=reentrant)
        found[0].square().sum().backward()
    wanted = torch.autograd.grad(layer(x)[0].square().sum(), list(layer.parameters()))
    twice = tuple(param.grad / 2 for param in layer.parameters())
    torch.testing.assert_close(twice, wanted)


def test_stand_ins_for_tensors_pass_through_a_layer() -> None:
    with FakeTensorMode():
        y, state = Recurrent(cells.gru, 3, 5)(torch.empty(4, 2, 3))
    assert y.shape == (4, 2, 5)
    assert state.h.shape == (2, 5)
    layer = Recurrent(cells.gru, 3, 5)
    params = dict(layer.named_parameters())
    for mode in ("real", "symbolic"):
        run = make_fx(lambda p, x: functional_call(layer, p, (x,))[0], tracing_mode=mode)
        traced = run(params, torch.randn(4, 2, 3))
        x = torch.randn(4, 2, 3)
        torch.testing.assert_close(traced(params, x), layer(x)[0])


def test_threads_of_python_call_one_layer_at_once() -> None:
    layer = Recurrent(cells.lstm, 3, 5)
    given = [torch.randn(6, batch, 3) for batch in (1, 2, 5, 9)]
    wanted = [(layer(x)[0], gradients(layer, layer(x))) for x in given]
    fresh = Recurrent(cells.lstm_projection, 3, 5, sizes={"P": 2})
    failed: list[object] = []

    def work(at: int) -> None:
        try:
            fresh(given[at])  # made by whoever comes first
            for _ in range(20):
                found = (layer(given[at])[0], gradients(layer, layer(given[at])))
                torch.testing.assert_close(found, wanted[at])
        except Exception as error:  # seen by the main thread
            failed.append(error)

    workers = [threading.Thread(target=work, args=(at,)) for at in range(len(given))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed


FORK = """
import os, sys, torch, segue
from segue import cells
from segue.nn import Recurrent
torch.set_num_threads(2)
layer, x = Recurrent(cells.gru, 3, 5), torch.randn(4, 6, 3)
def run():
    y, _ = layer(x)
    return y.detach(), *torch.autograd.grad(y.sum(), list(layer.parameters()))
wanted = run()
child = os.fork()
if child == 0:
    torch.set_num_threads(1)  # as torch's own workers do: its threads do not survive a fork
    torch.testing.assert_close(run(), wanted)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
torch.testing.assert_close(run(), wanted)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_process_computes_the_same() -> None:
    subprocess.run([sys.executable, "-c", FORK], env=ENVIRONMENT, check=True, timeout=120)


def test_distributed_processes_share_gradients(tmp_path: Path) -> None:
    rendezvous = (tmp_path / "rendezvous").as_uri()
    processes = [
        subprocess.Popen(
            [sys.executable, HERE / "distributed_layer.py", rendezvous, str(rank), "2"],
            env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]  # fmt: skip
    timer = threading.Timer(120, lambda: [process.kill() for process in processes])
    timer.start()
    found = [process.stdout.readline() for process in processes if process.stdout]
    timer.cancel()
    for process in processes:
        process.kill()
    errors = [process.communicate()[1].decode() for process in processes]
    assert found == [b"equal\n"] * 2, errors


def test_scans_within_a_compiled_step_of_training_agree() -> None:
    model = segue.nn.LSTM(3, 5, num_layers=2, bidirectional=True)
    x, wanted = torch.randn(4, 2, 3), torch.randn(4, 2, 10)

    def loss() -> Tensor:
        return nn.functional.mse_loss(model(x)[0], wanted)

    compiled = torch.compile(loss, backend="aot_eager")
    params = list(model.parameters())
    found = torch.autograd.grad(compiled(), params)
    torch.testing.assert_close(found, torch.autograd.grad(loss(), params))
