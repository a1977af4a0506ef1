"""What leaves the time loop, and what has to stay, in both directions.

Forward, a step falls into four stages, by what their values depend on:

    fixed   parameters alone                     once for each call
    hoist   input and parameters                 once for all time steps, before the loop
    loop    the state                            step by step
    after   the loop's values, but what the next state needs not; only with a product among it

Backward, four again; all that the forward pass has made or can make again is known beforehand:

    before  products of the output's cotangent   once for all time steps, before the loop
    loop    what the previous step's cotangent needs, and pointwise work that feeds products
            (sums over rows, such as a bias's gradient, are added up as it goes: its totals)
    sink    products that nothing in the loop needs: gradients of parameters and of the input

A stage outside the loop runs with all rows of all time steps as its batch. For a gradient of a
parameter that is the sum over time, since the step's own gradient is the sum over its batch.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from functools import cached_property, reduce
from operator import or_

import torch

from segue.engine.plan.derive import Joint
from segue.engine.plan.saving import NEVER, READ, WRITE, cheapest
from segue.engine.step.graph import ROWS, Node, Value
from segue.engine.step.ops import Kind, kind

_aten = torch.ops.aten


class Needs(Flag):
    """What a value depends on, besides parameters and constants."""

    NOTHING = 0
    INPUT = auto()
    STATE = auto()
    COTANGENT = auto()  # of the output
    CARRIED = auto()  # the cotangent of the next state


_BACKWARD = Needs.COTANGENT | Needs.CARRIED


def is_heavy(node: Node) -> bool:
    """Whether a node is a product, or sums over the batch, or makes anything without rows."""
    rows = all(value.shape[:1] == (ROWS,) for value in node.results)
    return kind(node) is Kind.PRODUCT or (not rows and kind(node) is not Kind.FILL)


def is_free(node: Node) -> bool:
    """Whether a node fills with a number, or makes rows: whoever reads it makes it anew."""
    rows = any(size.batch for value in node.results for size in value.shape)
    return rows or (kind(node) is Kind.FILL and not node.results[0].shape)


class Dependence:
    """Who makes, who reads and what decides each value of a joint graph."""

    def __init__(self, joint: Joint) -> None:
        self.joint = joint
        self.maker = {value: node for node in joint.nodes for value in node.results}
        self.readers: dict[Value, list[Node]] = {}
        self.needs = {joint.input: Needs.INPUT, joint.cotangent: Needs.COTANGENT}
        self.needs |= dict.fromkeys(joint.state, Needs.STATE)
        self.needs |= dict.fromkeys(joint.state_cotangents, Needs.CARRIED)
        for node in joint.nodes:
            needs = reduce(or_, map(self.of, node.inputs), Needs.NOTHING)
            self.needs |= dict.fromkeys(node.results, needs)
            for value in set(node.inputs):
                self.readers.setdefault(value, []).append(node)

    def of(self, value: Value) -> Needs:
        """What a value depends on."""
        return self.needs.get(value, Needs.NOTHING)

    def of_node(self, node: Node) -> Needs:
        """What a node's results depend on."""
        return self.of(node.results[0])

    def above(self, wanted: Iterable[Value], known: Iterable[Value] = ()) -> set[Node]:
        """The nodes that make some values out of known ones."""
        known = set(known)
        found: set[Node] = set()
        stack = list(wanted)
        while stack:
            value = stack.pop()
            node = self.maker.get(value)
            if value not in known and node is not None and node not in found:
                found.add(node)
                stack.extend(node.inputs)
        return found

    def below(self, nodes: Iterable[Node], among: set[Node]) -> set[Node]:
        """The nodes among some that need one of the given ones, these included."""
        found = set(nodes)
        for node in self.joint.nodes:
            if node in among and any(self.maker.get(value) in found for value in node.inputs):
                found.add(node)
        return found

    def finds_extreme(self, node: Node) -> bool:
        """Whether a node tells which features are the largest, by whether they equal it."""
        return node.op is _aten.eq.Tensor and any(map(self.is_reduced, node.inputs))

    def is_reduced(self, value: Value) -> bool:
        """Whether a value is a reduction, in whatever shape."""
        node = self.maker.get(value)
        while node is not None and kind(node) is Kind.VIEW:
            node = self.maker.get(node.inputs[0])
        return node is not None and kind(node) is Kind.REDUCTION

    def in_order(self, nodes: set[Node]) -> tuple[Node, ...]:
        """Nodes in the order of the graph."""
        return tuple(node for node in self.joint.nodes if node in nodes)


def leaves_of(nodes: Iterable[Node], wanted: Iterable[Value] = ()) -> tuple[Value, ...]:
    """The values that nodes read and none of them makes, and so for what is wanted of them."""
    made: set[Value] = set()
    read: dict[Value, None] = {}
    for node in nodes:
        read |= dict.fromkeys(value for value in node.inputs if value not in made)
        made.update(node.results)
    return tuple(read | dict.fromkeys(value for value in wanted if value not in made))


@dataclass(frozen=True, eq=False)
class Body:
    """One of the two loops, as nodes of the joint graph."""

    nodes: tuple[Node, ...]
    carries: tuple[Value, ...]
    next_carries: tuple[Value, ...]
    outs: tuple[Value, ...]
    totals: tuple[tuple[Value, Value], ...] = ()  # a value, and its sum over all rows and steps

    @cached_property
    def leaves(self) -> tuple[Value, ...]:
        """What the loop reads and does not make, but for the carries."""
        summed = (value for value, _ in self.totals)
        read = leaves_of(self.nodes, (*self.next_carries, *self.outs, *summed))
        return tuple(value for value in read if value not in self.carries)


@dataclass(frozen=True, eq=False)
class Split:
    """The stages of a step, forward and backward.

    Attributes:
        inference: the forward loop when no gradient is wanted.
        training: the same loop, which also writes the values that the backward pass reads.
        saved: all forward values that the backward pass reads.
    """

    joint: Joint
    fixed: tuple[Node, ...]
    hoist: tuple[Node, ...]
    inference: Body
    training: Body
    after: tuple[Node, ...]
    before: tuple[Node, ...]
    backward: Body
    sink: tuple[Node, ...]
    saved: tuple[Value, ...]


def split(joint: Joint, *, hoist: bool = True) -> Split:
    """Divide a step and its derivative into stages; without `hoist` the forward loop does all."""
    return _Splitter(joint, hoist=hoist).split()


def whole(joint: Joint, fixed: Iterable[Node]) -> Body:
    """The forward loop with the whole step in it, but for what depends on parameters alone."""
    deps = Dependence(joint)
    nodes = deps.above((*joint.next_state, joint.output)) - set(fixed)
    return Body(deps.in_order(nodes), joint.state, joint.next_state, (joint.output,))


class _Splitter:
    def __init__(self, joint: Joint, *, hoist: bool) -> None:
        self.joint = joint
        self.deps = deps = Dependence(joint)
        self.fixed = {n for n in joint.nodes if deps.of_node(n) is Needs.NOTHING and not is_free(n)}
        self.forward = deps.above((joint.output, *joint.next_state)) - self.fixed
        self.hoist = self.hoisted() if hoist else set()
        self.after = self.afterwards()

    def split(self) -> Split:
        joint, deps = self.joint, self.deps
        inference = self.forward_body(())
        self.known = self.known_backward()
        before = self.beforehand()
        sunk = self.sunk(before)
        totals = self.totals(sunk, before)
        sunk -= {deps.maker[total] for _, total in totals}
        outs, recomputed = self.sink_reads(sunk, before, {total for _, total in totals})
        backward = self.backward_body(outs, before, totals)
        sink = sunk | recomputed
        wanted = (joint.input_gradient, *joint.param_gradients)
        read = {
            *leaves_of(deps.in_order(before)),
            *backward.leaves,
            *(v for v in leaves_of(deps.in_order(sink), wanted) if v not in outs),
        }
        saved = tuple(value for value in self.forward_values() if value in read)
        return Split(
            joint=joint,
            fixed=deps.in_order(deps.above(v for n in self.fixed for v in n.results)),
            hoist=deps.in_order(self.hoist),
            inference=inference,
            training=self.forward_body(saved),
            after=deps.in_order(self.after),
            before=deps.in_order(before),
            backward=backward,
            sink=deps.in_order(sink),
            saved=saved,
        )

    def hoisted(self) -> set[Node]:
        """Products and reductions of the input, and what leads to them."""
        deps = self.deps
        alone = {n for n in self.forward if deps.of_node(n) is Needs.INPUT}
        heavy = {n for n in alone if is_heavy(n) or kind(n) is Kind.REDUCTION}
        return deps.above(v for n in heavy for v in n.results) - self.fixed

    def afterwards(self) -> set[Node]:
        """Products of the state that no next state needs, and what is made of them."""
        deps = self.deps
        rest = self.forward - deps.above(self.joint.next_state) - self.hoist
        found = deps.below((n for n in rest if is_heavy(n)), rest)
        return (
            found
            | deps.above(v for v in leaves_of(deps.in_order(found)) if deps.of(v) is Needs.NOTHING)
            - self.fixed
        )

    def forward_values(self) -> Iterator[Value]:
        """Input, state, and what the forward pass makes."""
        yield from (self.joint.input, *self.joint.state)
        for node in self.deps.in_order(self.forward):
            yield from node.results

    def forward_body(self, saved: Iterable[Value]) -> Body:
        joint, deps = self.joint, self.deps
        made = {value for node in self.hoist for value in node.results}
        wanted: dict[Value, None] = {}
        for value in (*leaves_of(deps.in_order(self.after)), joint.output, *saved):
            in_loop = deps.maker.get(value) not in self.after | self.fixed | self.hoist
            if in_loop and value is not joint.input and value in set(self.forward_values()):
                wanted[value] = None
        nodes = deps.above((*joint.next_state, *wanted), made) - self.fixed
        return Body(deps.in_order(nodes), joint.state, joint.next_state, tuple(wanted))

    def known_backward(self) -> set[Value]:
        """Forward values that the backward pass reads rather than makes again."""
        joint, deps = self.joint, self.deps
        gradients = (joint.input_gradient, *joint.state_gradients, *joint.param_gradients)
        backward = [n for n in deps.above(gradients) if deps.of_node(n) & _BACKWARD]
        heavy = [n for n in backward if is_heavy(n)]

        def of_forward(nodes: Iterable[Node], wanted: Iterable[Value] = ()) -> list[Value]:
            return [v for v in leaves_of(nodes, wanted) if not deps.of(v) & _BACKWARD]

        hoisted = {value for node in self.hoist for value in node.results}
        made = {*joint.state, *(value for node in self.forward for value in node.results)}

        def cost(value: Value) -> int:
            if value is joint.input or deps.of(value) is Needs.NOTHING:
                return 0
            if value is joint.output or value in hoisted:
                return READ
            return WRITE if value in made else NEVER

        required, in_memory = of_forward(backward, gradients), of_forward(heavy)
        exact = {v for n in deps.above(gradients) if deps.finds_extreme(n) for v in n.inputs}
        saved = cheapest(required, in_memory, exact, deps.maker.get, cost)
        return {*saved, joint.input, joint.cotangent}

    def beforehand(self) -> set[Node]:
        """Products of the output's cotangent that the backward loop needs."""
        deps = self.deps
        needed = deps.above(self.joint.state_gradients) - self.forward - self.fixed
        heavy = [n for n in needed if is_heavy(n) and not deps.of_node(n) & Needs.CARRIED]
        return deps.above((v for n in heavy for v in n.results), self.known) - self.fixed

    def sunk(self, before: set[Node]) -> set[Node]:
        """Products and sums that only gradients of the input and of parameters need."""
        deps, joint = self.deps, self.joint
        gradients = (joint.input_gradient, *joint.param_gradients)
        needed = deps.above(joint.state_gradients) | before | self.forward | self.fixed
        rest = deps.above(gradients) - needed
        return deps.below((n for n in rest if is_heavy(n)), rest)

    def totals(self, sunk: set[Node], before: set[Node]) -> tuple[tuple[Value, Value], ...]:
        """Sums over rows of what the backward loop makes, which it adds up as it goes."""
        known = self.known | {value for node in before for value in node.results}
        sums = (node for node in self.deps.in_order(sunk) if node.op is _aten.sum.dim_IntList)
        return tuple(
            (node.inputs[0], node.results[0])
            for node in sums
            if node.args[1] == (0,)
            and node.inputs[0].shape[:1] == (ROWS,)
            and node.inputs[0] not in known
            and self.deps.maker.get(node.inputs[0]) not in sunk
        )

    def sink_reads(
        self, sunk: set[Node], before: set[Node], totals: set[Value]
    ) -> tuple[tuple[Value, ...], set[Node]]:
        """What the backward loop writes for the sink, and what the sink computes of the input."""
        deps, joint = self.deps, self.joint
        known = self.known | {value for node in before for value in node.results}
        known |= {*joint.params, *(each.value for each in joint.constants), *totals}
        gradients = (joint.input_gradient, *joint.param_gradients)
        outs: dict[Value, None] = {}
        again: set[Node] = set()
        for value in leaves_of(deps.in_order(sunk), gradients):
            if value in known:
                continue
            if deps.of(value) in Needs.INPUT:
                again |= deps.above([value], known)
            else:
                outs[value] = None
        return tuple(outs), again

    def backward_body(
        self,
        outs: tuple[Value, ...],
        before: set[Node],
        totals: tuple[tuple[Value, Value], ...],
    ) -> Body:
        joint, deps = self.joint, self.deps
        known = self.known | {value for node in before for value in node.results}
        wanted = (*joint.state_gradients, *outs, *(value for value, _ in totals))
        nodes = deps.in_order(deps.above(wanted, known) - self.fixed)
        return Body(nodes, joint.state_cotangents, joint.state_gradients, outs, totals)
