"""What `segue.explain` prints."""

# ruff: noqa: F722, F821

import io
from collections.abc import Iterator

import pytest
import torch
from torch import nn

import segue
from segue import cells
from segue.engine import backend
from segue.engine.explain import Scanned
from segue.engine.graph import Graph
from segue.engine.reference import Reference
from segue.errors import SegueError


def explained(what: nn.Module | segue.Cell, sizes: dict[str, int] | None = None) -> str:
    page = io.StringIO()
    segue.explain(what, sizes, file=page)
    return page.getvalue()


LSTM = """\
lstm(x: D, h: H, c: H | weight_ih: 4H D, weight_hh: 4H H, bias: 4H)
D = 8, H = 64, float64 on cpu
  S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997);
  forget gate: F. A. Gers et al., "Learning to forget", Neural Computation 12 (2000).

Graph of one step, by line of the equation (B is the batch)
  i, f, g, o = (x @ weight_ih.T + bias + h @ weight_hh.T).chunk(4, -1)
    %0: D 4H = permute(weight_ih, (1, 0))
    %1: B 4H = mm(x, %0)
    %2: B 4H = add(%1, bias)
    %3: H 4H = permute(weight_hh, (1, 0))
    %4: B 4H = mm(h, %3)
    %5: B 4H = add(%2, %4)
    %6: B H, %7: B H, %8: B H, %9: B H = split(%5, H, -1)
  c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    %10: B H = sigmoid(%7)
    %11: B H = mul(%10, c)
    %12: B H = sigmoid(%6)
    %13: B H = tanh(%8)
    %14: B H = mul(%12, %13)
    %15: B H = add(%11, %14)
  h = o.sigmoid() * c.tanh()
    %16: B H = sigmoid(%9)
    %17: B H = tanh(%15)
    %18: B H = mul(%16, %17)
  return %18, (%18, %15)

Cost of a step for each row of the batch
  product    36,864 FLOPs   97.1%
  pointwise   1,088 FLOPs    2.9%
  total      37,952 FLOPs

Parameters
  weight_ih  4H D  256 x 8    2,048
  weight_hh  4H H  256 x 64  16,384
  bias       4H    256          256
  total                      18,688

Backend: reference, the Python loop over the step
  it runs every cell on every device; this release has no faster backend
"""


def test_a_layer_is_explained() -> None:
    layer = segue.nn.Recurrent(cells.lstm, 8, 64, dtype=torch.float64)
    assert explained(layer) == LSTM


def test_a_cell_is_explained_as_its_layer_is() -> None:
    assert explained(cells.lstm, {"D": 8, "H": 64}) == LSTM.replace("float64", "float32")


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
    (last,) = text.splitlines()[5:]
    assert last.startswith("  cell centred (test_explain.py:")
    assert "mean mixes rows of the batch" in last


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
        "  it runs every cell on every device; this release has no faster backend\n"
    )


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
