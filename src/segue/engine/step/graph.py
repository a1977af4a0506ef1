"""The intermediate representation of a step: values in single assignment, nodes in order.

A Graph is what every backend reads. It is pure: no node changes a value. Its text form, which
`str(graph)` gives and `segue.explain` prints, has this grammar:

    graph   = "graph" NAME "(" values "|" values ")" DTYPE     input and state | parameters
              { constant } { node } return                     each on its own line
    constant= value "=" "constant" "(" NUMBERS ")"
    node    = values "=" OP "(" [ args ] ")"                   OP is an aten operation
    return  = "return" NAME "," "(" [ NAME { "," NAME } ] ")"  output, next state
    values  = [ value { "," value } ]
    value   = NAME [ ":" { size } [ DTYPE ] ]                  DTYPE only where it is another one
    args    = arg { "," arg }
    arg     = [ NAME "=" ] ( NAME | size | NUMBER | WORD | "(" [ args ] ")" )
    size    = [ FACTOR ] "B"                                   rows of the batch
            | [ "-" ] term { ("+" | "-") term }                such as 4H or H+D
    term    = [ FACTOR ] SYMBOL [ "/" NUMBER ] | NUMBER

Arguments are named as in the signature, other values `%0`, `%1`, ... Sizes are numbers with the
batch as the one unknown; `segue.engine.step.trace.symbolic` writes them in the cell's own symbols.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from segue.engine.step.own_derivative import OwnDerivative


@dataclass(frozen=True)
class Size:
    """A number of elements: `count`, in all or for each row of the batch; `text` is for reading."""

    count: int
    batch: bool = False
    text: str = field(default="", compare=False)

    def at(self, batch: int) -> int:
        """The number for a batch of so many rows."""
        return self.count * batch if self.batch else self.count

    def __str__(self) -> str:
        if self.text:
            return self.text
        if self.batch:
            return "B" if self.count == 1 else f"{self.count}B"
        return str(self.count)


_PERMUTE = torch.ops.aten.permute.default
_VIEWS = (torch.ops.aten.view.default, torch.ops.aten._unsafe_view.default)
ROWS = Size(1, batch=True)
_END = 2**63 - 1  # what torch writes for the end of a dimension
Shape = tuple[Size, ...]


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor of the graph: an argument, a constant, or what a node computes."""

    name: str
    shape: Shape
    dtype: torch.dtype

    def elements(self, batch: int) -> int:
        """How many numbers the tensor holds for a batch of so many rows."""
        count = 1
        for size in self.shape:
            count *= size.at(batch)
        return count


@dataclass(frozen=True, eq=False)
class Constant:
    """A value that the equation itself brings: a number that is a tensor."""

    value: Value
    data: Tensor


@dataclass(frozen=True, eq=False)
class Node:
    """One operation: `results = op(*args, **kwargs)`.

    Arguments are Values, Sizes, plain numbers, words, types, and tuples of these.
    """

    op: torch._ops.OpOverload
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    results: tuple[Value, ...]
    line: int | None = None

    @cached_property
    def inputs(self) -> tuple[Value, ...]:
        """The values that this node reads."""
        return tuple(leaves((self.args, tuple(self.kwargs.values())), Value))

    @cached_property
    def is_flat(self) -> bool:
        """Whether values stand only among the arguments themselves, and no size depends on B."""
        nested = (*(arg for arg in self.args if not isinstance(arg, Value)), *self.kwargs.values())
        return not any(True for kind in (Value, Size) for _ in leaves(nested, kind))

    @property
    def title(self) -> str:
        """The operation's short name, such as `mm`."""
        return self.op._schema.name.removeprefix("aten::").lstrip("_")


@dataclass(frozen=True, eq=False)
class Graph:
    """One step: `output, next_state = nodes(input, state, params)`.

    Attributes:
        own: the step itself, where its derivative is not that of its operations.
    """

    name: str
    sizes: Mapping[str, int]
    dtype: torch.dtype
    input: Value
    state: tuple[Value, ...]
    params: tuple[Value, ...]
    constants: tuple[Constant, ...]
    nodes: tuple[Node, ...]
    output: Value
    next_state: tuple[Value, ...]
    own: OwnDerivative | None = field(repr=False)
    # The graph of the same step in another type; it raises CellError where there is none.
    retraced: "Callable[[torch.dtype], Graph]" = field(repr=False)
    # What a backend made of the graph; it belongs to the graph and goes with it.
    programs: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def contexts(self) -> tuple[Value, ...]:
        """The parameters that each row has its own of."""
        return tuple(each for each in self.params if each.shape[:1] == (ROWS,))

    def __str__(self) -> str:
        flow = ", ".join(self.write(each) for each in (self.input, *self.state))
        params = ", ".join(self.write(each) for each in self.params)
        lines = [f"graph {self.name}({flow} | {params}) {dtype_name(self.dtype)}"]
        lines += [f"  {self.write_constant(each)}" for each in self.constants]
        lines += [f"  {self.write_node(node)}" for node in self.nodes]
        return "\n".join([*lines, f"  {self.write_return()}"])

    def write(self, value: Value) -> str:
        """A value with its type."""
        words = [str(size) for size in value.shape]
        words += [] if value.dtype == self.dtype else [dtype_name(value.dtype)]
        return f"{value.name}: {' '.join(words)}" if words else value.name

    def write_constant(self, constant: Constant) -> str:
        """A constant with its numbers."""
        return f"{self.write(constant.value)} = constant({constant.data.tolist()})"

    def write_node(self, node: Node) -> str:
        """A node on one line."""
        args = [_write(arg) for arg in node.args]
        args += [f"{name}={_write(arg)}" for name, arg in node.kwargs.items()]
        results = ", ".join(self.write(value) for value in node.results)
        return f"{results} = {node.title}({', '.join(args)})"

    def write_return(self) -> str:
        """The last line: the output and the next state."""
        return f"return {self.output.name}, ({', '.join(each.name for each in self.next_state)})"


def dtype_name(dtype: torch.dtype) -> str:
    """`float32` for `torch.float32`."""
    return str(dtype).removeprefix("torch.")


def leaves(arg: Any, kind: type) -> Iterator[Any]:
    """Everything of one type inside nested tuples and lists."""
    if isinstance(arg, kind):
        yield arg
    elif isinstance(arg, (tuple, list)):
        for each in arg:
            yield from leaves(each, kind)


def substitute(arg: Any, change: Callable[[Any], Any]) -> Any:
    """The same nesting with every leaf changed; sequences become tuples."""
    if isinstance(arg, (tuple, list)):
        return tuple(substitute(each, change) for each in arg)
    return change(arg)


def _write(arg: Any) -> str:
    if isinstance(arg, tuple):
        return f"({', '.join(map(_write, arg))})"
    if isinstance(arg, Value):
        return arg.name
    if arg == _END:
        return "end"
    return dtype_name(arg) if isinstance(arg, torch.dtype) else str(arg)


def verify(graph: Graph) -> None:
    """Check the rules that every backend relies on.

    Raises:
        AssertionError: a value is used before it is made or made twice; an operation changes its
            arguments; the input, the state or the output has no batch in front; the next state has
            another type than the state.
    """
    made: set[str] = set()

    def make(*values: Value) -> None:
        for value in values:
            _require(value.name not in made, f"{value.name} is made twice")
            made.add(value.name)

    make(graph.input, *graph.state, *graph.params, *(each.value for each in graph.constants))
    for node in graph.nodes:
        for value in node.inputs:
            _require(value.name in made, f"{value.name} is used before it is made")
        _require(not node.op._schema.is_mutable, f"{node.op} changes its argument")
        make(*node.results)
    for value in (graph.output, *graph.next_state):
        _require(value.name in made, f"{value.name} is returned but never made")
    for value in (graph.input, *graph.state, graph.output):
        _require(value.shape[:1] == (ROWS,), f"{value.name} has no batch in front")
    _require(len(graph.state) == len(graph.next_state), "the next state has other fields")
    for old, new in zip(graph.state, graph.next_state, strict=True):
        same = old.shape == new.shape and old.dtype == new.dtype
        _require(same, f"{old.name} and the next {old.name} have different types")


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise AssertionError(f"graph: {rule}")


def _ignore(node: Node) -> None:
    pass


def evaluate(
    graph: Graph,
    flow: Sequence[Tensor],
    params: Sequence[Tensor],
    done: Callable[[Node], None] = _ignore,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Compute the step by the graph: `flow` is the input and the state, each `[B, ...]`.

    `done` is called after each node.
    """
    known = evaluate_all(graph, flow, params, done)
    return known[graph.output], tuple(known[each] for each in graph.next_state)


def evaluate_all(
    graph: Graph,
    flow: Sequence[Tensor],
    params: Sequence[Tensor],
    done: Callable[[Node], None] = _ignore,
) -> dict[Value, Tensor]:
    """Compute every value of the graph."""
    batch = flow[0].shape[0]
    known = dict(zip((graph.input, *graph.state), flow, strict=True))
    known |= dict(zip(graph.params, params, strict=True))
    known |= {each.value: each.data.to(flow[0].device) for each in graph.constants}
    with torch.device(flow[0].device):
        for node in graph.nodes:
            known |= zip(node.results, call(node, known, batch), strict=True)
            done(node)
    return known


# What torch 2.13 computes wrongly in types narrower than float32: in bfloat16 matrix_exp is not
# finite, or 1e30.
WIDE = (torch.ops.aten.linalg_matrix_exp.default,)
_NARROW = (torch.bfloat16, torch.float16)


def is_too_narrow(node: Node) -> bool:
    """Whether torch computes a node wrongly in its type."""
    return node.op in WIDE and node.results[0].dtype in _NARROW


def call(node: Node, known: Mapping[Value, Tensor], batch: int) -> tuple[Tensor, ...]:
    """Run one node on tensors."""
    if node.op in _VIEWS:
        # A graph knows no strides; whether a view needs a copy is seen when it is computed. What
        # -1 stands for is known, but cannot be told when there are no rows.
        return (known[node.args[0]].reshape([size.at(batch) for size in node.results[0].shape]),)
    if node.op is _PERMUTE:  # often called, and twice as fast as a method
        return (known[node.args[0]].permute(node.args[1]),)
    if node.is_flat:
        flat = [known[arg] if type(arg) is Value else arg for arg in node.args]
        if is_too_narrow(node):
            return (node.op(*(arg.float() for arg in flat)).to(flat[0].dtype),)
        out = node.op(*flat, **node.kwargs)
        return (out,) if isinstance(out, Tensor) else tuple(out)

    def number(arg: Any) -> Any:
        if isinstance(arg, Value):
            return known[arg]
        return arg.at(batch) if isinstance(arg, Size) else arg

    args = substitute(node.args, number)
    out = node.op(*args, **{name: substitute(arg, number) for name, arg in node.kwargs.items()})
    return (out,) if isinstance(out, Tensor) else tuple(out)
