"""From a body of the split, in torch's operations, to a `Loop` in normal form.

Features of a row lie flat, `[B, width]`, whatever shape the equation gives them. Operations that
move features become slices and joins: the operation itself is run on the features' numbers, and
where they end up says which slices they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from segue.engine.plan.loop import Fn, Fold, Form, Loop, LoopNode, Pointwise, Product, Var
from segue.engine.plan.loop_writer import LoopWriter, pieces
from segue.engine.plan.pointwise import RULES, Operand, as_number
from segue.engine.plan.refusal import OTHERS, Refusal, placed
from segue.engine.plan.split import Body
from segue.engine.step.graph import ROWS, Constant, Node, Value, call
from segue.engine.step.ops import Kind, kind

_aten = torch.ops.aten


@dataclass(frozen=True, eq=False)
class Given:
    """A parameter of the loop: a value that is computed before it, and the shape that it takes.

    Attributes:
        value: without rows.
        shape: what it is expanded to before it is laid flat; None for a matrix as it is.
    """

    value: Value
    shape: tuple[int, ...] | None
    var: Var


@dataclass(frozen=True, eq=False)
class Normal:
    """A loop, and the values of the joint graph that its streams and parameters stand for.

    Attributes:
        made: the values that its other variables stand for, for a reader.
    """

    loop: Loop
    streams: tuple[Value, ...]
    params: tuple[Given, ...]
    made: Mapping[Var, Value]


def features(value: Value) -> tuple[int, ...]:
    """The shape of a row of a value."""
    return tuple(size.count for size in value.shape[1:])


def width(value: Value) -> int:
    """How many features a row of a value has."""
    return prod(features(value))


def normalize(name: str, dtype: torch.dtype, body: Body, constants: Iterable[Constant]) -> Normal:
    """The normal form of a body.

    Raises:
        Refusal: an operation has none.
    """
    return Normalizer(dtype, constants).normalize(name, body)


class Normalizer(LoopWriter):
    """Builds the nodes of a loop; `RULES` for pointwise operations use it."""

    def __init__(self, dtype: torch.dtype, constants: Iterable[Constant]) -> None:
        super().__init__()
        self.dtype = dtype
        # What each value is: a Var of its width or of width 1, or a number.
        self.known: dict[Value, Operand] = {
            each.value: each.data.item() for each in constants if each.data.numel() == 1
        }
        self.streams: dict[Value, Var] = {}
        self.given: dict[tuple[Value, tuple[int, ...] | None], Given] = {}

    def normalize(self, name: str, body: Body) -> Normal:
        """The normal form of a body."""
        carries = tuple(Var(f"c{i}", self.row(value)) for i, value in enumerate(body.carries))
        self.known |= zip(body.carries, carries, strict=True)
        for value in body.leaves:
            if value.shape[:1] == (ROWS,):
                self.streams[value] = Var(f"s{len(self.streams)}", self.row(value))
        for value, var in self.streams.items():
            is_mask = value.dtype == torch.bool  # which is a number in memory
            self.known[value] = self.pointwise(Fn.NE, var, 0.0, mask=True) if is_mask else var
        for node in body.nodes:
            try:
                self.add(node)
            except Refusal as refusal:
                raise Refusal(placed(node, str(refusal))) from None
        outs = tuple(self.rows(value) for value in body.outs)
        after = tuple(self.rows(value) for value in body.next_carries)
        totals = tuple(self.rows(value) for value, _ in body.totals)
        loop = Loop(
            name=name,
            dtype=self.dtype,
            streams=tuple(self.streams.values()),
            carries=carries,
            params=tuple(each.var for each in self.given.values()),
            nodes=self.needed((*outs, *after, *totals)),
            outs=outs,
            next_carries=after,
            totals=totals,
        )
        made: dict[Var, Value] = {}
        for value, known in self.known.items():
            if isinstance(known, Var):
                made.setdefault(known, value)
        return Normal(loop, tuple(self.streams), tuple(self.given.values()), made)

    def needed(self, wanted: Iterable[Var]) -> tuple[LoopNode, ...]:
        """The nodes that some Vars need."""
        needed, kept = set(wanted), []
        for node in reversed(self.nodes):
            if node.result in needed:
                needed.update(node.reads)
                kept.append(node)
        return tuple(reversed(kept))

    def row(self, value: Value) -> int:
        """The width of a value that must have a row for each row of the batch."""
        if value.shape[:1] != (ROWS,) or any(size.batch for size in value.shape[1:]):
            shape = ", ".join(map(str, value.shape))
            raise Refusal(
                f"a tensor of shape [{shape}] in the recurrence has no batch in front; keep [B,"
                " features] all along"
            )
        if value.dtype not in (self.dtype, torch.bool, torch.int64):
            raise Refusal(f"it computes in {value.dtype}; keep to the type of the state")
        if width(value) == 0:
            raise Refusal("a tensor in the recurrence has no features; leave it out")
        return width(value)

    def add(self, node: Node) -> None:
        """Write what one operation computes."""
        of_kind = kind(node)
        for value in node.results if of_kind is not Kind.FILL else ():
            self.row(value)
        if node.op in RULES:
            value = node.results[0]
            self.known[value] = RULES[node.op](self, node)
        elif of_kind is Kind.FILL:
            self.known[node.results[0]] = as_number(node)
        elif node.op in _SAME:
            self.known[node.results[0]] = self.same(node.inputs[0], node.results[0])
        elif of_kind is Kind.VIEW:
            self.move(node)
        elif of_kind is Kind.PRODUCT:
            self.known[node.results[0]] = self.product(node)
        elif node.op in _FOLDS:
            self.known[node.results[0]] = self.reduce(node, _FOLDS[node.op])
        else:
            raise Refusal(f"{node.title} has no place in the recurrence; {OTHERS}")

    def same(self, value: Value, result: Value) -> Operand:
        """A value in another shape, or repeated."""
        known = self.known.get(value)
        if known is not None and width(value) == width(result):
            return known
        return self.operand(value, result)

    def operand(self, value: object, result: Value) -> Operand:
        """An argument of a pointwise operation: as wide as the result's features, or 1."""
        if not isinstance(value, Value):
            assert isinstance(value, (bool, int, float))  # noqa: S101 - a number of the graph
            return float(value)
        if value not in self.known:
            vector = self.vector(value, features(result))
            is_mask = value.dtype == torch.bool  # which is a number in memory
            return self.pointwise(Fn.NE, vector, 0.0, mask=True) if is_mask else vector
        known = self.known[value]
        if not isinstance(known, Var) or known.width == 1 or features(value) == features(result):
            return known
        places = torch.arange(known.width, device="cpu").view(features(value))
        places = places.expand(features(result)).flatten()
        return self.gather(list(pieces(places, [(known, i) for i in range(known.width)])))

    def vector(self, value: Value, shape: tuple[int, ...]) -> Var:
        """A parameter as it is repeated over features of some shape."""
        sizes = tuple(size.count for size in value.shape)
        if prod(sizes) == 1:
            shape = ()
        elif len(sizes) > len(shape) and prod(sizes[: -len(shape) or None]) != 1:
            raise Refusal(f"the parameter {value.name} is used row by row; use [features]")
        key = (value, shape)
        if key not in self.given:
            var = Var(f"p{len(self.given)}", prod(shape), Form.VECTOR)
            self.given[key] = Given(value, shape, var)
        return self.given[key].var

    def rows(self, value: Value) -> Var:
        """A value as ROWS of its full width, and no mask."""
        known = self.operand(value, value)
        if isinstance(known, Var) and known.mask:
            known = self.pointwise(Fn.WHERE, known, 1.0, 0.0)
        if isinstance(known, Var) and known.form is Form.ROWS and known.width == width(value):
            return known
        result = self.fresh(width(value))
        self.nodes.append(Pointwise(result, Fn.COPY, (known,)))
        return result

    def product(self, node: Node) -> Var:
        """Rows by a parameter."""
        if node.op not in (_aten.mm.default, _aten.mv.default):
            raise Refusal(
                f"{node.title} in the recurrence; products there are [B, n] @ [n, m] with a"
                " parameter"
            )
        left, right = node.inputs
        if right.shape[:1] == (ROWS,) or left.shape[:1] != (ROWS,):
            raise Refusal(
                "two tensors of the batch are multiplied as matrices; write the parameter on the"
                " right, as in h @ weight.T"
            )
        rows = self.rows(left)
        key = (right, None)
        if key not in self.given:
            depth, columns = (*(size.count for size in right.shape), 1)[:2]
            var = Var(f"p{len(self.given)}", columns, Form.MATRIX, depth)
            self.given[key] = Given(right, None, var)
        result = self.fresh(self.given[key].var.width)
        self.nodes.append(Product(result, rows, self.given[key].var))
        return result

    def reduce(self, node: Node, fold: Fold) -> Operand:
        """One feature of all, or of those along some dimensions."""
        value, result = node.inputs[0], node.results[0]
        rows = self.rows(value)
        if width(result) == 1:
            return self.folded(fold, rows)
        dims = [dim % len(value.shape) - 1 for dim in node.args[1]]
        kept = [dim for dim in range(len(value.shape) - 1) if dim not in dims]
        places = torch.arange(rows.width, device="cpu").view(features(value))
        return self.fold_groups(fold, rows, places.permute(*kept, *dims).reshape(width(result), -1))

    def move(self, node: Node) -> None:
        """An operation that moves features."""
        flow = tuple(dict.fromkeys(node.inputs))
        if len(flow) == 1:
            known = self.known.get(flow[0])
            if known is None:
                raise Refusal(
                    f"{node.title} of a parameter, for each row; leave it to broadcasting"
                )
            if not isinstance(known, Var) or known.width < width(flow[0]) or known.width == 1:
                self.known |= dict.fromkeys(node.results, known)
                return
        tables: dict[Value, Tensor] = {}
        sources: list[tuple[Var, int]] = []
        for value in flow:
            start = len(sources)
            sources += [(self.moved_var(value), i) for i in range(width(value))]
            places = torch.arange(start, len(sources), device="cpu")
            tables[value] = places.view(1, *features(value))
        for value, places in zip(node.results, self.places(node, tables), strict=True):
            self.known[value] = self.gather(list(pieces(places, sources)))

    def moved_var(self, value: Value) -> Var:
        """A value whose features are moved: ROWS of full width, or a mask as it is."""
        known = self.known.get(value)
        if isinstance(known, Var) and known.mask and known.width == width(value):
            return known
        return self.rows(value)

    def places(self, node: Node, tables: dict[Value, Tensor]) -> tuple[Tensor, ...]:
        """Where the features of each result come from."""
        try:
            return call(node, tables, 1)
        except RuntimeError as error:
            raise Refusal(f"{node.title} cannot be followed ({error}); {OTHERS}") from error


_SAME = frozenset(
    {
        _aten.view.default,
        _aten._unsafe_view.default,
        _aten.unsqueeze.default,
        _aten.squeeze.dim,
        _aten.squeeze.dims,
        _aten.expand.default,
        _aten.clone.default,
        _aten.alias.default,
        _aten.detach.default,
    }
)
_FOLDS: dict[torch._ops.OpOverload, Fold] = {
    _aten.sum.default: Fold.SUM,
    _aten.sum.dim_IntList: Fold.SUM,
    _aten.amax.default: Fold.MAX,
    _aten.amin.default: Fold.MIN,
}
