"""The op table tells the truth: each row's kind and cost against what torch computes."""

# ruff: noqa: F722, F821

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

import segue
from segue import cells
from segue.engine.step.merge import merge
from segue.engine.step.ops import TABLE, Kind, Op, flops, kind
from segue.engine.step.rows import MIXED, _propagate, _rows, _Trial
from segue.engine.step.trace import _family, symbolic, trace

aten = torch.ops.aten
TRIED = {op: row for op, row in TABLE.items() if row.kind is not Kind.FILL}
KEYWORDS = {"_to_copy": {"dtype": torch.float64}, "div.Tensor_mode": {"rounding_mode": "floor"}}
OF_EVERYTHING = {"sum", "mean", "max", "min", "linalg_vector_norm"}


def others(h: Tensor, g: Tensor, w: Tensor) -> dict[Any, tuple[Any, ...]]:
    """Arguments of the operations that do not follow from their types; `h`, `g` are `[B, 5]`."""
    three = h.view(-1, 5, 1)
    return {
        aten.mm.default: (h, w),
        aten.addmm.default: (g, h, w),
        aten.bmm.default: (three, g.view(-1, 1, 5)),
        aten.baddbmm.default: (three.expand(-1, 5, 5), three, g.view(-1, 1, 5)),
        aten.mv.default: (h, w[0]),
        aten.addmv.default: (g[:, 0], h, w[0]),
        aten.dot.default: (h[0], w[0]),
        aten.clamp.default: (h, -0.5, 0.5),
        aten.clamp.Tensor: (h, g, w[0]),
        aten.where.self: (h > 0, g, h),
        aten.masked_fill.Scalar: (h, g > 0, 1.0),
        aten.masked_fill.Tensor: (h, g > 0, w[0, 0]),
        aten.fill.Tensor: (h, w[0, 0]),
        aten._to_copy.default: (h,),
        aten.logical_and.default: (h > 0, g > 0),
        aten.logical_or.default: (h > 0, g > 0),
        aten.bitwise_and.Tensor: (h > 0, g > 0),
        aten.bitwise_or.Tensor: (h > 0, g > 0),
        aten.bitwise_not.default: (h > 0,),
        aten.any.dim: (h > 0, 1),
        aten.all.dim: (h > 0, 1),
        aten.native_layer_norm.default: (h, (5,), w[0], w[1], 1e-5),
        aten.permute.default: (h, (1, 0)),
        aten.view.default: (h, (-1, 5, 1)),
        aten._unsafe_view.default: (h, (-1, 5, 1)),
        aten.squeeze.dim: (three, 2),
        aten.squeeze.dims: (three, (2,)),
        aten.expand.default: (three, (-1, 5, 3)),
        aten.repeat.default: (h, (1, 3)),
        aten.slice.Tensor: (h, 1, 1, 3),
        aten.split.Tensor: (h, 2, 1),
        aten.split_with_sizes.default: (h, (2, 3), 1),
        aten.cat.default: ((h, g), 1),
        aten.stack.default: ((h, g), 1),
        aten.flip.default: (h, (1,)),
        aten.roll.default: (h, (2,), (1,)),
        aten.diagonal.default: (three.expand(-1, 5, 5), 0, 1, 2),
        aten.slice_scatter.default: (h, g[:, :2], 1, 1, 3),
        aten.select_scatter.default: (h, g[:, 0], 1, 2),
    }


def by_type(op: Any, tensors: list[Tensor]) -> tuple[Any, ...]:
    """Arguments by the operation's own declaration."""
    given: list[Any] = []
    for spec in op._schema.arguments:
        kind_of = str(spec.type)
        if kind_of == "Tensor":
            given.append(tensors[len(given)])
        elif spec.name == "dim":
            given.append((1,) if "List" in kind_of else 1)
        elif spec.has_default_value() or spec.kwarg_only:
            break
        else:
            given.append({"int": 1, "bool": False}.get(kind_of, 0.5))
    return tuple(given)


@pytest.mark.parametrize(("op", "row"), TRIED.items(), ids=str)
def test_a_kind_says_how_rows_move(op: Any, row: Op) -> None:
    """What the kind says of each element's row, against a trial that changes one row at a time."""

    @segue.cell
    def step(x: "5", h: "5", *, w: "5 5"):
        args = others(x, h, w).get(op) or by_type(op, [x, h, (x * h).tanh()])
        out = op(*args, **KEYWORDS.get(row.torch, {}))
        out = out if isinstance(out, Tensor) else out[0]
        return out.float().sum() + h, (h,)

    family = _family(step, {}, torch.float32)
    graph = merge(step, family, partial(trace, step, family.sizes))
    node = next(node for node in graph.nodes if node.op is op)
    batch = family.batches[0]
    trial = _Trial(step, graph, batch)
    labels = {value: _rows(value, batch) for value in (graph.input, *graph.state)}
    for each in graph.nodes:
        if each is node:
            break
        labels |= {
            value: found
            for value, found in zip(each.results, _propagate(each, labels, trial), strict=True)
            if found is not None
        }
    claimed, tried = _propagate(node, labels, trial)[0], trial.judge(node, labels)[0]
    assert claimed is not None
    assert claimed.shape == tried.shape
    assert ((tried == 0) | (tried == claimed) | (claimed == MIXED)).all()
    assert claimed.any(), "some element depends on a row"
    if row.kind is not Kind.POINTWISE:
        assert (claimed == MIXED).any() == (row.torch in OF_EVERYTHING)


def test_every_row_has_words_and_a_cost_that_fits_its_kind() -> None:
    for row in TABLE.values():
        assert row.meaning
        if row.kind in (Kind.VIEW, Kind.FILL):
            assert row.flops == 0
        if row.kind is Kind.PRODUCT:
            assert row.flops == 2
    assert len({row.torch for row in TABLE.values()}) == len(TABLE)


def test_the_registered_cells_use_nothing_else() -> None:
    for cell in cells.registered():
        sizes = dict.fromkeys(cell.symbols, 3)
        assert all(kind(node) is not None for node in trace(cell, sizes).nodes)


def cost(cell: segue.Cell, sizes: dict[str, int], batch: int) -> int:
    return sum(flops(node, batch) for node in symbolic(cell, sizes).nodes)


def test_the_cost_of_known_cells() -> None:
    d, h = 3, 5
    sizes = {"D": d, "H": h}
    assert cost(cells.rnn(), sizes, 1) == 2 * h * d + 2 * h * h + 3 * h
    # two products, two additions for each of four gates; three sigmoids, two tanh, and
    # three products and a sum of vectors
    assert cost(cells.lstm, sizes, 1) == 8 * h * d + 8 * h * h + 8 * h + 9 * h
    assert cost(cells.lstm, sizes, 7) == 7 * cost(cells.lstm, sizes, 1)


def test_the_cost_of_each_kind() -> None:
    @segue.cell
    def step(x: "D", h: "H", *, w: "H D", v: "H H"):
        a = torch.addmm(h, x, w.T)  # 2HD + H for each row
        b = a.sum(-1, keepdim=True)  # H
        c = torch.nn.functional.silu(a) * b  # 2H + H
        d = (v * 2).sum()  # 2HH whatever the batch
        return c + d, (h,)  # H

    d, h = 3, 5
    for batch in (1, 4):
        wanted = batch * (2 * h * d + h + h + 3 * h + h) + 2 * h * h
        assert cost(step, {"D": d, "H": h}, batch) == wanted
