"""The stages of a step that torch computes, node by node: what is done once, and what at each step.

    once      of parameters and contexts alone         once for each call
    hoist     of the input alone, by a product         once for all steps, before the loop
    forward   the rest                                 step by step
    backward  what the previous step's cotangent and the stages below need, step by step
    sink      the gradient of the input                once for all steps, after the loop
    late      gradients of parameters and contexts     once, of totals over the steps

A gradient of what all steps share is a sum over the steps, and linear operations can wait for it: a
product of one thing that varies with the steps and one that does not is computed of the sum. The
sum over the steps of a product of two that vary is one product, with the steps side by side along
the dimension that is summed over: the gradient of a weight over all rows, that of a memory over all
queries of a row.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from segue.engine.plan.derive import Joint
from segue.engine.plan.split import Dependence, Needs, is_heavy, leaves_of
from segue.engine.step.graph import ROWS, Graph, Node, Size, Value
from segue.engine.step.ops import Kind, kind

_aten = torch.ops.aten
_PRODUCTS = (_aten.mm.default, _aten.bmm.default)
_ADDITIVE = (_aten.add.Tensor, _aten.sub.Tensor, _aten.neg.default)
_SCALING = (_aten.mul.Tensor, *_PRODUCTS)
_TURNS = (_aten.t.default, _aten.transpose.int, _aten.permute.default)


@dataclass(frozen=True, eq=False)
class Operand:
    """One side of a product over all steps: a value of each step, and how the steps are joined.

    Attributes:
        axis: along which the values of the steps stand side by side.
        turned: whether the last two dimensions change places afterwards.
    """

    value: Value
    axis: int
    turned: bool


@dataclass(frozen=True, eq=False)
class Joined:
    """The sum over the steps of a product."""

    node: Node
    left: Operand
    right: Operand


@dataclass(frozen=True, eq=False)
class Stages:
    """The stages of a joint graph, and what is kept between them.

    Attributes:
        saved: forward values of each step that the backward pass reads.
        sums: values that are added up over the steps.
        joined: sums over the steps of products.
        spread: values of each step that `sink` reads, for all rows of all steps.
    """

    joint: Joint
    once: tuple[Node, ...]
    hoist: tuple[Node, ...]
    forward: tuple[Node, ...]
    backward: tuple[Node, ...]
    sink: tuple[Node, ...]
    late: tuple[Node, ...]
    saved: tuple[Value, ...]
    sums: tuple[Value, ...]
    joined: tuple[Joined, ...]
    spread: tuple[Value, ...]


def stages(graph: Graph, joint: Joint) -> Stages:
    """Divide a step and its derivative."""
    return _Division(graph, joint).stages()


class _Division:
    def __init__(self, graph: Graph, joint: Joint) -> None:
        self.joint = joint
        self.deps = deps = Dependence(joint)
        self.once = {n for n in joint.nodes if deps.of_node(n) is Needs.NOTHING}
        # What is made once and has rows fits the rows of one step, not those of all steps.
        self.by_row = set(graph.contexts)
        self.by_row |= {v for n in self.once for v in n.results if any(s.batch for s in v.shape)}
        self.forward = deps.above((joint.output, *joint.next_state)) - self.once
        self.hoist = self.hoisted()
        self.sums: dict[Value, None] = {}
        self.joined: dict[Value, Joined] = {}
        self.late: set[Node] = set()

    def stages(self) -> Stages:
        joint, deps = self.joint, self.deps
        for gradient in joint.param_gradients:
            self.total(gradient)
        operands = [side.value for each in self.joined.values() for side in (each.left, each.right)]
        wanted = [*joint.state_gradients, *self.sums, *operands]
        sink = self.sunk(wanted)
        spread = leaves_of(deps.in_order(sink), (joint.input_gradient,) if sink else ())
        spread = tuple(v for v in spread if deps.of(v) is not Needs.NOTHING)
        wanted += spread if sink else [joint.input_gradient]
        made = {v for n in self.forward for v in n.results}
        backward = deps.in_order(deps.above(wanted, made) - self.once)
        given = {joint.input, *joint.state, *made}
        read = set(leaves_of(backward, wanted))
        return Stages(
            joint=joint,
            once=deps.in_order(self.once),
            hoist=deps.in_order(self.hoist),
            forward=deps.in_order(self.forward - self.hoist),
            backward=backward,
            sink=deps.in_order(sink),
            late=deps.in_order(self.late),
            saved=tuple(v for v in self.in_order(given) if v in read),
            sums=tuple(self.sums),
            joined=tuple(self.joined.values()),
            spread=spread,
        )

    def in_order(self, values: set[Value]) -> Iterable[Value]:
        yield from (self.joint.input, *self.joint.state)
        yield from (v for node in self.joint.nodes for v in node.results if v in values)

    def for_all_steps(self, nodes: Iterable[Node]) -> bool:
        """Whether nodes can be computed of the rows of all steps at once."""
        return all(
            value.shape[:1] == (ROWS,)
            for node in nodes
            for value in (*node.results, *node.inputs)
            if self.deps.of(value) is not Needs.NOTHING or value in self.by_row
        ) and not any(value in self.by_row for node in nodes for value in node.inputs)

    def hoisted(self) -> set[Node]:
        """Products of the input, and what leads to them."""
        deps = self.deps
        alone = (n for n in self.forward if deps.of_node(n) is Needs.INPUT and is_heavy(n))
        found: set[Node] = set()
        for node in alone:
            above = deps.above(node.results) - self.once
            found |= above if self.for_all_steps(above) else set()
        return found

    def sunk(self, wanted: Iterable[Value]) -> set[Node]:
        """What the input's gradient needs and the loop does not; none where it has to stay."""
        deps, made = self.deps, {v for n in self.forward for v in n.results}
        needed = deps.above(wanted, made)
        found = deps.above([self.joint.input_gradient], made) - needed - self.once
        return found if self.for_all_steps(found) else set()

    def total(self, value: Value) -> None:
        """Plan the sum of a value over the steps."""
        node, of = self.deps.maker.get(value), self.deps.of
        if of(value) is Needs.NOTHING or value in self.sums or value in self.joined:
            return
        varying = [v for v in node.inputs if of(v) is not Needs.NOTHING] if node else []
        if node is not None and node.op in _PRODUCTS and len(varying) == 2:
            joined = self.join(node)
            if joined is not None:
                self.joined[value] = joined
                return
        elif node is not None and self.is_linear(node, varying):
            self.late.add(node)
            for each in varying:
                self.total(each)
            return
        self.sums[value] = None

    def is_linear(self, node: Node, varying: list[Value]) -> bool:
        if len(node.results) != 1:
            return False
        if node.op in _ADDITIVE:
            return len(varying) == len(node.inputs)
        if node.op in _SCALING:
            return len(varying) == 1
        # An expanded value is small, and what it is a part of is not.
        return kind(node) is Kind.VIEW and len(node.inputs) == 1

    def join(self, node: Node) -> Joined | None:
        rank = 3 if node.op is _aten.bmm.default else 2
        sides = node.inputs
        shared = sides[0].shape[-1]
        outer = [sides[0].shape[-2], sides[1].shape[-1]]
        by_row = sides[0].shape[0] == sides[1].shape[0] == ROWS
        # Both sides of all steps are kept and copied: they have to be smaller than the product.
        fits = shared == ROWS if rank == 2 else by_row and shared == Size(1)
        if not fits or any(each.batch for each in outer):
            return None
        return Joined(node, self.operand(sides[0], rank - 1), self.operand(sides[1], rank - 2))

    def operand(self, value: Value, axis: int) -> Operand:
        maker = self.deps.maker.get(value)
        if maker is not None and maker.op in _TURNS:
            rank, source = len(value.shape), maker.inputs[0]
            turned = (*range(rank - 2), rank - 1, rank - 2)
            args = tuple(maker.args[1:])
            given = args[0] if maker.op is _aten.permute.default else args
            swapped = {_ % rank for _ in given} if maker.op is _aten.transpose.int else set()
            if (
                (maker.op is _aten.t.default and rank == 2)
                or (maker.op is _aten.permute.default and tuple(given) == turned)
                or swapped == {rank - 1, rank - 2}
            ):
                return Operand(source, 2 * rank - 3 - axis, turned=True)
        return Operand(value, axis, turned=False)
