"""A step as one row sees it: the batch in front of everything, products as rows by a parameter.

Products are written in many ways: the weight on the left of columns, repeated for each row, a block
for each head, one weight against input and state side by side. A row of the batch is alone in all
of them, since rows are independent: what the step does to it follows from the shapes that one row
has, and the batch can stand in front. Few sorts of products are left then, and `row_products`
writes each as rows by a parameter, or as features by features. Every other operation has one rule
of `_RULES`, or that of its kind, `_OF_KIND`.

A step that is written so already stays as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from segue.engine.plan.pointwise import as_number
from segue.engine.plan.refusal import Refusal, placed
from segue.engine.plan.row_products import product
from segue.engine.plan.row_values import RESHAPES, Facts, Rows, alone, has_rows, in_front
from segue.engine.step.graph import Graph, Node, Size, Value, call, evaluate, substitute
from segue.engine.step.ops import Kind, kind

Done = Callable[[Node], None]
Stepped = tuple[Tensor, tuple[Tensor, ...]]
Step = Callable[[Sequence[Tensor], Sequence[Tensor], Done], Stepped]
Rule = Callable[[Rows, Node], Sequence[Tensor]]
_aten = torch.ops.aten


def by_rows(graph: Graph) -> Step:
    """What computes output and next state of a step, as `evaluate` does, in operations of loops.

    It raises Refusal where an operation has no rule.
    """
    facts = Facts(graph)
    if graph.contexts or all(map(facts.stands, graph.nodes)):  # contexts are stepped by torch
        return partial(evaluate, graph)

    def step(flow: Sequence[Tensor], params: Sequence[Tensor], done: Done) -> Stepped:
        rows = Rows(graph, facts, flow, params)
        with torch.device(flow[0].device):
            for node in graph.nodes:
                try:
                    _compute(rows, node)
                except Refusal as refusal:
                    raise Refusal(placed(node, str(refusal))) from None
                done(node)
            output, *after = map(rows.whole, (graph.output, *graph.next_state))
        return output, tuple(after)

    return step


def _compute(rows: Rows, node: Node) -> None:
    if not rows.facts.rowed.intersection(node.results):
        rows.known |= zip(node.results, _for_each(rows, node), strict=True)
    elif _is_in_front(rows.facts, node):
        rows.known |= zip(node.results, call(node, rows.known, rows.count), strict=True)
    else:
        rule = _RULES.get(node.op) or _OF_KIND.get(kind(node))
        if rule is None:
            raise Refusal("it has no rule where the batch is not in front; put it there, [B, ...]")
        for value, found in zip(node.results, rule(rows, node), strict=True):
            rows.put(value, found)


def _is_in_front(facts: Facts, node: Node) -> bool:
    """Whether an operation can run as it is written."""
    repeated = kind(node) is Kind.POINTWISE
    return (
        kind(node) is not Kind.PRODUCT
        and all(map(in_front, node.results))
        and all(
            in_front(value) if value in facts.rowed else repeated or not has_rows(value)
            for value in node.inputs
        )
    )


def _for_each(rows: Rows, node: Node) -> Sequence[Tensor]:
    """What is the same for each row: parameters, and what is made of nothing."""
    if kind(node) is Kind.FILL:
        value = node.results[0]
        return [torch.full(alone(value), as_number(node), dtype=value.dtype)]
    return call(node, rows.known, 1)


def _product(rows: Rows, node: Node) -> Sequence[Tensor]:
    return [product(rows, node)]


def _pointwise(rows: Rows, node: Node) -> Sequence[Tensor]:
    result = node.results[0]

    def change(arg: Any) -> Any:
        return rows.aligned(arg, result) if isinstance(arg, Value) else arg

    return _tensors(node.op(*substitute(node.args, change), **node.kwargs))


def _along(rows: Rows, node: Node) -> Sequence[Tensor]:
    """What works along dimensions, which are one further back."""

    def change(arg: Any) -> Any:
        if isinstance(arg, Value):
            return rows.spread(arg)
        return arg.at(1) if isinstance(arg, Size) else arg

    specs = node.op._schema.arguments
    given: dict[str, Any] = {each.name: each.default_value for each in specs}
    given |= zip((each.name for each in specs), node.args, strict=False)
    given |= node.kwargs
    given = {name: substitute(arg, change) for name, arg in given.items()}
    for name in _DIMS & given.keys():
        given[name] = substitute(given[name], lambda dim: dim + 1 if dim >= 0 else dim)
    return _tensors(node.op(**given))


def _tensors(found: Any) -> Sequence[Tensor]:
    return [found] if isinstance(found, Tensor) else list(found)


def _permute(rows: Rows, node: Node) -> Sequence[Tensor]:
    value, order = node.args
    return [rows.row(value).permute(0, *(dim % len(order) + 1 for dim in order))]


def _turn(rows: Rows, node: Node) -> Sequence[Tensor]:
    return [rows.row(node.args[0]).transpose(1, -1)]


def _reshape(rows: Rows, node: Node) -> Sequence[Tensor]:
    return [rows.known[node.inputs[0]]]  # `put` gives it its shape


def _expand(rows: Rows, node: Node) -> Sequence[Tensor]:
    found, shape = rows.row(node.args[0]), alone(node.results[0])
    lead = [1] * (len(shape) + 1 - found.dim())
    return [found.reshape(rows.count, *lead, *found.shape[1:]).expand(-1, *shape)]


def _repeat(rows: Rows, node: Node) -> Sequence[Tensor]:
    times = [each.at(1) if isinstance(each, Size) else each for each in node.args[1]]
    found = rows.row(node.args[0])
    lead = [1] * (len(times) + 1 - found.dim())
    return [found.reshape(rows.count, *lead, *found.shape[1:]).repeat(1, *times)]


_DIMS = {"dim", "dim0", "dim1", "dim2", "dims"}
_RULES: Mapping[Any, Rule] = MappingProxyType(
    {
        **dict.fromkeys(RESHAPES, _reshape),
        _aten.permute.default: _permute,
        _aten.t.default: _turn,
        _aten.expand.default: _expand,
        _aten.repeat.default: _repeat,
    }
)
_OF_KIND: Mapping[Kind | None, Rule] = MappingProxyType(
    {
        Kind.PRODUCT: _product,
        Kind.POINTWISE: _pointwise,
        Kind.REDUCTION: _along,
        Kind.VIEW: _along,
    }
)
