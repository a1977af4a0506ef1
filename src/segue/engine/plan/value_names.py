"""Names for the values of a joint graph, for a reader who knows the graph of the step.

A value that the step's graph has too is named as there. Next states are `h'`, gradients `dh`; a
transposed matrix is `weight.T`. Everything else goes on counting where the step's graph ends.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from math import prod, sqrt
from typing import Any

import torch
from torch import Tensor

from segue.engine.plan.derive import Joint
from segue.engine.step.graph import Graph, Node, Size, Value, call, evaluate_all, substitute

_aten = torch.ops.aten
_ROWS = 17  # enough to tell masks apart


class Names:
    """What the values of a joint graph are called.

    Attributes:
        gradients: what the backward pass is for, by its name.
    """

    def __init__(self, graph: Graph, joint: Joint) -> None:
        self._graph = graph
        self._joint = joint
        self._turned = {node.results[0]: node.inputs[0] for node in joint.nodes if _is_turn(node)}
        self.gradients = {
            f"d{given.name}": value
            for given, value in (
                (joint.input, joint.input_gradient),
                *zip(joint.state, joint.state_gradients, strict=True),
                *zip(joint.params, joint.param_gradients, strict=True),
            )
        }
        self._names: dict[Value, str] = {}
        for name, value in self._proposed():
            if value not in self._names and name not in self._names.values():
                self._names[value] = name

    def __getitem__(self, value: Value) -> str:
        base, turned = self._base(value)
        return _turn(self._names[base]) if turned else self._names[base]

    def write(self, value: Value) -> str:
        """A value with its sizes in numbers."""
        return self._graph.write(self._renamed(value))

    def lines(self, nodes: Iterable[Node]) -> Iterator[str]:
        """Nodes, one on each line; transposes are part of the names."""
        for node in nodes:
            if not _is_turn(node):
                args, kwargs, results = (
                    substitute(each, self._argument)
                    for each in (node.args, tuple(node.kwargs.values()), node.results)
                )
                named = dict(zip(node.kwargs, kwargs, strict=True))
                yield self._graph.write_node(
                    replace(node, args=args, kwargs=named, results=results)
                )

    def _argument(self, arg: Any) -> Any:
        return self._renamed(arg) if isinstance(arg, Value) else arg

    def _renamed(self, value: Value) -> Value:
        shape = tuple(Size(size.count, size.batch) for size in value.shape)
        return Value(self[value], shape, value.dtype)

    def _base(self, value: Value) -> tuple[Value, bool]:
        """The value that this one is, or is the transpose of."""
        turned = False
        while value in self._turned:
            value, turned = self._turned[value], not turned
        return value, turned

    def _proposed(self) -> Iterator[tuple[str, Value]]:
        """Names in order of preference."""
        joint, graph = self._joint, self._graph
        given = (joint.input, *joint.state, *joint.params, joint.cotangent, *joint.state_cotangents)
        yield from ((value.name, value) for value in given)
        constants = [each.value for each in joint.constants]
        yield from ((value.name, value) for value in constants)
        for state, value in zip(joint.state, joint.next_state, strict=True):
            yield f"{state.name}'", value
        for name, value in self.gradients.items():
            base, turned = self._base(value)
            yield _turn(name) if turned else name, base
        known = _known(graph, joint)
        yield from ((value.name, same) for value, same in known.items())
        used = {value.name for node in graph.nodes for value in node.results}
        used.update(value.name for value in constants)
        numbers = (f"%{number}" for number in count())
        for value in (*given, *(value for node in joint.nodes for value in node.results)):
            if value not in self._names and value not in self._turned:
                yield next(name for name in numbers if name not in used), value


def _is_turn(node: Node) -> bool:
    """Whether a node transposes a matrix."""
    if node.op is _aten.permute.default:
        return tuple(node.args[1]) == (1, 0)
    return node.op is _aten.t.default


def _turn(name: str) -> str:
    return name.removesuffix(".T") if name.endswith(".T") else f"{name}.T"


def _known(graph: Graph, joint: Joint) -> dict[Value, Value]:
    """Values of the graph, and what they are in the joint graph, where that has them as well.

    An operation of the graph may be several of the joint graph, or another one. So both are
    computed, of the same numbers, and equal results are the same value.
    """
    draw = torch.Generator().manual_seed(0)

    def random(value: Value) -> Tensor:
        shape = [size.at(_ROWS) for size in value.shape]
        scale = 1 / sqrt(max(1, prod(shape[1:])))
        return torch.randn(shape, generator=draw, dtype=graph.dtype, device="cpu") * scale

    given = (graph.input, *graph.state, *graph.params)
    tensors = {value: random(value) for value in given}
    flow = 1 + len(graph.state)
    numbers = list(tensors.values())
    with torch.no_grad():
        of_graph = evaluate_all(graph, numbers[:flow], numbers[flow:])
        of_joint = tensors | {each.value: each.data for each in joint.constants}
        for node in joint.nodes:
            if all(value in of_joint for value in node.inputs):
                of_joint |= zip(node.results, call(node, of_joint, _ROWS), strict=True)
    made = [(node.op, value) for node in joint.nodes for value in node.results]
    found: dict[Value, Value] = {}
    taken: set[Value] = set()
    for node in graph.nodes:
        for value in node.results:
            same = [
                (op is not node.op, each)
                for op, each in made
                if each in of_joint
                and each not in taken
                and _equal(of_graph[value], of_joint[each])
            ]
            if same:
                _, found[value] = min(same, key=lambda pair: pair[0])  # the same operation, or any
                taken.add(found[value])
    return found


def _equal(a: Tensor, b: Tensor) -> bool:
    same = a.shape == b.shape and a.dtype == b.dtype
    return same and bool(torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-6))
