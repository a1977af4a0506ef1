"""What `trace` makes of steps that it accepts."""

# ruff: noqa: F722, F821

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from accepted_steps import ACCEPTED, Step
from torch import Tensor

import segue
from segue import cells
from segue.engine.step.cell import Cell
from segue.engine.step.graph import Graph, evaluate, verify
from segue.engine.step.trace import symbolic, trace

SIZES = [{"D": 3, "H": 5}, {"D": 1, "H": 1}, {"D": 4, "H": 4}, {"D": 5, "H": 6}, {"D": 7, "H": 2}]


def fit(cell: Cell, sizes: dict[str, int]) -> dict[str, int]:
    return {symbol: sizes[symbol] for symbol in cell.symbols}


def draw(cell: Cell, sizes: dict[str, int], batch: int) -> tuple[list[Tensor], list[Tensor]]:
    random = torch.Generator().manual_seed(batch)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64)

    flow = [normal(batch, *field.shape(sizes)) for field in (cell.input, *cell.state)]
    return flow, [normal(*field.shape(sizes)) for field in cell.params]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("step", ACCEPTED, ids=lambda step: step.__name__)
def test_the_graph_computes_what_the_step_computes(step: Step, sizes: dict[str, int]) -> None:
    cell = segue.cell(step)
    sizes = fit(cell, sizes)
    graph = trace(cell, sizes, torch.float64)
    verify(graph)
    for batch in (1, 2, 5, 6, 7):
        flow, params = draw(cell, sizes, batch)
        y, state = evaluate(graph, flow, params)
        names = [field.name for field in cell.params]
        wanted = cell(*flow, **dict(zip(names, params, strict=True)))
        torch.testing.assert_close((y, state), wanted, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("step", ACCEPTED, ids=lambda step: step.__name__)
def test_sizes_are_numbers_until_they_are_named(step: Step) -> None:
    cell = segue.cell(step)
    sizes = fit(cell, {"D": 3, "H": 5})
    numbers, named = str(trace(cell, sizes)), str(symbolic(cell, sizes))
    for field in (cell.input, *cell.state):
        shape = " ".join(["B", *map(str, field.shape(sizes))])
        assert f"{field.name}: {shape}" in numbers.splitlines()[0]
        if step.__name__ != "sizes_decide":  # which takes another course for other sizes
            assert f"{field.name}: {' '.join(['B', field.spec])}".strip() in named.splitlines()[0]
    assert len(named.splitlines()) == len(numbers.splitlines())


def test_sizes_that_are_equal_keep_their_names() -> None:
    sizes = {"D": 5, "H": 5, "P": 5}
    text = str(symbolic(cells.lstm_projection, sizes))
    assert "%0: D 4H = permute(weight_ih, (1, 0))" in text
    assert "%3: P 4H = permute(weight_hh, (1, 0))" in text
    assert "%6: B H, %7: B H, %8: B H, %9: B H = split(%5, H, -1)" in text
    assert "%20: B P = mm(%18, %19)" in text


def test_sums_and_parts_of_sizes_are_named() -> None:
    @segue.cell
    def parts(x: "D", h: "4H"):
        both = torch.cat([x, h, h[:, :2]], -1)
        half = h[:, : h.shape[1] // 8]
        return both * half.sum(-1, keepdim=True), (h,)

    text = str(symbolic(parts, {"D": 3, "H": 6}))
    assert "%1: B D+4H+2 = cat(" in text
    assert "%2: B H/2 = slice(h, 1, 0, H/2)" in text


def test_a_graph_is_traced_once_and_kept_with_the_cell() -> None:
    calls = []

    @segue.cell
    def counted(x: "H", h: "H"):
        calls.append(1)
        return h, (h + x,)

    first = trace(counted, {"H": 5})
    made = len(calls)
    assert trace(counted, {"H": 5}) is first
    assert len(calls) == made
    assert trace(counted, {"H": 6}) is not first
    assert trace(counted, {"H": 5}, torch.float64).dtype == torch.float64


def test_threads_share_one_graph() -> None:
    cell = cells.rnn()
    with ThreadPoolExecutor(8) as pool:
        graphs = list(pool.map(lambda _: trace(cell, {"D": 3, "H": 5}), range(16)))
    assert len(set(map(id, graphs))) == 1


def under_vmap(get: Callable[[], Graph]) -> Graph:
    kept = []

    def body(_: Tensor) -> Tensor:
        kept.append(get())
        return _

    torch.vmap(body)(torch.zeros(2))
    return kept[0]


def under_grad(get: Callable[[], Graph]) -> Graph:
    kept = []

    def body(x: Tensor) -> Tensor:
        kept.append(get())
        return x

    torch.func.grad(body)(torch.tensor(0.0))
    return kept[0]


def under_context(*contexts: object) -> Callable[[Callable[[], Graph]], Graph]:
    def around(get: Callable[[], Graph]) -> Graph:
        with contexts[0]:
            return get()

    return around


SURROUNDINGS = {
    "vmap": under_vmap,
    "grad": under_grad,
    "autocast": under_context(torch.autocast("cpu", dtype=torch.bfloat16)),
    "inference": under_context(torch.inference_mode()),
    "no grad": under_context(torch.no_grad()),
    "meta": under_context(torch.device("meta")),
}


@pytest.mark.parametrize("around", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_a_graph_is_the_same_whatever_surrounds_the_call(
    around: Callable[[Callable[[], Graph]], Graph],
) -> None:
    def made() -> Graph:
        @segue.cell
        def norm(x: "D", h: "H", *, w: "H D"):
            h = torch.nn.functional.layer_norm(x @ w.T + h + torch.ones(5), (5,))
            return h, (h,)

        return trace(norm, {"D": 3, "H": 5})

    assert str(around(made)) == str(made())


def test_other_types_are_traced_alike() -> None:
    lines = {
        str(trace(cells.lstm, {"D": 3, "H": 5}, dtype)).partition("\n")[2]
        for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.complex64)
    }
    assert len(lines) == 1


def test_what_nobody_needs_is_left_out() -> None:
    @segue.cell
    def wasteful(x: "H", h: "H"):
        x.exp() @ torch.ones(5, 5)
        return h, (h.view(len(h), -1).permute(0, 1).expand(h.shape),)

    assert str(trace(wasteful, {"H": 5})).splitlines()[1:] == ["  return h, (h)"]
