"""Products of bfloat16: kernels, graphs in bfloat16, autocast, and what is refused."""

# ruff: noqa: F821

import io
from dataclasses import replace

import llvmlite.binding as llvm
import pytest
import torch
from random_loops import random_data, random_loop
from run_loop import run
from torch import Tensor, nn

import segue
from segue import cells
from segue.engine import laws
from segue.engine.cpu import build
from segue.engine.cpu.kernel import Kernel
from segue.engine.cpu.llvm import write_module
from segue.engine.cpu.processor import Cpu
from segue.engine.cpu.tiles import Machine, lay_out
from segue.engine.plan.interpreted import Interpreted
from segue.engine.plan.loop import Course, Fn, Form, Loop, Pointwise, Product, Slice, Var
from segue.engine.plan.phases import plan
from segue.engine.plan.work import work
from segue.engine.run import reference
from segue.engine.run.backend import choose
from segue.engine.run.fused import Fused
from segue.engine.run.problem import pose
from segue.engine.step.cell import Cell
from segue.engine.step.trace import trace

CPU = torch.device("cpu")
BFLOAT16 = Machine(
    "x86_64-unknown-linux-gnu", "cooperlake", "+avx512f,+avx512dq,+avx512bf16", 64, 32, True
)
EPS = torch.finfo(torch.bfloat16).eps
has_products = pytest.mark.skipif(
    not build.host().bfloat16, reason="this processor has no products of bfloat16"
)


@pytest.fixture
def no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail when a scan runs by the Python loop."""

    def run(*_: object) -> None:
        raise AssertionError("the Python loop ran")

    monkeypatch.setattr(reference, "_loop", run)


@pytest.fixture
def every_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processor say that it has products of bfloat16."""
    machine = replace(build.host(), bfloat16=True)
    monkeypatch.setattr(build, "host", lambda: machine)


def two_products(depth: int, width: int, side: int) -> Loop:
    """y = h[-depth:] @ u + x @ v."""
    x, h, y = Var("x", 5), Var("h", side), Var("y", width)
    u, v = Var("u", width, Form.MATRIX, depth), Var("v", width, Form.MATRIX, 5)
    last, p, q = Var("s", depth), Var("p", width), Var("q", width)
    nodes = (
        Slice(last, h, side - depth),
        Product(p, last, u),
        Product(q, x, v),
        Pointwise(y, Fn.ADD, (p, q)),
    )
    return Loop("two", torch.float32, (x,), (h,), (u, v), nodes, (y,), (h,), weights=torch.bfloat16)


def arguments(loop: Loop, steps: int, rows: int) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    draw = torch.Generator().manual_seed(rows)
    return (
        [torch.randn(steps, rows, var.width, generator=draw) for var in loop.streams],
        [torch.randn(rows, var.width, generator=draw) for var in loop.carries],
        [torch.randn(var.width, var.depth, generator=draw).T for var in loop.params],
    )


SIZES = [
    (1, 1, 1),
    (3, 17, 5),
    (16, 16, 16),
    (17, 40, 17),
    (33, 7, 50),
    (31, 64, 32),
    (600, 70, 601),
]


@has_products
@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("rows", [1, 7, 13])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_a_kernel_computes_what_the_loop_means(sizes: tuple[int, int, int], rows: int) -> None:
    """Both round the same numbers: what is left apart is how float32 sums them up."""
    loop = two_products(*sizes)
    given = arguments(loop, 3, rows)
    (found,), _ = run(Kernel.of(loop), *given, Course(3, rows))
    (wanted,), _ = run(Interpreted(loop), *given, Course(3, rows))
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6 * float(wanted.abs().max()))
    (exact,), _ = run(Interpreted(replace(loop, weights=None)), *given, Course(3, rows))
    assert not torch.equal(found, exact)


@has_products
@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("seed", range(14))
def test_random_loops(seed: int) -> None:
    """A number near the middle of two may be rounded to either: so some roundings apart."""
    loop = replace(random_loop(seed, torch.float32), weights=torch.bfloat16)
    for rows in (1, 9):
        data = random_data(loop, seed, 3, rows).to(torch.float32)
        call = (data.streams, data.carries, data.params, data.course)
        found, wanted = (run(each, *call) for each in (Kernel.of(loop), Interpreted(loop)))
        for a, b in zip((*found[0], *found[1]), (*wanted[0], *wanted[1]), strict=True):
            assert a.isfinite().all()
            assert (a - b).abs().max() <= 4 * EPS * b.abs().max().clamp(min=1), str(loop)


@has_products
@pytest.mark.parametrize("place", [0, 1, 2])
def test_nan_stays_nan_in_its_row(place: int) -> None:
    loop = two_products(3, 17, 3)
    streams, carries, params = arguments(loop, 1, 2)
    carries[0][1, place] = torch.nan
    (found,), _ = run(Kernel.of(loop), streams, carries, params, Course(1, 2))
    assert found[0].isfinite().all()
    assert found[1].isnan().all()
    params[0][place, 4] = torch.nan
    carries[0][1, place] = 0
    (found,), _ = run(Kernel.of(loop), streams, carries, params, Course(1, 2))
    assert found.isnan().all(0).nonzero().tolist() == [[4]]


def test_the_ir_is_valid_and_the_text_its_own() -> None:
    loop = two_products(33, 7, 50)
    text = write_module(lay_out(loop, plan(loop), BFLOAT16))
    llvm.parse_assembly(text).verify()
    assert "dpbf16ps" in text
    assert loop.text != replace(loop, weights=None).text
    assert work(loop).weights * 2 == work(replace(loop, weights=None)).weights
    with pytest.raises(NotImplementedError, match="AVX512-BF16"):
        lay_out(loop, plan(loop), replace(BFLOAT16, bfloat16=False))


@pytest.mark.usefixtures("every_processor")
@pytest.mark.parametrize("name", ["gru_original", "lstm", "lstm_layer_norm"])
def test_laws_hold_for_the_meaning_of_loops(name: str) -> None:
    cell = cells.by_name()[name]
    sizes = dict(zip(cell.symbols, (3, 5, 2), strict=False))
    case = laws.Case(cell, sizes, torch.bfloat16, Fused(Cpu(Interpreted)))
    assert case.backend.refusal(case.graph, CPU) is None
    for law in laws.LAWS:
        law.check(case)


def given(cell: Cell, dtype: torch.dtype) -> tuple[dict[str, Tensor], Tensor]:
    sizes = {"D": 19, "H": 33}
    draw = torch.Generator().manual_seed(3)
    params = {
        field.name: torch.randn(field.shape(sizes), generator=draw).div(6).to(dtype)
        for field in cell.params
    }
    return params, torch.randn(40, 3, 19, generator=draw).to(dtype)


@has_products
@pytest.mark.parametrize("name", ["gru", "gru_original", "lstm", "lstm_layer_norm"])
def test_kernels_are_no_further_from_the_truth_than_the_python_loop(name: str) -> None:
    cell = cells.by_name()[name]
    params, xs = given(cell, torch.bfloat16)
    exact, _ = segue.scan(cell, {n: p.double() for n, p in params.items()}, xs.double())
    found, _ = segue.scan(cell, params, xs)
    by_loop = reference.Reference().run(pose(cell, params, xs, None, None, None, False))[0]
    assert found.dtype == torch.bfloat16
    errors = [(each.double() - exact).square().mean() for each in (found, by_loop)]
    assert errors[0] <= errors[1]


@has_products
@pytest.mark.usefixtures("no_reference")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_autocast_is_near_torchs(kind: str, dtype: torch.dtype) -> None:
    """Torch rounds the state too, 12 times over; so a dozen roundings, of the largest number."""
    torch.manual_seed(0)
    theirs = getattr(nn, kind)(19, 33)
    ours = getattr(segue.nn, kind)(19, 33)
    ours.load_state_dict(theirs.state_dict())
    xs = torch.randn(12, 3, 19)
    results, gradients = [], []
    for layer in (ours, theirs):
        with torch.autocast("cpu", torch.bfloat16):
            y, last = layer(xs.to(dtype))
        results.append(y)
        loss = y.float().square().sum()
        gradients.append(torch.autograd.grad(loss, list(layer.parameters())))
        del last
    assert results[0].dtype == torch.float32
    for found, wanted in zip((results[0], *gradients[0]), (results[1], *gradients[1]), strict=True):
        apart = (found - wanted.float()).abs().max()
        assert apart <= 12 * EPS * wanted.float().abs().max()
    assert all(each.dtype == torch.float32 for each in gradients[0])


@has_products
@pytest.mark.usefixtures("no_reference")
def test_the_backward_pass_is_the_same_wherever_it_is_called() -> None:
    layer = segue.nn.GRU(19, 33)
    xs = torch.randn(5, 2, 19)
    with torch.autocast("cpu", torch.bfloat16):
        ys = layer(xs)[0]
        inside = torch.autograd.grad(ys.sum(), list(layer.parameters()), retain_graph=True)
    outside = torch.autograd.grad(ys.sum(), list(layer.parameters()))
    plain = torch.autograd.grad(layer(xs)[0].sum(), list(layer.parameters()))
    for a, b, c in zip(inside, outside, plain, strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


@has_products
@pytest.mark.usefixtures("no_reference")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_compiled_as_in_python(dtype: torch.dtype) -> None:
    layer = segue.nn.Recurrent(cells.gru, 3, 5).to(dtype)
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
    x = torch.randn(4, 2, 3, dtype=dtype)
    with torch.autocast("cpu", torch.bfloat16):
        found, wanted = compiled(x), layer(x)
    torch.testing.assert_close(found, wanted)
    params = list(layer.parameters())
    pair = [torch.autograd.grad(y[0].float().sum(), params) for y in (found, wanted)]
    torch.testing.assert_close(*pair)
    torch._dynamo.reset()


def refusal(dtype: torch.dtype, autocast: torch.dtype | None = None) -> str | None:
    graph = trace(cells.lstm, {"D": 3, "H": 5}, dtype)
    with torch.autocast("cpu", autocast or torch.bfloat16, enabled=autocast is not None):
        choice = choose(graph, CPU)
    return choice.refusals[0][1] if choice.refusals else None


def test_without_the_instructions_the_python_loop_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = replace(build.host(), bfloat16=False)
    monkeypatch.setattr(build, "host", lambda: machine)
    for given in ((torch.bfloat16, None), (torch.float32, torch.bfloat16)):
        assert "need a processor with AVX512-BF16" in str(refusal(*given))
    assert refusal(torch.float32) is None


@pytest.mark.usefixtures("every_processor")
def test_other_types_are_refused_under_autocast() -> None:
    assert "it has no products in float16" in str(refusal(torch.float32, torch.float16))
    assert "it has no products in float16" in str(refusal(torch.bfloat16, torch.float16))
    assert "the type is float64" in str(refusal(torch.float64, torch.bfloat16))
    assert refusal(torch.bfloat16, torch.bfloat16) is None


@pytest.mark.usefixtures("every_processor")
def test_a_step_that_needs_bfloat16_is_refused() -> None:
    @segue.cell
    def stubborn(x: "H", h: "H"):
        if x.dtype != torch.bfloat16:
            raise RuntimeError("bfloat16 only")
        return x + h, (x + h,)

    graph = trace(stubborn, {"H": 3}, torch.bfloat16)
    assert str(Fused().refusal(graph, CPU)).startswith("in float32 ")


@pytest.mark.usefixtures("every_processor")
def test_explain_says_what_products_round_to() -> None:
    page = io.StringIO()
    segue.explain(segue.nn.Recurrent(cells.lstm, 3, 5).bfloat16(), file=page)
    assert "products in the loops round both sides to bfloat16" in page.getvalue()
    assert "products of bfloat16" in page.getvalue()
