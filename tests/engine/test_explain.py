"""What `segue.explain` prints."""

# ruff: noqa: F722, F821

import io
import re
from collections.abc import Iterator

import llvmlite.binding as llvm
import pytest
import torch
from torch import nn

import segue
from cells import CELLS
from segue import cells
from segue.engine.cpu import build, kernel, threads
from segue.engine.cpu.tiles import Machine
from segue.engine.explain import Scanned
from segue.engine.run import backend
from segue.engine.run.reference import Reference
from segue.engine.step.graph import Graph
from segue.errors import SegueError


def explained(what: nn.Module | segue.Cell, sizes: dict[str, int] | None = None) -> str:
    page = io.StringIO()
    segue.explain(what, sizes, file=page)
    return page.getvalue()


def headings(text: str) -> list[str]:
    """The first lines of the sections."""
    return [part.splitlines()[0] for part in text.split("\n\n")[1:]]


def section(text: str, heading: str) -> list[str]:
    """The lines below a heading."""
    (found,) = [part for part in text.split("\n\n") if part.startswith(heading)]
    return found.splitlines()[1:]


def words(text: str) -> str:
    """Text without the places where it is folded."""
    return " ".join(text.split())


def test_a_layer_and_its_cell_are_explained_alike() -> None:
    layer = segue.nn.Recurrent(cells.lstm, 8, 64)
    assert explained(layer) == explained(cells.lstm, {"D": 8, "H": 64})
    double = explained(layer.double())
    assert "D = 8, H = 64, float64 on cpu" in double
    assert "weight_hh  4H H  256 x 64  16,384" in double


def test_sections_come_in_the_order_of_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "available", lambda: 2)
    monkeypatch.setattr(build, "host", lambda: Machine("x86_64", "haswell", "", 32, 16))
    assert headings(explained(read_out, {"D": 3, "H": 5})) == [
        "Graph of one step, by line of the equation (B is the batch)",
        "Cost of a step for each row of the batch",
        "Parameters",
        "Backend: fused, kernels made from the equation, forward and backward",
        "Names in the stages",
        "Fixed: of parameters alone, once for each call",
        "Hoist: before the loop, all time steps at once",
        "Forward loop: step by step",
        "After the loop: all time steps at once",
        "Before the backward loop: all time steps at once",
        "Backward loop: step by step, the other way",
        "Sink: after the backward loop, all time steps at once",
        "Schedule on 2 threads",
        "Saved for the backward pass: bytes of each row and step",
        "Work of a step: FLOPs, and the bytes that the loops move, each once",
        "Kernels for haswell: vectors of 8 float32, 16 registers",
    ]


@segue.cell
def read_out(x: "D", h: "H", *, w: "H D", u: "H H", v: "D H", b: "D"):
    h = (x @ w.T + h @ (u - u.T).T).tanh()
    return (h @ v.T + b).sigmoid(), (h,)


@pytest.mark.parametrize("cell", [*cells.by_name().values(), *CELLS], ids=lambda cell: cell.name)
def test_every_cell_fits_the_page_and_is_not_compiled(
    cell: segue.Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compiled(*_: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr(build, "load", compiled)
    text = explained(cell, dict(zip(cell.symbols, (20, 30, 5), strict=False)))
    assert "Forward loop: step by step" in text
    assert [line for line in text.splitlines() if len(line) > 100] == []


@pytest.mark.parametrize("name", ["lstm", "gru_original", "slstm", "lstm_layer_norm"])
def test_numbers_of_the_graph_mean_the_same_in_the_loop(name: str) -> None:
    text = explained(cells.by_name()[name], {"D": 3, "H": 5})
    pattern = re.compile(r"(%\d+): B \S+ += ((?:tanh|sigmoid|exp)\(%\d+\))")
    graph, loop = (
        dict(pattern.findall("\n".join(section(text, heading))))
        for heading in ("Graph", "Forward loop")
    )
    both = graph.keys() & loop.keys()
    assert len(both) >= 2
    assert {name: graph[name] for name in both} == {name: loop[name] for name in both}


def test_gradients_and_states_are_named() -> None:
    text = explained(cells.lstm, {"D": 3, "H": 5})
    sink = section(text, "Sink")
    made = {line.split(":")[0].strip() for line in sink}
    assert {"dx", "dweight_ih", "dweight_hh", "dbias"} <= made
    loop = section(text, "Backward loop")
    assert "  carries    dh': B 5, dc': B 5" in loop
    assert "  weights    weight_hh: 20 5" in loop
    assert "  passes on  dh, dc" in loop


def test_a_name_is_given_once() -> None:
    @segue.cell
    def clash(x: "H", h: "H", *, y: "H", dy: "H H", dh: "H"):
        h = ((x > 9) * y + (h > 9) * dh + h @ dy.T).tanh()
        return h, (h,)

    text = explained(clash, {"H": 4})
    for heading in ("Forward loop", "Backward loop"):
        lines = section(text, heading)
        made = [line.split(":")[0].strip() for line in lines if " = " in line and ":" in line]
        assert len(set(made)) == len(made)
    assert "weights    y: 4, dh: 4, dy.T: 4 4" in text


def test_what_is_saved_is_counted() -> None:
    lines = section(explained(cells.lstm, {"D": 3, "H": 5}), "Saved")
    *_, total, given = lines
    assert total.split() == ["total", "120", "120"]  # four gates and two states of 5 float32
    assert given == "  and x, which is not copied"


def test_both_schedules_are_told_or_why_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "available", lambda: 3)
    two = section(explained(cells.lstm, {"D": 3, "H": 5}), "Schedule")
    bound = kernel.JOINED_ROWS * 3
    assert [line.split("  ")[1].strip() for line in two][:2] == [f"B < {bound}", f"B >= {bound}"]

    @segue.cell
    def bare(x: "H", h: "H", *, weight: "H H"):
        h = (x + h @ weight).tanh()
        return h, (h,)

    one = section(explained(bare, {"H": 5}), "Schedule")
    assert one[0].startswith("  any B      no product of x alone")


def test_the_ir_is_printed_last_and_only_if_asked() -> None:
    page = io.StringIO()
    segue.explain(cells.minlstm, {"D": 3, "H": 5}, ir=True, file=page)
    plain = explained(cells.minlstm, {"D": 3, "H": 5})
    assert page.getvalue().startswith(plain)
    parts = page.getvalue()[len(plain) :].split("\nLLVM IR: ")[1:]
    names = ["inference", "training", "backward"]
    assert [part.partition("\n")[0] for part in parts] == [
        *names,
        *(f"joined {name}" for name in names),
    ]
    for part in parts:
        llvm.parse_assembly(part.partition("\n")[2]).verify()


def test_every_layer_of_a_model_is_explained() -> None:
    model = nn.ModuleDict(
        {
            "encoder": segue.nn.Recurrent(cells.gru, 3, 4),
            "head": nn.Linear(4, 1),
            "decoder": nn.Sequential(segue.nn.Recurrent(cells.rnn(), 4, 5)),
        }
    )
    text = explained(model)
    titles = [line for line in text.splitlines() if line.startswith("──")]
    assert titles == ["── encoder ──", "── decoder.0 ──"]
    assert "gru(x: D, h: H | " in text
    assert "D = 4, H = 5, float32 on cpu" in text


class Tower(nn.Module):
    """A module that runs two cells by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def scanned(self) -> Iterator[Scanned]:
        yield Scanned(cells.gru, {"D": 3, "H": 4}, "below")
        yield Scanned(cells.gru, {"D": 4, "H": 4}, "above")


def test_a_module_may_run_several_cells() -> None:
    text = explained(nn.Sequential(Tower()))
    assert [line for line in text.splitlines() if line.startswith("──")] == [
        "── 0 below ──",
        "── 0 above ──",
    ]
    assert "D = 3, H = 4, float64 on cpu" in text


def test_torchs_modules_by_segue_are_explained() -> None:
    module = segue.nn.LSTM(3, 5, num_layers=2, proj_size=2, bidirectional=True)
    text = explained(nn.Sequential(module))
    lines = text.splitlines()
    titles = [index for index, line in enumerate(lines) if line.startswith("──")]
    assert [lines[index] for index in titles] == [
        "── 0 layer 0 ──",
        "── 0 layer 0 in reverse ──",
        "── 0 layer 1 ──",
        "── 0 layer 1 in reverse ──",
    ]
    assert [lines[index + 2].split(", float32")[0] for index in titles[::2]] == [
        "D = 3, P = 2, H = 5",
        "D = 4, P = 2, H = 5",
    ]


def test_a_refusal_is_part_of_the_explanation() -> None:
    @segue.cell
    def centred(x: "D", h: "H", *, w: "H D"):
        """Mine."""
        h = x @ w.T + h
        h = h - h.mean(0)
        return h, (h,)

    text = explained(segue.nn.Recurrent(centred, 3, 5))
    assert text.splitlines()[:5] == [
        "centred(x: D, h: H | w: H D)",
        "D = 3, H = 5, float32 on cpu",
        "  Mine.",
        "",
        "Refused",
    ]
    last = words(" ".join(text.splitlines()[5:]))
    assert last.startswith("cell centred (test_explain.py:")
    assert "mean mixes rows of the batch" in last
    assert "work along dim=-1" in last


def test_what_the_table_lacks_is_named() -> None:
    @segue.cell
    def sorts(x: "H", h: "H", *, w: "H H"):
        h = (h + x).sort(-1).values + (w * w).sum()
        return h, (h,)

    text = explained(sorts, {"H": 3})
    assert "not counted, since the op table does not have them: aten.sort.default" in text
    assert "and 18 FLOPs for each step, of parameters alone" in text


def test_a_cell_that_computes_nothing_costs_nothing() -> None:
    @segue.cell
    def delay(x: "D", before: "D"):
        return before, (x,)

    text = explained(delay, {"D": 3})
    assert "Cost of a step for each row of the batch\n  total      0 FLOPs\n" in text
    assert "Parameters" not in text


def test_a_constant_is_shown() -> None:
    half = torch.tensor(0.5)

    @segue.cell
    def leaky(x: "H", h: "H"):
        h = half * h + x
        return h, (h,)

    assert "  %0 = constant(0.5)\n" in explained(leaky, {"H": 3})


class Picky(Reference):
    """A backend that is preferred and refuses what has several products."""

    def refusal(self, graph: Graph, device: torch.device) -> str | None:
        products = sum(node.title == "mm" for node in graph.nodes)
        return f"{products} products in one step; write them as one" if products > 2 else None


def test_the_first_backend_that_does_not_refuse_is_taken_and_refusals_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picky = Picky(name="picky", summary="a fussy loop", reason="it is the fastest")
    monkeypatch.setattr(backend, "BACKENDS", (picky, Reference()))
    assert explained(cells.gru, {"D": 3, "H": 4}).endswith(
        "Backend: picky, a fussy loop\n  it is the fastest\n"
    )
    assert explained(cells.gru_original, {"D": 3, "H": 4}).endswith(
        "Backend: reference, the Python loop over the step\n"
        "  picky refuses: 3 products in one step; write them as one\n"
        "  it runs every cell on every device\n"
    )


def test_a_matrix_as_state_has_kernels() -> None:
    @segue.cell
    def memory(x: "H", m: "H H"):
        m = 0.9 * m + x.unsqueeze(2) * x.unsqueeze(1)
        return (m @ x.unsqueeze(2)).squeeze(2), (m,)

    text = words(explained(memory, {"H": 3}))
    assert "Backend: fused, kernels made from the equation, forward and backward" in text


def test_a_convolution_is_refused_with_rule_and_remedy() -> None:
    @segue.cell
    def smooth(x: "H", h: "H", *, k: "3"):
        h = torch.nn.functional.conv1d(h[:, None], k[None, None], padding=1)[:, 0] + x
        return h, (h,)

    text = words(explained(smooth, {"H": 3}))
    assert ": convolution_backward has no place in the recurrence; write it" in text


def test_what_cannot_be_explained() -> None:
    with pytest.raises(SegueError, match=r"^explain: Linear contains no layer that runs a cell$"):
        segue.explain(nn.Linear(2, 2))
    with pytest.raises(SegueError, match=r"a cell has no sizes of its own; pass {'D': \.\.\., 'H'"):
        segue.explain(cells.lstm)
    with pytest.raises(SegueError, match="a layer brings its sizes; leave them out"):
        segue.explain(segue.nn.Recurrent(cells.gru, 3, 4), {"D": 3, "H": 4})


def test_it_prints_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    segue.explain(cells.gru, {"D": 3, "H": 4})
    assert capsys.readouterr().out.startswith("gru(x: D, h: H | ")
