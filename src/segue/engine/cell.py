"""`@cell`: one time step, written as a plain function, becomes a Cell.

The signature says everything that the engine needs to know:

    def step(x: "D", h: "H", *, weight: "H D", recurrent: "H H"): ...

The first argument is the input, those after it are the state's fields, those after `*` are the
parameters. Each annotation is a shape per batch row, in symbols: `D` and `H` are sizes, `4H` is a
multiple, `""` is a scalar. Tensors arrive with the batch in front: `x` is `[B, D]`.
"""

import inspect
import re
from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor

from segue.errors import CellError

_DIM = re.compile(r"(\d*)([A-Z]\w*)|(\d+)")


@dataclass(frozen=True)
class Dim:
    """One size: `factor` times the symbol, or the plain number `factor` when there is no symbol."""

    factor: int
    symbol: str | None = None

    def size(self, sizes: Mapping[str, int]) -> int:
        """The number that this dimension has once the symbols have sizes."""
        return self.factor if self.symbol is None else self.factor * sizes[self.symbol]

    def __str__(self) -> str:
        if self.symbol is None:
            return str(self.factor)
        return self.symbol if self.factor == 1 else f"{self.factor}{self.symbol}"


@dataclass(frozen=True)
class Field:
    """A named tensor of the step with its symbolic shape (without the batch)."""

    name: str
    dims: tuple[Dim, ...]

    def shape(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """The shape in numbers."""
        return tuple(dim.size(sizes) for dim in self.dims)

    def __str__(self) -> str:
        return f"{self.name}: {' '.join(map(str, self.dims)) or 'scalar'}"


@dataclass(frozen=True, eq=False)
class Cell:
    """One time step: its equation and what the signature says about it."""

    name: str
    step: Callable[..., tuple[Tensor, tuple[Tensor, ...]]]
    input: Field
    state: tuple[Field, ...]
    params: tuple[Field, ...]
    doc: str = ""

    def __call__(self, *flow: Tensor, **params: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run the equation once: `output, next_state = cell(x, *state, **params)`."""
        return self.step(*flow, **params)

    @cached_property
    def symbols(self) -> frozenset[str]:
        """Every size symbol that the signature uses."""
        fields = (self.input, *self.state, *self.params)
        return frozenset(dim.symbol for field in fields for dim in field.dims if dim.symbol)

    @cached_property
    def State(self) -> Any:  # noqa: N802 - it is a type
        """The named tuple that holds this cell's state."""
        return namedtuple("State", [field.name for field in self.state])

    def __str__(self) -> str:
        flow = ", ".join(map(str, (self.input, *self.state)))
        return f"{self.name}({flow} | {', '.join(map(str, self.params))})"

    __repr__ = __str__


def cell(step: Callable[..., Any]) -> Cell:
    """Make a Cell of a function that computes one time step.

    Args:
        step: `step(x, *state, *, **params) -> (output, next_state)`. Every argument is annotated
            with its shape, in symbols, as a string; `next_state` is a tuple with one tensor for
            each state argument, of the same shape.

    Raises:
        CellError: an argument without a shape, a default value, `*args` or `**kwargs`.

    Example:
        >>> import segue
        >>> @segue.cell
        ... def leaky(x: "H", h: "H", *, decay: "H"):
        ...     h = decay * h + x
        ...     return h, (h,)
        >>> leaky
        leaky(x: H, h: H | decay: H)
    """
    flow: list[Field] = []
    params: list[Field] = []
    name = getattr(step, "__name__", "cell")
    for arg in inspect.signature(step).parameters.values():
        if arg.kind in (arg.VAR_POSITIONAL, arg.VAR_KEYWORD):
            raise CellError(f"cell {name}: *{arg.name} has no shape; name each argument")
        if arg.default is not arg.empty:
            raise CellError(
                f"cell {name}: {arg.name} has a default value; close over it in a function that"
                " returns the cell"
            )
        field = Field(arg.name, _parse_dims(name, arg))
        (params if arg.kind is arg.KEYWORD_ONLY else flow).append(field)
    if not flow:
        raise CellError(f"cell {name}: the first argument must be the input, such as x: 'D'")
    doc = inspect.getdoc(step) or ""
    return Cell(name, step, flow[0], tuple(flow[1:]), tuple(params), doc)


def _parse_dims(cell_name: str, arg: inspect.Parameter) -> tuple[Dim, ...]:
    text = arg.annotation
    if not isinstance(text, str):
        raise CellError(
            f"cell {cell_name}: {arg.name} needs a shape, such as {arg.name}: 'H' or '4H D'"
        )
    # `from __future__ import annotations` turns 'H' into "'H'".
    dims = []
    for word in text.strip("'\"").split():
        match = _DIM.fullmatch(word)
        if match is None:
            raise CellError(
                f"cell {cell_name}: {arg.name}: {word!r} is no size; write a symbol (H), a multiple"
                " (4H) or a number"
            )
        factor, symbol, number = match.groups()
        dims.append(Dim(int(number)) if number else Dim(int(factor or 1), symbol))
    return tuple(dims)
