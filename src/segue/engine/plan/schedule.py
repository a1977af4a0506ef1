"""A split step made ready to run: three loops in normal form, and the order of the stages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from segue.engine.plan.environment import Environment, Timing, is_turn, together
from segue.engine.plan.loop import Course
from segue.engine.plan.normal import Given, Normal, features, normalize, width
from segue.engine.plan.processor import Kernel, Processor
from segue.engine.plan.refusal import Refusal
from segue.engine.plan.split import Body, Split, split, whole
from segue.engine.step.graph import Graph, Node, Value
from segue.engine.step.ops import Kind, kind, products_flops


@dataclass(frozen=True, eq=False)
class Section:
    """A body, its normal form and its kernel, which is compiled when it first runs."""

    body: Body
    normal: Normal
    processor: Processor

    @cached_property
    def kernel(self) -> Kernel:
        """What runs the loop."""
        return self.processor.kernel(self.normal.loop)

    def run(
        self, known: Environment, carries: Sequence[Tensor], course: Course
    ) -> tuple[Tensor, ...]:
        """Adds the outs, `[T, B, ...]`, and totals to what is known; the last carries."""
        dtype, lead = self.normal.loop.dtype, (course.steps, course.rows)
        flow = zip(carries, self.body.carries, strict=True)
        outs = [
            self.processor.empty(*lead, *features(value), dtype=dtype) for value in self.body.outs
        ]
        places = zip(outs, self.body.outs, strict=True)
        totals, last = self.kernel.run(
            [self._stream(known.all_rows(value), value) for value in self.normal.streams],
            [_flat(each, value).contiguous() for each, value in flow],
            self.parameters(known),
            [_flat(each, value) for each, value in places],
            course,
        )
        for value, out in zip(self.body.outs, outs, strict=True):
            known.whole[value] = out if out.dtype == value.dtype else out.to(value.dtype)
        for (_, value), total in zip(self.body.totals, totals, strict=True):
            known[value] = total.view([each.count for each in value.shape])
        return tuple(
            each if len(value.shape) == each.dim() else each.view(course.rows, *features(value))
            for value, each in zip(self.body.carries, last, strict=True)
        )

    def parameters(self, known: Environment) -> list[Tensor]:
        """What the loop takes for its params."""
        dtype = self.normal.loop.dtype
        return [_parameter(each, known[each.value], dtype) for each in self.normal.params]

    def _stream(self, tensor: Tensor, value: Value) -> Tensor:
        tensor = _flat(tensor, value)
        if tensor.dtype != self.normal.loop.dtype:
            tensor = tensor.to(self.normal.loop.dtype)
        return tensor if tensor.stride(-1) == 1 else tensor.contiguous()


def _flat(tensor: Tensor, value: Value) -> Tensor:
    """Rows with their features side by side: `[..., width]`."""
    return tensor if len(value.shape) == 2 else tensor.reshape(-1, width(value))


def _parameter(given: Given, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    shape = given.shape
    if tensor.dtype != dtype:
        tensor = tensor.to(dtype)
    if shape == tensor.shape and tensor.dim() == 1:
        return tensor
    if shape is None:
        return tensor if tensor.dim() == 2 else tensor[:, None]
    if tensor.numel() == 1:
        return tensor.reshape(1)
    tensor = tensor.reshape(tensor.shape[max(0, tensor.dim() - len(shape)) :])
    return tensor.expand(shape).reshape(-1).contiguous()


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
        self,
        graph: Graph,
        parts: Split,
        processor: Processor,
        weights: torch.dtype | None = None,
    ) -> None:
        self.graph = graph
        self.weights = weights
        self.split = parts
        self.processor = processor
        self.joint = parts.joint
        self.inference = self._section("inference", parts.inference)
        self.training = self._section("training", parts.training)
        self.backward = self._section("backward", parts.backward)
        outside = (*parts.hoist, *parts.after, *parts.before, *parts.sink)
        lazy = (*parts.fixed, *filter(is_turn, outside))
        self._makers = {result: node for node in lazy for result in node.results}
        self._hoist, self._after, self._before = map(
            self._stage, (parts.hoist, parts.after, parts.before)
        )
        self._sinks: dict[tuple[Value, ...], tuple[tuple[Node, ...], ...]] = {}
        self.saved = tuple(value for value in parts.saved if value is not self.joint.input)

    def _section(self, name: str, body: Body) -> Section:
        normal = normalize(
            f"{self.graph.name}.{name}", self.graph.dtype, body, self.joint.constants
        )
        rounding = replace(normal.loop, weights=self.weights)
        return Section(body, replace(normal, loop=rounding), self.processor)

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

        What comes before such a product moves with it: where that has no normal form there is none
        either. A product in the loop reads its weights at each step, and one before it writes its
        results and reads them again: for many rows the first is cheaper.
        """
        if Kind.PRODUCT not in map(kind, self.split.hoist):
            return None
        parts = split(self.joint, hoist=False)
        try:
            return Program(self.graph, parts, self.processor, self.weights)
        except Refusal:
            return None

    def at(self, timing: Timing) -> "Program":
        """The program for so many rows."""
        many = timing.rows >= self.processor.joined_rows
        return (self.joined if many else None) or self

    def _sink(self, asked: tuple[Value, ...]) -> tuple[tuple[Node, ...], ...]:
        """The nodes of the sink that some gradients need."""
        if asked not in self._sinks:
            self._sinks[asked] = self._stage(only(self.split.sink, asked))
        return self._sinks[asked]

    def _stage(self, nodes: Iterable[Node]) -> tuple[tuple[Node, ...], ...]:
        """Nodes without those that run when they are asked for, in groups."""
        eager = (node for node in nodes if node.results[0] not in self._makers)
        return together(eager, self._makers)

    def environment(self, params: Sequence[Tensor], timing: Timing) -> Environment:
        """Parameters and constants."""
        joint, known = self.joint, Environment(timing, self._makers, self.processor)
        known |= zip(joint.params, params, strict=True)
        known |= {each.value: each.data for each in joint.constants}
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
        """Outputs, the final state, and what was saved (nothing unless training).

        Outputs are zero in padding.
        """
        output, section = self.joint.output, self.training if training else self.inference
        known = self.environment(params, timing)
        known.whole[self.joint.input] = xs
        known.compute(self._hoist)
        last = section.run(known, state, timing.forward)
        known.compute(self._after)
        ys = known.whole[output] if output in section.body.outs else known.returned(output)
        saved = tuple([known.all_rows(value) for value in self.saved]) if training else ()
        return ys, last, saved

    def saved_shapes(self, steps: int, rows: int) -> Iterator[tuple[tuple[int, ...], torch.dtype]]:
        """Shape and type of each tensor that `forward` saves."""
        for value in self.saved:
            if value in self.training.body.outs:
                yield (steps, rows, *features(value)), value.dtype
            else:
                yield tuple(size.at(steps * rows) for size in value.shape), value.dtype

    def forward_flops(self, rows: int, *, training: bool) -> int:
        """Of the products of `forward`, for so many rows of all steps: 2 for each multiply-add."""
        parts = self.split
        loop = parts.training if training else parts.inference
        return products_flops((*parts.fixed, *parts.hoist, *loop.nodes, *parts.after), rows)

    def gradients_flops(self, rows: int, asked: Iterable[Value]) -> int:
        """Of the products of `gradients`, if these are asked for."""
        parts = self.split
        sink = only(parts.sink, asked)
        return products_flops((*parts.before, *parts.backward.nodes, *sink), rows)

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
        joint, known = self.joint, self.environment(params, timing)
        known.whole |= {joint.input: xs, joint.cotangent: cotangents[0]}
        known.whole |= zip(self.saved, saved, strict=True)
        known.compute(self._before)
        state = self.backward.run(known, cotangents[1], timing.backward)
        asked = [value for value, is_wanted in wanted.items() if is_wanted]
        known.compute(self._sink(tuple(asked)))
        of_input = joint.input_gradient
        found = {value: known[value] for value in asked if value is not of_input}
        if of_input in asked:
            written = of_input in self.backward.body.outs
            found[of_input] = known.whole[of_input] if written else known.returned(of_input)
        return found, state
