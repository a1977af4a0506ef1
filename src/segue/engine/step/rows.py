"""Shows that rows of the batch are independent, or names the operation that mixes them.

Every element of every value gets a label: the row of the batch that it depends on (counted from 1),
or 0 for none. Labels go through the graph as the kinds of the op table say: a pointwise operation
joins the labels that meet, a product or a reduction joins them along what it sums over, a view
moves them. Where two different rows meet, the label says so. An operation outside the table is
tried: the label of an element is the row whose change changes it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor

from segue.engine.step.graph import ROWS, Graph, Node, Size, Value, call, evaluate_all
from segue.engine.step.ops import Kind, kind
from segue.errors import CellError

MIXED = -1
_COUNTS = (
    "the step computes with the number of rows of the batch, so that a row depends on how many"
    " others there are; use it for shapes only"
)


class Cell(Protocol):
    """Whose step it is, as far as a refusal needs to know."""

    @property
    def error(self) -> Callable[[str, int | None], CellError]:
        """The error that says what is wrong, and in which line."""


def check_rows(cell: Cell, graph: Graph, batch: int) -> None:
    """Refuse a step in which a row of the batch depends on another.

    Args:
        cell: whose step it is, for the message.
        graph: what the step computes.
        batch: rows to check with; more than one.

    Raises:
        CellError: with the operation that mixes or moves rows, and its line.
    """
    labels = label(cell, graph, batch)
    for value in (graph.output, *graph.next_state):
        if value not in labels:
            continue
        if (labels[value] == MIXED).any():
            node = _mixer(graph, labels, value)
            raise cell.error(
                f"{node.title} mixes rows of the batch, of which each must be computed alone; work"
                " along dim=-1, and leave statistics over the batch to layers",
                node.line,
            )
        if not _in_place(labels[value], 0):
            node = _mover(graph, labels, batch)
            raise cell.error(
                f"{node.title} moves rows of the batch, so that a row comes out of another one;"
                " keep the batch first and in order",
                node.line,
            )


def label(cell: Cell, graph: Graph, batch: int) -> dict[Value, Tensor]:
    """The labels of all values that depend on rows: from 1, 0 for none, `MIXED` for several.

    Raises:
        CellError: an operation that works for some numbers of rows alone.
    """
    labels = {value: _rows(value, batch) for value in (graph.input, *graph.state, *graph.contexts)}
    trial = _Trial(cell, graph, batch)
    for node in graph.nodes:
        _check_node(cell, node, labels)
        for value, found in zip(node.results, _propagate(node, labels, trial), strict=True):
            if found is None and ROWS in value.shape:
                found = _rows(value, batch)
            if found is not None:
                labels[value] = found
    return labels


def _rows(value: Value, batch: int) -> Tensor:
    """Labels of a value whose rows depend each on itself."""
    axis = value.shape.index(ROWS)
    return _count(axis, _shape(value, batch))


def _count(axis: int, shape: torch.Size) -> Tensor:
    rows = torch.arange(1, shape[axis] + 1)
    return rows.view([-1 if i == axis else 1 for i in range(len(shape))]).expand(shape)


def _in_place(labels: Tensor, axis: int) -> bool:
    """Whether the labels count the rows along one dimension."""
    return bool(((labels == _count(axis, labels.shape)) | (labels == 0)).all())


def _mixer(graph: Graph, labels: Mapping[Value, Tensor], value: Value) -> Node:
    """The node where the mixture in a value began."""
    makers = {result: node for node in graph.nodes for result in node.results}
    while True:
        node = makers[value]
        mixed = [v for v in node.inputs if v in labels and (labels[v] == MIXED).any()]
        if not mixed:
            return node
        value = mixed[0]


def _mover(graph: Graph, labels: Mapping[Value, Tensor], batch: int) -> Node:
    """The first node that takes rows in order and gives them in another order."""

    def ordered(value: Value) -> bool:
        found = labels.get(value)
        return found is None or any(
            _in_place(found, axis) for axis, n in enumerate(found.shape) if n == batch
        )

    for node in graph.nodes:
        if all(map(ordered, node.inputs)) and not all(map(ordered, node.results)):
            return node
    return graph.nodes[-1]


def _check_node(cell: Cell, node: Node, labels: Mapping[Value, Tensor]) -> None:
    """Refuse what works for this batch and would not for another."""
    if node.op is torch.ops.aten.squeeze.default and node.inputs[0] in labels:
        raise cell.error(
            "squeeze without a dimension takes the batch out too when it has one row; name the"
            " dimension",
            node.line,
        )
    # In a shape the batch is one of several numbers, in a view it may be the end of a range.
    is_number = any(isinstance(arg, Size) and arg.batch for arg in _numbers(node))
    if is_number and kind(node) not in (Kind.VIEW, None):
        raise cell.error(_COUNTS, node.line)
    if kind(node) is None and not node.inputs and any(map(_has_rows, node.results)):
        raise cell.error(_COUNTS, node.line)


def _numbers(node: Node) -> tuple[Any, ...]:
    return (*node.args, *node.kwargs.values())


def _has_rows(value: Value) -> bool:
    return any(size.batch for size in value.shape)


def _propagate(
    node: Node, labels: Mapping[Value, Tensor], trial: "_Trial"
) -> tuple[Tensor | None, ...]:
    known = [labels[value] for value in node.inputs if value in labels]
    of_kind = kind(node)
    if not known or of_kind is Kind.FILL:
        return (None,) * len(node.results)
    if of_kind is Kind.VIEW:
        return _move(node, labels, trial.batch)
    if of_kind is Kind.POINTWISE:
        joined = _join_all(known)
        return tuple(joined.expand(_shape(value, trial.batch)) for value in node.results)
    if of_kind is Kind.PRODUCT:
        return (_multiply(node, labels, trial.batch),)
    if of_kind is Kind.REDUCTION:
        return _reduce(node, labels, trial.batch)
    return trial.judge(node, labels)


def _join(a: Tensor, b: Tensor) -> Tensor:
    return torch.where(a == 0, b, torch.where((b == 0) | (a == b), a, MIXED))


def _join_all(known: list[Tensor]) -> Tensor:
    joined = known[0]
    for other in known[1:]:
        joined = _join(joined, other)
    return joined


def _join_along(labels: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Join along dimensions, which stay with size 1."""
    if labels.numel() == 0 or not dims:
        return labels
    high = labels.amax(dims, keepdim=True)
    low = torch.where(labels == 0, high, labels).amin(dims, keepdim=True)
    return torch.where(low == high, high, MIXED)


def _shape(value: Value, batch: int) -> torch.Size:
    return torch.Size(size.at(batch) for size in value.shape)


def _blank(value: Value, batch: int) -> Tensor:
    return torch.zeros(_shape(value, batch), dtype=torch.int64)


def _move(node: Node, labels: Mapping[Value, Tensor], batch: int) -> tuple[Tensor, ...]:
    known = {value: labels.get(value, _blank(value, batch)) for value in node.inputs}
    return call(node, known, batch)


def _multiply(node: Node, labels: Mapping[Value, Tensor], batch: int) -> Tensor:
    *added, left, right = (labels.get(v, _blank(v, batch)) for v in node.inputs)
    vector = right.dim() == 1
    a = _join_along(left, (-1,))
    b = _join_along(right, (0,) if vector else (-2,))
    if vector:
        a, b = a.squeeze(-1), b.squeeze(-1)
    return _join_all([_join(a, b), *added])


def _reduce(node: Node, labels: Mapping[Value, Tensor], batch: int) -> tuple[Tensor | None, ...]:
    first, *others = (labels.get(value, _blank(value, batch)) for value in node.inputs)
    joined = _join_along(first, _reduced_dims(node, first.dim()))
    results: list[Tensor | None] = []
    for value in node.results:
        shape = _shape(value, batch)
        if shape == first.shape:
            results.append(_join_all([joined.expand(shape), *others]))
        else:
            results.append(joined.reshape(shape))
    return tuple(results)


def _reduced_dims(node: Node, rank: int) -> tuple[int, ...]:
    names = [arg.name for arg in node.op._schema.arguments]
    given = {**dict(zip(names, node.args, strict=False)), **node.kwargs}
    if "normalized_shape" in given:
        return tuple(range(-len(given["normalized_shape"]), 0))
    dim = given.get("dim")
    if dim is None or dim == ():
        return tuple(range(rank))
    return dim if isinstance(dim, tuple) else (dim,)


@dataclass(frozen=True)
class _Trial:
    """Judges an operation that the table does not have, by changing one row at a time."""

    cell: Cell
    graph: Graph
    batch: int

    @cached_property
    def runs(self) -> tuple[dict[Value, Tensor], dict[Value, Tensor]]:
        """All values of two runs: other input, other state, same parameters."""
        draw = torch.Generator().manual_seed(0)

        def random(value: Value) -> Tensor:
            return torch.randn(_shape(value, self.batch), generator=draw, dtype=value.dtype)

        shared = {v: random(v) for v in self.graph.params if v not in self.graph.contexts}

        def params() -> list[Tensor]:
            return [shared[v] if v in shared else random(v) for v in self.graph.params]

        flow = (self.graph.input, *self.graph.state)
        try:
            one, two = (
                evaluate_all(self.graph, [random(value) for value in flow], params())
                for _ in range(2)
            )
        except (RuntimeError, IndexError) as error:
            text = str(error).partition("\n")[0]
            raise self.cell.error(
                f"the step fails on random numbers, so that its rows cannot be compared: {text};"
                " make it work for any numbers",
                None,
            ) from error
        return one, two

    def judge(self, node: Node, labels: Mapping[Value, Tensor]) -> tuple[Tensor, ...]:
        one, two = self.runs
        base = call(node, one, self.batch)
        found = [torch.zeros(out.shape, dtype=torch.int64) for out in base]
        known = {value: labels.get(value) for value in node.inputs}
        for row in range(1, self.batch + 1):
            for changed in self._changes(row, known, one, two):
                try:
                    outs = call(node, changed, self.batch)
                except (RuntimeError, IndexError):  # some refuse what is not finite
                    continue
                for i, (out, was) in enumerate(zip(outs, base, strict=True)):
                    differs = ~torch.isclose(out, was, rtol=0, atol=0, equal_nan=True)
                    found[i] = _join(found[i], torch.where(differs, row, 0))
        return tuple(found)

    @staticmethod
    def _changes(
        row: int,
        known: Mapping[Value, Tensor | None],
        one: Mapping[Value, Tensor],
        two: Mapping[Value, Tensor],
    ) -> Iterator[dict[Value, Tensor]]:
        """The arguments of a node with one row replaced: by other numbers, NaN, and huge ones."""
        changed = dict(one)
        for new in (None, torch.nan, 1e30):
            for value, labels in known.items():
                if labels is None or (new is not None and not value.dtype.is_floating_point):
                    continue
                other = two[value] if new is None else torch.full_like(one[value], new)
                hit = (labels == row) | (labels == MIXED)
                changed[value] = torch.where(hit, other, one[value])
            yield changed
