"""Cells of every kind through derived, split and normal loops; and what is refused, and why."""

# ruff: noqa: F722, F821

import pytest
import torch

import segue
from cells import CELLS
from segue.cells import lstm
from segue.engine import laws
from segue.engine.cpu.processor import Cpu
from segue.engine.plan.derive import derive
from segue.engine.plan.interpreted import Interpreted
from segue.engine.plan.split import split
from segue.engine.run.backend import choose
from segue.engine.run.fused import Fused
from segue.engine.step.cell import Cell
from segue.engine.step.trace import trace

CPU = torch.device("cpu")


def refusal(cell: Cell, sizes: dict[str, int], dtype: torch.dtype = torch.float32) -> str:
    found = Fused().refusal(trace(cell, sizes, dtype), CPU)
    assert found is not None
    assert "\n" not in found
    return found


class Plain:
    """A processor that is torch alone: a program asks for no more than this."""

    device = "cpu"
    kernel = Interpreted
    joined_rows = 4

    def empty(self, *shape: int, dtype: torch.dtype) -> torch.Tensor:
        return torch.full(shape, torch.nan, dtype=dtype)

    def multiply(self, *_: object) -> None:
        return None


@pytest.mark.parametrize(
    "processor", [Plain(), Cpu(Interpreted), Cpu()], ids=["torch", "interpreted", "kernels"]
)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_laws_hold_for_cells_of_every_kind(cell: Cell, processor: Plain | Cpu) -> None:
    backend = Fused(processor)
    sizes = dict(zip(cell.symbols, (3, 5, 2), strict=False))
    for dtype in (torch.float32, torch.float64):
        case = laws.Case(cell, sizes, dtype, backend)
        assert backend.refusal(case.graph, CPU) is None
        for law in laws.LAWS:
            law.check(case)


def test_weight_gradients_leave_the_loop() -> None:
    stages = split(derive(trace(lstm, {"D": 3, "H": 5})))
    assert [node.title for node in stages.hoist] == ["mm"]
    for body in (stages.training, stages.backward):
        assert [node.title for node in body.nodes].count("mm") == 1
    assert [node.title for node in stages.sink].count("mm") == 3
    assert not stages.before
    assert not stages.after


def test_one_program_serves_every_number_of_steps_and_rows() -> None:
    graph = trace(lstm, {"D": 2, "H": 3})
    params = {f.name: torch.randn(f.shape(graph.sizes)) for f in lstm.params}
    for steps, rows in ((1, 1), (4, 2), (9, 5)):
        segue.scan(lstm, params, torch.randn(steps, rows, 2))
    assert len(graph.programs) == 1


def test_products_of_two_states_have_kernels() -> None:
    @segue.cell
    def outer(x: "H", h: "H H"):
        h = h + x.unsqueeze(2) * x.unsqueeze(1)
        return (h @ x.unsqueeze(2)).squeeze(2), (h,)

    assert choose(trace(outer, {"H": 3}), CPU).refusals == ()
    laws.check(outer, {"H": 3})


def test_what_only_the_joined_loop_could_not_have_is_no_refusal() -> None:
    @segue.cell
    def interleaved(x: "33", h: "H", *, w: "H 66", u: "H H"):
        z = torch.stack([x, x.sigmoid()], -1).flatten(1)  # in 66 pieces, before the loop
        h = (z @ w.T + h @ u.T).tanh()
        return h, (h,)

    backend = Fused(Plain())
    case = laws.Case(interleaved, {"H": 3}, torch.float32, backend)
    assert backend.refusal(case.graph, CPU) is None
    for law in laws.LAWS:
        law.check(case)


def test_tensors_without_features_are_refused() -> None:
    @segue.cell
    def joined(x: "H", h: "H"):
        none, h = h.split([0, h.shape[1]], -1)
        h = torch.cat([h * x, none], -1)
        return h, (h,)

    assert "no features" in refusal(joined, {"H": 3})
    laws.check(joined, {"H": 3})


def test_types_are_refused() -> None:
    assert "float16" in refusal(lstm, {"D": 3, "H": 5}, torch.float16)


def test_transforms_run_on_kernels_where_they_can() -> None:
    graph = trace(lstm, {"D": 3, "H": 5})
    with torch.autocast("cpu", torch.float16):
        assert choose(graph, CPU).backend.name == "reference"
    assert choose(graph, CPU).backend.name == "fused"
    params = {f.name: torch.randn(f.shape(graph.sizes)) for f in lstm.params}
    xs = torch.randn(4, 2, 3)

    def loss(params: dict[str, torch.Tensor]) -> torch.Tensor:
        return segue.scan(lstm, params, xs)[0].sum()

    found = torch.func.grad(loss)(params)
    leaves = {name: each.requires_grad_() for name, each in params.items()}
    loss(leaves).backward()
    for name, each in leaves.items():
        torch.testing.assert_close(found[name], each.grad)


def test_a_tensor_given_twice_has_both_gradients() -> None:
    graph = trace(lstm, {"D": 3, "H": 5})
    params = {f.name: torch.randn(f.shape(graph.sizes), dtype=torch.float64) for f in lstm.params}
    state = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    xs = torch.randn(4, 2, 3, dtype=torch.float64)

    def run(state: torch.Tensor) -> torch.Tensor:
        return segue.scan(lstm, params, xs, (state, state))[0]

    assert torch.autograd.gradcheck(run, (state,))
    assert torch.autograd.gradgradcheck(run, (state,))
