"""Several records of one step become one Graph: what differs between them is a size.

A number that grows with the batch is a multiple of it; one that grows with a symbol of the cell can
be written in that symbol. Operations whose results nobody needs are left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from segue.engine.step.cell import Cell
from segue.engine.step.graph import Constant, Graph, Node, Size, Value, leaves
from segue.engine.step.own_derivative import OwnDerivative
from segue.engine.step.recording import Call, Record, Ref


@dataclass(frozen=True)
class Family:
    """Records of one step: for some batch, for a wider one, and for each symbol with its double."""

    sizes: Mapping[str, int]
    dtype: torch.dtype
    batches: tuple[int, int]
    base: Record
    wide: Record
    grown: Mapping[str, Record] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    """The same place of every record."""

    base: Any
    wide: Any
    grown: Mapping[str, Any]

    def __getitem__(self, index: int) -> "_Place":
        grown = {symbol: each[index] for symbol, each in self.grown.items()}
        return _Place(self.base[index], self.wide[index], grown)


def difference(one: Record, two: Record) -> tuple[int | None] | None:
    """None when two records agree but for numbers, else a tuple with the line where they part."""
    for a, b in zip(one.calls, two.calls, strict=False):
        if a.op is not b.op or _form((a.args, a.kwargs)) != _form((b.args, b.kwargs)):
            return (a.line,)
        if a.results != b.results:
            return (a.line,)
    if len(one.calls) != len(two.calls):
        longer = max(one.calls, two.calls, key=len)
        return (longer[min(len(one.calls), len(two.calls))].line,)
    ranks = [[len(shape) for shape, _ in each.types] for each in (one, two)]
    returned = [(each.output, each.next_state) for each in (one, two)]
    return None if ranks[0] == ranks[1] and returned[0] == returned[1] else (None,)


def _form(arg: Any) -> Any:
    """An argument with every number left out."""
    if isinstance(arg, (tuple, list)):
        return tuple(map(_form, arg))
    if isinstance(arg, Mapping):
        return {name: _form(each) for name, each in arg.items()}
    return arg if isinstance(arg, Ref) else type(arg)


def merge(cell: Cell, family: Family, retraced: Callable[[torch.dtype], Graph]) -> Graph:
    """The graph that all records of a family are cases of.

    Raises:
        CellError: what the step does depends on how many rows the batch has.
    """
    apart = difference(family.base, family.wide)
    if apart:
        raise cell.error(
            "the step does other operations when the batch has more rows; write them for all rows"
            " at once",
            *apart,
        )
    return _Merge(cell, family).graph(retraced)


class _Merge:
    def __init__(self, cell: Cell, family: Family) -> None:
        self.cell = cell
        self.family = family
        self.needed = _needed(family.base)
        self.lines = {ref.index: each.line for each in family.base.calls for ref in each.results}
        names = [each.name for each in cell.fields]
        fresh = (f"%{n}" for n in range(len(family.base.types)))
        self.values = {
            index: self.value(index, names[index] if index < len(names) else next(fresh))
            for index in range(len(family.base.types))
            if index < len(names) or index in self.needed
        }

    def graph(self, retraced: Callable[[torch.dtype], Graph]) -> Graph:
        base, cell = self.family.base, self.cell
        flow = [self.values[i] for i in range(1 + len(cell.state))]
        params = [self.values[len(flow) + i] for i in range(len(cell.params))]
        calls = range(len(base.calls))
        return Graph(
            name=cell.name,
            sizes=self.family.sizes,
            dtype=self.family.dtype,
            input=flow[0],
            state=tuple(flow[1:]),
            params=tuple(params),
            constants=tuple(
                Constant(self.values[i], data)
                for i, data in base.constants.items()
                if i in self.needed
            ),
            nodes=tuple(self.node(i) for i in calls if _is_needed(base.calls[i], self.needed)),
            output=self.values[base.output.index],
            next_state=tuple(self.values[ref.index] for ref in base.next_state),
            own=OwnDerivative(self.step, base.own, cell.error) if base.own else None,
            retraced=retraced,
        )

    def step(
        self, flow: Sequence[Tensor], params: Sequence[Tensor]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        names = [each.name for each in self.cell.params]
        return self.cell.step(*flow, **dict(zip(names, params, strict=True)))

    def place(self, get: Callable[[Record], Any]) -> _Place:
        grown = {symbol: get(each) for symbol, each in self.family.grown.items()}
        return _Place(get(self.family.base), get(self.family.wide), grown)

    def value(self, index: int, name: str) -> Value:
        shape = self.place(lambda each: each.types[index][0])
        line = self.lines.get(index)
        sizes = tuple(self.size(shape[axis], line) for axis in range(len(shape.base)))
        return Value(name, sizes, self.family.base.types[index][1])

    def node(self, index: int) -> Node:
        base = self.family.base.calls[index]
        args = self.argument(self.place(lambda each: each.calls[index].args), base.line)
        kwargs = {
            name: self.argument(self.place(lambda each: each.calls[index].kwargs[name]), base.line)  # noqa: B023
            for name in base.kwargs
        }
        results = tuple(self.values[ref.index] for ref in base.results)
        return Node(base.op, args, kwargs, results, base.line)

    def argument(self, place: _Place, line: int | None) -> Any:
        if isinstance(place.base, tuple):
            return tuple(self.argument(place[i], line) for i in range(len(place.base)))
        if isinstance(place.base, Ref):
            return self.values[place.base.index]
        if isinstance(place.base, int) and not isinstance(place.base, bool):
            size = self.size(place, line)
            return size if size.batch or size.text else size.count
        if place.base != place.wide:
            self.refuse_count(line)
        return place.base

    def size(self, place: _Place, line: int | None) -> Size:
        narrow, wide = self.family.batches
        if place.base == place.wide:
            return Size(place.base, text=self.text(place))
        if place.base % narrow or place.base // narrow * wide != place.wide:
            self.refuse_count(line)
        return Size(place.base // narrow, batch=True)

    def refuse_count(self, line: int | None) -> None:
        raise self.cell.error(
            "the step computes with the number of rows of the batch, so that a row depends on how"
            " many others there are; use it for shapes only",
            line,
        )

    def text(self, place: _Place) -> str:
        """A number in the cell's symbols, such as 4H or H+D; empty when it has none."""
        terms, rest = [], Fraction(place.base)
        for symbol, grown in place.grown.items():
            factor = Fraction(grown - place.base, self.family.sizes[symbol])
            rest -= factor * self.family.sizes[symbol]
            if factor:
                times = "" if abs(factor.numerator) == 1 else str(abs(factor.numerator))
                over = "" if factor.denominator == 1 else f"/{factor.denominator}"
                terms.append(("-" if factor < 0 else "+") + times + symbol + over)
        if not terms or rest.denominator != 1:
            return ""
        return "".join([*terms, f"{int(rest):+}" if rest else ""]).removeprefix("+")


def _needed(record: Record) -> set[int]:
    needed = {ref.index for ref in (record.output, *record.next_state)}
    for each in reversed(record.calls):
        if _is_needed(each, needed):
            needed |= {ref.index for ref in each.results}
            inputs = (each.args, tuple(each.kwargs.values()))
            needed |= {ref.index for ref in leaves(inputs, Ref)}
    return needed


def _is_needed(each: Call, needed: set[int]) -> bool:
    return any(ref.index in needed for ref in each.results)
