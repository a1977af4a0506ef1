"""A split step made ready to run: three loops in normal form, and the order of the stages.

Outside the loops a stage computes with the real rows of all time steps side by side, `[N, ...]`.
Padding is left out before the first stage and put back, as zeros, after the last one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from segue.engine import threads
from segue.engine.graph import ROWS, Graph, Node, Value
from segue.engine.loop import Course, Loop, Order, Reset, Results
from segue.engine.normal import Given, Normal, features, normalize
from segue.engine.ops import Kind, kind
from segue.engine.products import call
from segue.engine.split import Body, Split, split, whole

JOINED_ROWS = 6  # of each thread, from which on products of the input stay in the loop
_PIECE, _MOST_PIECES = 128, 16  # rows of a product over rows, at least; pieces, at most


class Kernel(Protocol):
    """Something that runs a loop, as `Interpreted` does."""

    def run(
        self,
        streams: Sequence[Tensor],
        carries: Sequence[Tensor],
        params: Sequence[Tensor],
        course: Course,
    ) -> Results:
        """The outs of all steps, and the carries after the last one."""


Compile = Callable[[Loop], Kernel]


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
        return (self.lengths > torch.arange(self.steps)[:, None]).flatten().nonzero()[:, 0]

    @property
    def count(self) -> int:
        """How many real rows all steps have."""
        return self.steps * self.rows if self.real is None else len(self.real)

    @cached_property
    def forward(self) -> Course:
        """How the forward loop runs."""
        order = Order.DOWN if self.reverse else Order.UP
        return Course(self.steps, self.rows, order, self.lengths, self.reset, Reset.BEFORE)

    @cached_property
    def backward(self) -> Course:
        """How the backward loop runs."""
        order = Order.UP if self.reverse else Order.DOWN
        return Course(self.steps, self.rows, order, self.lengths, self.reset, Reset.AFTER)

    def pack(self, tensor: Tensor) -> Tensor:
        """The real rows of `[T * B, ...]`, as `[N, ...]`."""
        return tensor if self.real is None else tensor.index_select(0, self.real)

    def spread(self, tensor: Tensor) -> Tensor:
        """`[T * B, ...]` of `[N, ...]`, with zeros in padding."""
        if self.real is None:
            return tensor
        full = tensor.new_zeros(self.steps * self.rows, *tensor.shape[1:])
        return full.index_copy_(0, self.real, tensor)

    def stacked(self, tensor: Tensor) -> Tensor:
        """`[T, B, ...]` of `[T * B, ...]`."""
        return tensor.view(self.steps, self.rows, *tensor.shape[1:])


class Known(dict[Value, Tensor]):
    """Tensors by value: those that have rows with the real rows of all steps, `[N, ...]`.

    What is known with all rows, `[T * B, ...]`, is packed when a stage outside the loops asks for
    it, and the other way round.
    """

    def __init__(self, timing: Timing) -> None:
        super().__init__()
        self.timing = timing
        self.whole: dict[Value, Tensor] = {}

    def __missing__(self, value: Value) -> Tensor:
        tensor = self.whole[value]
        if value.shape[:1] == (ROWS,):
            tensor = self.timing.pack(tensor)
        self[value] = tensor
        return tensor

    def all_rows(self, value: Value) -> Tensor:
        """`[T * B, ...]`, where rows in padding hold anything; what has no rows as it is."""
        if value not in self.whole:
            tensor = self[value]
            if value.shape[:1] == (ROWS,):
                tensor = self.timing.spread(tensor)
            self.whole[value] = tensor
        return self.whole[value]


@dataclass(frozen=True, eq=False)
class Section:
    """A body, its normal form and its kernel, which is compiled when it first runs."""

    body: Body
    normal: Normal
    compile: Compile

    @cached_property
    def kernel(self) -> Kernel:
        """What runs the loop."""
        return self.compile(self.normal.loop)

    def run(
        self, known: Known, carries: Sequence[Tensor], timing: Timing, course: Course
    ) -> tuple[dict[Value, Tensor], tuple[Tensor, ...]]:
        """The outs, `[T * B, ...]`, with the totals, and the last carries."""
        outs, last = self.kernel.run(
            [self._stream(known.all_rows(value)) for value in self.normal.streams],
            [_flat(each, timing.rows).contiguous() for each in carries],
            self.parameters(known),
            course,
        )
        count, size = len(self.body.outs), timing.steps * timing.rows
        named = {
            value: _shaped(out, value, (size, *features(value)))
            for value, out in zip(self.body.outs, outs[:count], strict=True)
        }
        for (_, value), total in zip(self.body.totals, outs[count:], strict=True):
            named[value] = _shaped(total, value, tuple(each.count for each in value.shape))
        after = tuple(
            each if len(value.shape) == each.dim() else each.view(timing.rows, *features(value))
            for value, each in zip(self.body.carries, last, strict=True)
        )
        return named, after

    def parameters(self, known: Known) -> list[Tensor]:
        """What the loop takes for its params."""
        dtype = self.normal.loop.dtype
        return [_parameter(each, known[each.value], dtype) for each in self.normal.params]

    def _stream(self, tensor: Tensor) -> Tensor:
        tensor = _flat(tensor, len(tensor))
        if tensor.dtype != self.normal.loop.dtype:
            tensor = tensor.to(self.normal.loop.dtype)
        return tensor if tensor.stride(-1) == 1 else tensor.contiguous()


# What follows asks before it calls, since torch takes a microsecond even for nothing.


def _flat(tensor: Tensor, rows: int) -> Tensor:
    return tensor if tensor.dim() == 2 else tensor.reshape(rows, tensor.shape[1:].numel())


def _shaped(tensor: Tensor, value: Value, shape: tuple[int, ...]) -> Tensor:
    if tensor.shape != shape:
        tensor = tensor.view(shape)
    return tensor if tensor.dtype == value.dtype else tensor.to(value.dtype)


def _parameter(given: Given, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    shape = given.shape
    if tensor.dtype != dtype:
        tensor = tensor.to(dtype)
    if shape is None:
        return tensor if tensor.dim() == 2 else tensor[:, None]
    if tensor.numel() == 1:
        return tensor.reshape(1)
    tensor = tensor.reshape(tensor.shape[max(0, tensor.dim() - len(shape)) :])
    return tensor.expand(shape).reshape(-1).contiguous()


def compute(nodes: Iterable[Node], known: Known, batch: int) -> None:
    """Run a stage: add to what is known."""
    for node in nodes:
        known |= zip(node.results, call(node, known, batch), strict=True)


def only(nodes: Sequence[Node], wanted: Iterable[Value]) -> tuple[Node, ...]:
    """The nodes of a stage that some values need."""
    needed, kept = set(wanted), []
    for node in reversed(nodes):
        if needed.intersection(node.results):
            needed.update(node.inputs)
            kept.append(node)
    return tuple(reversed(kept))


class Program:
    """A cell's step, forward and backward, ready to run.

    Attributes:
        split: the stages.
        inference: the forward loop when no gradient is wanted.
        training: the forward loop that writes what the backward pass reads.
        backward: the backward loop.
        saved: values that the forward pass keeps for the backward pass, besides its arguments.
        weights: what products in the loops round both sides to; they do not when None.
    """

    def __init__(
        self, graph: Graph, parts: Split, compile: Compile, weights: torch.dtype | None = None
    ) -> None:
        self.graph = graph
        self.weights = weights
        self.split = parts
        self.compile = compile
        self.joint = parts.joint
        self.inference = self._section("inference", parts.inference)
        self.training = self._section("training", parts.training)
        self.backward = self._section("backward", parts.backward)
        self._sinks: dict[tuple[Value, ...], tuple[Node, ...]] = {}
        self.saved = tuple(value for value in parts.saved if value is not self.joint.input)

    def _section(self, name: str, body: Body) -> Section:
        normal = normalize(
            f"{self.graph.name}.{name}", self.graph.dtype, body, self.joint.constants
        )
        rounding = replace(normal.loop, weights=self.weights)
        return Section(body, replace(normal, loop=rounding), self.compile)

    @cached_property
    def stream(self) -> Section:
        """The forward loop with the whole step in it, for steps that come one at a time.

        Raises:
            Refusal: something that the other loops leave out has no normal form.
        """
        return self._section("stream", whole(self.joint, self.split.fixed))

    @cached_property
    def joined(self) -> "Program | None":
        """The same with the products of the input in the loop; None where there are none.

        A product in the loop reads its weights at each step, and one before it writes its results
        and reads them again: for many rows the first is cheaper.
        """
        if Kind.PRODUCT not in map(kind, self.split.hoist):
            return None
        parts = split(self.joint, hoist=False)
        return Program(self.graph, parts, self.compile, self.weights)

    def at(self, timing: Timing) -> "Program":
        """The program for so many rows."""
        many = timing.rows >= JOINED_ROWS * threads.available()
        return (self.joined if many else None) or self

    def _sink(self, asked: tuple[Value, ...]) -> tuple[Node, ...]:
        """The nodes of the sink that some gradients need."""
        if asked not in self._sinks:
            self._sinks[asked] = only(self.split.sink, asked)
        return self._sinks[asked]

    def known(self, params: Sequence[Tensor], timing: Timing) -> Known:
        """What depends on parameters alone."""
        joint, known = self.joint, Known(timing)
        known |= zip(joint.params, params, strict=True)
        known |= {each.value: each.data for each in joint.constants}
        compute(self.split.fixed, known, 0)
        return known

    def forward(
        self,
        xs: Tensor,
        state: Sequence[Tensor],
        params: Sequence[Tensor],
        timing: Timing,
        *,
        training: bool,
    ) -> tuple[Tensor, tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Outputs, the final state, and what was saved, `[T * B, ...]` (nothing unless training).

        Outputs are zero in padding.
        """
        joint, section = self.joint, self.training if training else self.inference
        known = self.known(params, timing)
        known.whole[joint.input] = xs.flatten(0, 1)
        compute(self.split.hoist, known, timing.count)
        outs, last = section.run(known, state, timing, timing.forward)
        known.whole |= outs
        compute(self.split.after, known, timing.count)
        ys = outs[joint.output] if joint.output in outs else timing.spread(known[joint.output])
        saved = tuple([known.all_rows(value) for value in self.saved]) if training else ()
        return timing.stacked(ys), last, saved

    def gradients(
        self,
        xs: Tensor,
        params: Sequence[Tensor],
        saved: Sequence[Tensor],
        cotangents: tuple[Tensor, Sequence[Tensor]],
        timing: Timing,
        wanted: Mapping[Value, bool],
    ) -> tuple[dict[Value, Tensor], tuple[Tensor, ...]]:
        """Gradients of the input and of parameters that are wanted, and of the initial state."""
        joint, count = self.joint, timing.count
        known = self.known(params, timing)
        known.whole[joint.input] = xs.flatten(0, 1)
        known.whole[joint.cotangent] = cotangents[0].flatten(0, 1)
        known.whole |= zip(self.saved, saved, strict=True)
        compute(self.split.before, known, count)
        outs, state = self.backward.run(known, cotangents[1], timing, timing.backward)
        known |= {value: outs.pop(value) for _, value in self.backward.body.totals}
        known.whole |= outs
        asked = [value for value, is_wanted in wanted.items() if is_wanted]
        compute(self._sink(tuple(asked)), known, count)
        found = {value: known[value] for value in asked}
        if joint.input_gradient in found:
            gradient = joint.input_gradient
            found[gradient] = timing.stacked(timing.spread(known[gradient]))
        return found, state
