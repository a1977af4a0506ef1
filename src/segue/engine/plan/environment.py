"""The environment of a call, tensors by value: every stage finds there what it reads.

Outside the loops a stage computes with the real rows of all time steps side by side, `[N, ...]`.
The loops have all rows, `[T, B, ...]`; padding holds anything, and is zero in what is returned.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from segue.engine.plan.loop import Course, Order, Reset
from segue.engine.plan.normal import features
from segue.engine.plan.processor import Matrix, Processor
from segue.engine.step import graph
from segue.engine.step.graph import ROWS, Node, Value

_aten = torch.ops.aten
_PRODUCTS = (_aten.mm.default, _aten.addmm.default)


@dataclass(frozen=True, eq=False)
class Timing:
    """Steps, rows, and which of them are real; the same for all stages of a call."""

    steps: int
    rows: int
    lengths: Tensor | None = None
    reset: Tensor | None = None
    reverse: bool = False

    @cached_property
    def real(self) -> Tensor | None:
        """The numbers t * B + row of all real rows; None when all are."""
        if self.lengths is None:
            return None
        steps = torch.arange(self.steps, device=self.lengths.device)[:, None]
        return (self.lengths > steps).flatten().nonzero()[:, 0]

    @property
    def count(self) -> int:
        """How many real rows all steps have."""
        return self.steps * self.rows if self.real is None else len(self.real)

    @property
    def forward(self) -> Course:
        """How the forward loop runs."""
        order = Order.DOWN if self.reverse else Order.UP
        return Course(self.steps, self.rows, order, self.lengths, self.reset, Reset.BEFORE)

    @property
    def backward(self) -> Course:
        """How the backward loop runs."""
        order = Order.UP if self.reverse else Order.DOWN
        return Course(self.steps, self.rows, order, self.lengths, self.reset, Reset.AFTER)


class Environment(dict[Value, Tensor]):
    """Tensors by value: what has rows, with the real rows of all steps, `[N, ...]`.

    Attributes:
        whole: the same with all rows, `[T, B, ...]` or `[T * B, ...]`. Each is made of the other
            when it is asked for.
        makers: nodes that run when a result of theirs is first asked for.
    """

    def __init__(self, timing: Timing, makers: Mapping[Value, Node], processor: Processor) -> None:
        super().__init__()
        self.processor = processor
        self.timing = timing
        self.makers = makers
        self.whole: dict[Value, Tensor] = {}

    def __missing__(self, value: Value) -> Tensor:
        if value not in self.whole:
            self.compute([(self.makers[value],)])
            return self[value]
        tensor, timing = self.whole[value], self.timing
        if value.shape[:1] == (ROWS,):
            tensor = _shaped(tensor, (timing.steps * timing.rows, *features(value)))
            if timing.real is not None:
                tensor = tensor.index_select(0, timing.real)
        self[value] = tensor
        return tensor

    def all_rows(self, value: Value) -> Tensor:
        """What a loop reads: all rows, in padding anything; what has no rows as it is."""
        if value not in self.whole:
            self.whole[value] = self._spread(self[value], value)
        return self.whole[value]

    def returned(self, value: Value) -> Tensor:
        """`[T, B, ...]`, zero in padding, of what no loop has written."""
        timing = self.timing
        full = self.all_rows(value) if timing.real is None else self._spread(self[value], value)
        return _shaped(full, (timing.steps, timing.rows, *features(value)))

    def _spread(self, tensor: Tensor, value: Value) -> Tensor:
        timing = self.timing
        if timing.real is None or value.shape[:1] != (ROWS,):
            return tensor
        full = tensor.new_zeros(timing.steps * timing.rows, *tensor.shape[1:])
        return full.index_copy_(0, timing.real, tensor)

    def compute(self, groups: Iterable[Sequence[Node]]) -> None:
        """Run a stage; what `makers` makes waits until it is asked for."""
        for nodes in groups:
            if not is_product(nodes[0]) or not self._multiply(nodes):
                for node in nodes:
                    found = graph.call(node, self, self.timing.count)
                    self |= zip(node.results, found, strict=True)

    def _multiply(self, nodes: Sequence[Node]) -> bool:
        """Run products of one left side on the processor, where it takes them."""
        *added, left, _ = nodes[0].inputs
        side, others = self._side(left), [self._side(node.inputs[-1]) for node in nodes]
        timing, values = self.timing, [node.results[0] for node in nodes]
        whole = not added and values[0].shape[:1] == (ROWS,) and timing.real is None
        lead = (timing.steps, timing.rows) if whole else (side.rows,)
        results = self.processor.multiply(side, others, lead)
        if results is None:
            return False
        for value in added:
            results[0].add_(self[value])
        to = self.whole if whole else self
        to |= zip(values, results, strict=True)
        return True

    def _side(self, value: Value) -> Matrix:
        """A matrix as it lies in memory: to be read by lines or by columns."""
        maker = self.makers.get(value)
        if maker is not None and value not in self and is_turn(maker):
            return self._side(maker.inputs[0]).turned
        if self.timing.real is None and value in self.whole and value not in self:
            return Matrix.of(self.whole[value])
        return Matrix.of(self[value])


def together(nodes: Iterable[Node], makers: Mapping[Value, Node]) -> tuple[tuple[Node, ...], ...]:
    """A stage in groups: products of one left side go together, so that it is read but once.

    A product joins an earlier one if all that it reads was there by then.
    """
    groups: list[list[Node]] = []
    made: dict[Value, int] = {}

    def when(value: Value) -> int:
        maker = makers.get(value)
        return made.get(value, -1) if maker is None else max(map(when, maker.inputs), default=-1)

    for node in nodes:
        place = len(groups)
        if node.op is _aten.mm.default:
            first = max(map(when, node.inputs)) + 1
            place = next(
                (
                    index
                    for index in range(first, len(groups))
                    if groups[index][0].op is node.op and groups[index][0].args[0] is node.args[0]
                ),
                place,
            )
        if place == len(groups):
            groups.append([])
        groups[place].append(node)
        made |= dict.fromkeys(node.results, place)
    return tuple(map(tuple, groups))


def is_product(node: Node) -> bool:
    """Whether a node is a product of two matrices, or that and a sum."""
    return node.op in _PRODUCTS and not node.kwargs


def is_turn(node: Node) -> bool:
    """Whether a node transposes a matrix."""
    return node.op is _aten.permute.default and [d % 2 for d in node.args[1]] == [1, 0]


def _shaped(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Asked first, since torch takes a microsecond even for nothing."""
    return tensor if tensor.shape == shape else tensor.reshape(shape)
