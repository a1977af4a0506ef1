"""The backward step: torch's own vector-Jacobian product of the step, traced.

No derivative is written here. The step and its vector-Jacobian product are traced together, so that
the backward part reads the very values that the forward part makes. Composite operations come out
as simple ones, by torch's own decompositions.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import torch
from torch import Tensor, fx
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.fx.experimental.proxy_tensor import get_proxy_mode, make_fx

from segue.engine.plan import own_rows
from segue.engine.plan.by_rows import by_rows
from segue.engine.plan.decompose import decompositions
from segue.engine.plan.refusal import OTHERS, placed
from segue.engine.step.graph import Constant, Graph, Node, Size, Value, substitute
from segue.engine.step.own_derivative import OwnDerivative
from segue.engine.step.trace import apart

# So large primes that no size of a cell is a multiple of them: where one stands the batch stands.
# On tensors without numbers it costs nothing.
_ROWS, _FEWER_ROWS = 2**31 - 1, 2**29 - 3
_PERMUTE = torch.ops.aten.permute.default
_SAME = (torch.ops.aten.alias.default, torch.ops.aten.lift_fresh_copy.default)
_DROPPED = frozenset({"device", "layout", "pin_memory", "memory_format"})
_tracing = Lock()


@dataclass(frozen=True, eq=False)
class Joint:
    """A step and its vector-Jacobian product: one list of nodes, the forward ones first.

    Attributes:
        cotangent: of the output.
        state_cotangents: of the next state.
        input_gradient: what the backward step gives for the input; so for the others.
    """

    name: str
    dtype: torch.dtype
    input: Value
    state: tuple[Value, ...]
    params: tuple[Value, ...]
    constants: tuple[Constant, ...]
    cotangent: Value
    state_cotangents: tuple[Value, ...]
    nodes: tuple[Node, ...]
    output: Value
    next_state: tuple[Value, ...]
    input_gradient: Value
    state_gradients: tuple[Value, ...]
    param_gradients: tuple[Value, ...]


def derive(graph: Graph, *, simple: bool = True) -> Joint:
    """The step of a graph together with its vector-Jacobian product.

    With `simple`, composite operations are taken apart; without, they stay as torch computes them.

    Raises:
        NotImplementedError: torch has no derivative for an operation of the step, or it asks for
            the values of tensors, or it is an operation that leaves results out.
        Refusal: an operation moves the batch from the front in a way that has no rule.
    """
    with _tracing:
        return apart(lambda: _derive(graph, decompositions() if simple else {}))


def _derive(graph: Graph, table: Mapping[Any, Any]) -> Joint:
    joint = _Derivation(graph, _ROWS, table).joint()
    if graph.own is not None:
        fewer = _Derivation(graph, _FEWER_ROWS, table).joint()
        if _written(graph, joint) != _written(graph, fewer):
            raise NotImplementedError(
                f"{_derivative(graph.own)} computes with the number of rows of the batch, so that a"
                " row depends on how many others there are; use it for shapes only"
            )
        own_rows.check(graph.own, _backward(graph, joint))
    return joint


def _backward(graph: Graph, joint: Joint) -> Graph:
    """A joint graph as a step from the cotangents to the gradients of input and state."""
    return replace(
        graph,
        state=(*joint.state, joint.cotangent, *joint.state_cotangents),
        constants=joint.constants,
        nodes=joint.nodes,
        output=joint.input_gradient,
        next_state=joint.state_gradients,
        own=None,
    )


def _written(graph: Graph, joint: Joint) -> list[str]:
    return [graph.write_node(node) for node in joint.nodes]


def _by_operations(
    graph: Graph, given: Sequence[Value], rows: int, table: Mapping[Any, Any]
) -> fx.GraphModule:
    """The trace of a step whose derivative is that of its operations."""
    flow, state, compute = 1 + len(graph.state), len(graph.state), by_rows(graph)

    def step(*tensors: Tensor) -> tuple[Tensor, ...]:
        output, after = compute(tensors[:flow], tensors[flow:], _note_line)
        return (output, *after)

    def both(*tensors: Tensor) -> tuple[Tensor, ...]:
        count = len(tensors) - 1 - state
        results, pull, *_ = torch.func.vjp(step, *tensors[:count])
        pulled: tuple[Tensor, ...] = pull(tuple(tensors[count:]))
        return (*results, *pulled)

    return _traced(both, given, rows, table)


def _note_line(node: Node) -> None:
    """Write the line of a node of the graph on what was just traced for it."""
    mode = get_proxy_mode()
    assert mode is not None  # noqa: S101 - make_fx is tracing
    for each in reversed(mode.tracer.graph.nodes):
        if "line" in each.meta or each.op == "placeholder":
            return
        each.meta["line"] = node.line


def _by_autograd(
    graph: Graph, given: Sequence[Value], rows: int, table: Mapping[Any, Any]
) -> fx.GraphModule:
    """The trace of a step that brings a derivative of its own: autograd calls it."""
    own, flow, state = graph.own, 1 + len(graph.state), len(graph.state)
    assert own is not None  # noqa: S101 - for the type checker

    def both(*tensors: Tensor) -> tuple[Tensor, ...]:
        count = len(tensors) - 1 - state
        inputs = [each.detach().requires_grad_() for each in tensors[:count]]
        with torch.enable_grad():
            output, after = own.step(inputs[:flow], inputs[flow:])
        results = (output, *after)
        pairs = [
            pair for pair in zip(results, tensors[count:], strict=True) if pair[0].requires_grad
        ]
        pulled = tuple(torch.zeros_like(each) for each in inputs)
        if pairs:
            ends, cotangents = zip(*pairs, strict=True)
            pulled = torch.autograd.grad(
                ends, inputs, cotangents, allow_unused=True, materialize_grads=True
            )
        return (*(each.detach() for each in results), *pulled)

    return _traced(both, given, rows, table)


def _traced(
    both: Callable[..., tuple[Tensor, ...]],
    given: Sequence[Value],
    rows: int,
    table: Mapping[Any, Any],
) -> fx.GraphModule:
    # What a step makes of nothing is on the CPU; so must its arguments seem to be.
    with FakeTensorMode(allow_non_fake_inputs=True):
        empty = [
            torch.empty([size.at(rows) for size in each.shape], dtype=each.dtype) for each in given
        ]
        traced: fx.GraphModule = make_fx(both, dict(table))(*empty)
    return traced


def _derivative(own: OwnDerivative) -> str:
    return f"the derivative that {own.named} brings"


class _Derivation:
    def __init__(self, graph: Graph, rows: int, table: Mapping[Any, Any]) -> None:
        self.graph = graph
        self.rows = rows
        self.table = table
        self.values: dict[fx.Node, Value] = {}
        self.parts: dict[fx.Node, tuple[Value, ...]] = {}
        self.constants = list(graph.constants)
        self.nodes: list[Node] = []
        self.seen: dict[Any, tuple[Value, ...]] = {}
        self.makers: dict[Value, Node] = {}

    def joint(self) -> Joint:
        graph = self.graph
        cotangent = Value("dy", graph.output.shape, graph.output.dtype)
        state_cotangents = tuple(Value(f"d{s.name}'", s.shape, s.dtype) for s in graph.state)
        given = (graph.input, *graph.state, *graph.params, cotangent, *state_cotangents)
        module = self.trace(given)
        returned = self.read(module, given)
        states, params = len(graph.state), len(graph.params)
        ends = [1, states, 1, states, params]
        parts = [returned[sum(ends[:i]) : sum(ends[: i + 1])] for i in range(len(ends))]
        return Joint(
            name=graph.name,
            dtype=graph.dtype,
            input=graph.input,
            state=graph.state,
            params=graph.params,
            constants=tuple(self.constants),
            cotangent=cotangent,
            state_cotangents=state_cotangents,
            nodes=_needed(self.nodes, returned),
            output=parts[0][0],
            next_state=parts[1],
            input_gradient=parts[2][0],
            state_gradients=parts[3],
            param_gradients=parts[4],
        )

    def trace(self, given: Sequence[Value]) -> fx.GraphModule:
        trace = _by_operations if self.graph.own is None else _by_autograd
        try:
            return trace(self.graph, given, self.rows, self.table)
        except NotImplementedError:
            raise
        except Exception as error:
            if self.graph.own is None and not isinstance(error, RuntimeError):
                raise
            whose = "its derivative" if self.graph.own is None else _derivative(self.graph.own)
            said = str(error).strip().partition("\n")[0]
            if isinstance(error, DynamicOutputShapeException | DataDependentOutputException):
                said = f"{error.func} asks for the value of a tensor; choose with torch.where"
            raise NotImplementedError(
                f"{whose} has no trace without numbers ({said}); {OTHERS}"
            ) from error

    def read(self, module: fx.GraphModule, given: Sequence[Value]) -> tuple[Value, ...]:
        """Turn the trace into nodes; returns what it returns."""
        known = iter(given)
        for each in module.graph.nodes:
            if each.op == "placeholder":
                self.values[each] = next(known)
            elif each.op == "get_attr":
                self.add_constant(each, getattr(module, each.target))
            elif each.op == "output":
                return tuple(self.values[arg] for arg in each.args[0])
            elif each.target in _SAME:
                self.values[each] = self.values[each.args[0]]
            elif each.target is operator.getitem:
                self.values[each] = self.parts[each.args[0]][each.args[1]]
            elif _overwrites(each):
                _pure(each)
                self.values[each] = self.values[each.args[0]] = self.values[each.args[1]]
            else:
                self.add_node(each)
        raise AssertionError("the trace returns nothing")

    def add_constant(self, each: fx.Node, data: Tensor) -> None:
        value = Value(f"%c{len(self.constants)}", self.shape(data), data.dtype)
        self.constants.append(Constant(value, data))
        self.values[each] = value

    def add_node(self, each: fx.Node) -> None:
        args = substitute(each.args, self.argument)
        kwargs = {
            name: substitute(arg, self.argument)
            for name, arg in each.kwargs.items()
            if name not in _DROPPED
        }
        op = _pure(each)
        if torch.Tag.nondeterministic_seeded in op.tags and self.graph.own is not None:
            raise NotImplementedError(
                f"{_derivative(self.graph.own)} draws random numbers ({op}), so that no two runs"
                " agree; pass noise in as part of the input"
            )
        given = self.turned_back(op, args)
        if given is not None:
            self.values[each] = given
            return
        key = (op, substitute((args, tuple(kwargs.items())), _exactly))
        if key not in self.seen:
            line = each.meta.get("line") or self.line_above(each)
            made = each.meta.get("val")
            tensors = [made] if isinstance(made, Tensor) else made
            if tensors is None or not all(isinstance(tensor, Tensor) for tensor in tensors):
                node = Node(op, args, kwargs, (), line)
                raise NotImplementedError(
                    placed(node, f"{node.title} has no place in the recurrence; {OTHERS}")
                )
            results = tuple(
                Value(f"%{len(self.nodes)}{f'.{i}' if i else ''}", self.shape(tensor), tensor.dtype)
                for i, tensor in enumerate(tensors)
            )
            self.seen[key] = results
            self.nodes.append(Node(op, args, kwargs, results, line))
            self.makers |= dict.fromkeys(results, self.nodes[-1])
        self.parts[each] = self.seen[key]
        self.values[each] = self.parts[each][0]
        if op is not each.target:
            changed = each.args[0]
            assert isinstance(changed, fx.Node)  # noqa: S101 - `_pure` checked it
            self.values[changed] = self.values[each]  # as whoever reads it later finds it

    def line_above(self, each: fx.Node) -> int | None:
        """The last line of the forward part that a node of the backward part reads."""
        lines = [arg.meta["line"] for arg in each.all_input_nodes if arg.meta.get("line")]
        return max(lines, default=None)

    def turned_back(self, op: torch._ops.OpOverload, args: tuple[Any, ...]) -> Value | None:
        """What dimensions are put back in the order of, where an earlier node changed it."""
        maker = self.makers.get(args[0]) if op is _PERMUTE else None
        if maker is None or maker.op is not _PERMUTE:
            return None
        order, back = ([each % len(dims) for each in dims] for dims in (maker.args[1], args[1]))
        turned: Value = maker.args[0]
        return turned if [order[each] for each in back] == sorted(order) else None

    def argument(self, arg: Any) -> Any:
        if isinstance(arg, fx.Node):
            return self.values[arg]
        if isinstance(arg, int) and not isinstance(arg, bool):
            size = self.size(arg)
            return size if size.batch else size.count
        return arg

    def size(self, number: int) -> Size:
        rows = number > 0 and number % self.rows == 0
        return Size(number // self.rows, batch=True) if rows else Size(number)

    def shape(self, tensor: Tensor) -> tuple[Size, ...]:
        return tuple(map(self.size, tensor.shape))


def _pure(each: fx.Node) -> torch._ops.OpOverload:
    """The operation of a node; `mul` for `mul_`, if no view shows the change."""
    op = each.target
    assert isinstance(op, torch._ops.OpOverload)  # noqa: S101 - make_fx gives no other
    if not op._schema.is_mutable:
        return op
    changed = each.args[0]
    assert isinstance(changed, fx.Node)  # noqa: S101 - what an operation changes comes first
    name = op._schema.name.removeprefix("aten::")
    found = getattr(getattr(torch.ops.aten, name.rstrip("_"), None), op._overloadname, None)
    alone = changed.op == "call_function" and not any(
        _is_view(user) for user in (changed, *changed.users) if user is not each
    )
    if alone and isinstance(found, torch._ops.OpOverload):
        return found
    raise NotImplementedError(f"{op} changes a tensor of which there are views; compute a new one")


def _overwrites(each: fx.Node) -> bool:
    """Whether a node puts one tensor in the place of another one of its type."""
    if each.target is not torch.ops.aten.copy_.default:
        return False
    old, new = (arg.meta["val"] for arg in each.all_input_nodes)
    return bool(old.shape == new.shape and old.dtype == new.dtype)


def _is_view(each: fx.Node) -> bool:
    op = each.target
    return not isinstance(op, torch._ops.OpOverload) or any(
        returned.alias_info is not None and not returned.alias_info.is_write
        for returned in op._schema.returns
    )


def _exactly(arg: Any) -> Any:
    """Numbers that are equal but not the same (1 and True, 0 and -0) are told apart."""
    return arg if isinstance(arg, Value) else (type(arg), str(arg))


def _needed(nodes: Sequence[Node], wanted: Sequence[Value]) -> tuple[Node, ...]:
    needed, kept = set(wanted), []
    for node in reversed(nodes):
        if needed.intersection(node.results):
            needed.update(node.inputs)
            kept.append(node)
    return tuple(reversed(kept))
