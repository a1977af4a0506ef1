"""What the values of a step are for one row: what they depend on, and how their features lie."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import prod

import torch
from torch import Tensor

from segue.engine.step.graph import ROWS, Graph, Node, Value, call
from segue.engine.step.ops import Kind, kind

_aten = torch.ops.aten
_PLAIN = (_aten.mm.default, _aten.addmm.default, _aten.mv.default, _aten.addmv.default)
_JOINS = (_aten.cat.default, _aten.stack.default)
# The same elements in another shape.
RESHAPES = (
    _aten.view.default,
    _aten._unsafe_view.default,
    _aten.unsqueeze.default,
    _aten.squeeze.dim,
    _aten.squeeze.dims,
    _aten.clone.default,
    _aten.detach.default,
)


def in_front(value: Value) -> bool:
    """Whether a value is `[B, ...]`."""
    return value.shape[:1] == (ROWS,) and not any(size.batch for size in value.shape[1:])


def has_rows(value: Value) -> bool:
    """Whether the batch is in the shape of a value, wherever."""
    return any(size.batch for size in value.shape)


def alone(value: Value) -> tuple[int, ...]:
    """The shape of a value where the batch is one row."""
    return tuple(size.at(1) for size in value.shape)


class Facts:
    """What the values of a step depend on.

    Attributes:
        rowed: on input or state, so that they differ from row to row.
        of_state: on the state.
        source: for a factor, an earlier value with the same features in the same order.
        parts: what was joined, side by side, to the features of a factor, if some is of no state.
            Neighbours that are both of the state, or both not, stay together.
    """

    def __init__(self, graph: Graph) -> None:
        self.maker = {value: node for node in graph.nodes for value in node.results}
        self.rowed = {graph.input, *graph.state}
        self.of_state = set(graph.state)
        for node in graph.nodes:
            for found in (self.rowed, self.of_state):
                if found.intersection(node.inputs) and kind(node) is not Kind.FILL:
                    found.update(node.results)
        products = (node for node in graph.nodes if kind(node) is Kind.PRODUCT)
        factors = dict.fromkeys(value for node in products for value in node.inputs)
        self.source = {value: self._source(value) for value in factors}
        self.parts = {value: self._parts(value) for value in factors}

    def stands(self, node: Node) -> bool:
        """Whether the batch is in front, and a product is rows by a parameter."""
        if not all(map(self.in_place, node.results)):
            return False
        if kind(node) is not Kind.PRODUCT or node.results[0] not in self.rowed:
            return True
        return self.is_plain(node) and not self.parts[node.inputs[-2]]

    def in_place(self, value: Value) -> bool:
        """Whether the batch of a value is in front, and it differs from row to row if it has one.

        What is repeated for each row may be broadcast; moved about it may not.
        """
        if not has_rows(value):
            return True
        maker = self.maker.get(value)
        repeats = maker is not None and maker.op in (_aten.expand.default, *RESHAPES)
        filled = maker is not None and kind(maker) is Kind.FILL
        return in_front(value) and (value in self.rowed or repeats or filled)

    def is_plain(self, node: Node) -> bool:
        """Whether a product is rows by a parameter."""
        if node.op not in _PLAIN:
            return False
        *_, left, right = node.inputs
        return left in self.rowed and in_front(left) and not has_rows(right)

    def _views(self, value: Value) -> Iterator[Node]:
        """The views that lead to a value, the last one first."""
        maker = self.maker.get(value)
        while maker is not None and kind(maker) is Kind.VIEW:
            yield maker
            maker = self.maker.get(maker.inputs[0])

    def _source(self, value: Value) -> Value:
        path: list[Node] = []
        found = value
        for node in self._views(value):
            path.insert(0, node)
            if node.op in _JOINS or len(node.results) > 1:
                break
            if _keep_order(path):
                found = node.inputs[0]
        return found

    def _parts(self, value: Value) -> tuple[tuple[Value, ...], ...]:
        maker = self.maker.get(self.source[value])
        if maker is None or maker.op not in _JOINS or not _keep_order([maker]):
            return ()
        groups = [tuple(group) for _, group in groupby(maker.inputs, self.of_state.__contains__)]
        return tuple(groups) if len(groups) > 1 else ()


def _keep_order(path: Sequence[Node]) -> bool:
    """Whether operations that move features leave those of a row in their order."""
    count = 0
    places: dict[Value, Tensor] = {}
    for value in path[0].inputs:
        width = prod(alone(value))
        places[value] = torch.arange(count, count + width, device="cpu").view(alone(value))
        count += width
    if len(places) < len(path[0].inputs):  # the same tensor twice
        return False
    for node in path:
        places |= zip(node.results, call(node, places, 1), strict=True)
    last = places[path[-1].results[0]]
    return torch.equal(last.flatten(), torch.arange(count, device="cpu"))


class Rows:
    """The tensors of a step while it is computed; what differs from row to row has `B` in front.

    Attributes:
        known: a value as it is written, if its batch is in front; else `[B, *alone]`; what is the
            same for each row is as it is for one row.
        count: B.
    """

    def __init__(
        self, graph: Graph, facts: Facts, flow: Sequence[Tensor], params: Sequence[Tensor]
    ) -> None:
        self.facts = facts
        self.count = flow[0].shape[0]
        self.known = dict(zip((graph.input, *graph.state), flow, strict=True))
        self.known |= zip(graph.params, params, strict=True)
        self.known |= {each.value: each.data.to(flow[0].device) for each in graph.constants}

    def put(self, value: Value, found: Tensor) -> None:
        """Keep a tensor `[B, ...]`, in whatever shape."""
        shape = (self.count, *(alone(value)[1:] if in_front(value) else alone(value)))
        self.known[value] = found if found.shape == shape else found.reshape(shape)

    def row(self, value: Value) -> Tensor:
        """`[B, *alone]`; `alone` of what is the same for each row."""
        found = self.known[value]
        return found.unsqueeze(1) if value in self.facts.rowed and in_front(value) else found

    def spread(self, value: Value) -> Tensor:
        """`[B, *alone]` of any value."""
        found = self.row(value)
        return found if value in self.facts.rowed else found.expand(self.count, *found.shape)

    def whole(self, value: Value) -> Tensor:
        """What is returned, `[B, ...]`."""
        found = self.known[value]
        return found if value in self.facts.rowed else found.expand(self.count, *found.shape[1:])

    def shaped(self, value: Value, *shape: int) -> Tensor:
        """The features of a row in another shape, with `B` in front if they differ by row."""
        found = self.known[self.facts.source.get(value, value)]
        shape = (self.count, *shape) if value in self.facts.rowed else shape
        return found if found.shape == shape else found.reshape(shape)

    def aligned(self, value: Value, result: Value) -> Tensor:
        """A value to be broadcast to a result as `known` has it."""
        rowed = value in self.facts.rowed
        if not rowed or (in_front(value) and in_front(result)):
            return self.known[value]
        found, rank = self.row(value), len(result.shape)
        lead = () if in_front(result) else [1] * (rank - len(value.shape))
        return found.reshape(self.count, *lead, *found.shape[1:])
