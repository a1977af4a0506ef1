"""What a step's signature says: its tensors, their shapes in symbols, how they start."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor

from segue.engine.step.start import Context, Fixed, Start
from segue.errors import CellError

_DIM = re.compile(r"([1-9]\d*)?([A-Z]\w*)|([1-9]\d*)")


@dataclass(frozen=True)
class Dim:
    """One size: `factor` times the symbol, or the plain number `factor` when there is no symbol."""

    factor: int
    symbol: str | None = None

    def size(self, sizes: Mapping[str, int]) -> int:
        """The number that this dimension has once the symbols have sizes."""
        return self.factor if self.symbol is None else self.factor * sizes[self.symbol]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbol, if there is one."""
        return () if self.symbol is None else (self.symbol,)

    def __str__(self) -> str:
        if self.symbol is None:
            return str(self.factor)
        return self.symbol if self.factor == 1 else f"{self.factor}{self.symbol}"


@dataclass(frozen=True)
class Beside:
    """The size of several tensors that lie flat beside each other."""

    parts: "tuple[Field, ...]"

    def size(self, sizes: Mapping[str, int]) -> int:
        """How many numbers the parts have together."""
        return sum(prod(part.shape(sizes)) for part in self.parts)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of all parts."""
        return tuple(dict.fromkeys(symbol for part in self.parts for symbol in part.symbols))

    def __str__(self) -> str:
        return " + ".join("*".join(map(str, part.dims)) or "1" for part in self.parts)

    def settled(self, size: int, known: Mapping[str, int]) -> dict[str, int] | None:
        """The sizes by which the parts have `size` numbers together; None where none are found.

        One symbol that is not known is found, if the sum is a multiple of it and a rest.
        """
        unknown = [symbol for symbol in self.symbols if symbol not in known]
        if not unknown:
            return dict(known) if self.size(known) == size else None
        if len(unknown) > 1:
            return None
        one, two, three = (self.size({**known, unknown[0]: n}) for n in (1, 2, 3))
        count, rest = divmod(size - one, two - one)
        if three - two != two - one or rest or count < 0:
            return None
        return {**known, unknown[0]: count + 1}


@dataclass(frozen=True)
class Field:
    """A named tensor of the step with its symbolic shape (without the batch).

    Attributes:
        start: fills it in place with what it starts from; None: that is left to the layer.
        fixed: whether it is never learned.
        context: whether each row has its own, which is given with each call.
    """

    name: str
    dims: tuple[Dim | Beside, ...]
    start: Start | None = None
    fixed: bool = False
    context: bool = False

    def shape(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """The shape in numbers."""
        return tuple(dim.size(sizes) for dim in self.dims)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The size symbols of this shape, in order of appearance."""
        return tuple(dict.fromkeys(symbol for dim in self.dims for symbol in dim.symbols))

    def sizes(self, shape: tuple[int, ...]) -> dict[str, int]:
        """The sizes that a tensor of this shape shows."""
        return {
            dim.symbol: size // dim.factor
            for dim, size in zip(self.dims, shape, strict=True)
            if isinstance(dim, Dim) and dim.symbol
        }

    def settled(self, shape: tuple[int, ...], known: Mapping[str, int]) -> dict[str, int]:
        """The sizes of all symbols, where a tensor of this shape goes with `known` sizes.

        Raises:
            ValueError: they do not fit.
        """
        (dim,) = self.dims
        found = dim.settled(shape[0], known) if isinstance(dim, Beside) else None
        if found is None:
            raise ValueError(f"{list(shape)} is not [{self.spec}]")
        return found

    @property
    def spec(self) -> str:
        """The shape as the signature writes it."""
        return " ".join(map(str, self.dims))

    def __str__(self) -> str:
        kind = "context " if self.context else "fixed " if self.fixed else ""
        return f"{self.name}: {kind}{self.spec or 'scalar'}"


@dataclass(frozen=True)
class Signature:
    """The tensors of a step, by what they are."""

    inputs: tuple[Field, ...]
    state: tuple[Field, ...]
    params: tuple[Field, ...]


def signature(name: str, step: Callable[..., Any]) -> Signature:
    """Read the signature of the step of the cell `name`.

    Inputs stand before `/`; where there is none, the first argument alone is the input.

    Raises:
        CellError: an argument without a shape, a default value that fills no tensor, `*args` or
            `**kwargs`, a name that cannot be a field, or no input.
    """
    before: list[Field] = []
    flow: list[Field] = []
    params: list[Field] = []
    rooms = {
        inspect.Parameter.POSITIONAL_ONLY: before,
        inspect.Parameter.POSITIONAL_OR_KEYWORD: flow,
        inspect.Parameter.KEYWORD_ONLY: params,
    }
    for arg in inspect.signature(step).parameters.values():
        if arg.kind not in rooms:
            stars = "*" if arg.kind is arg.VAR_POSITIONAL else "**"
            raise CellError(f"cell {name}: {stars}{arg.name} has no shape; name each argument")
        rooms[arg.kind].append(Field(arg.name, _parse_dims(name, arg), *_parse_start(name, arg)))
    if not before:
        before, flow = flow[:1], flow[1:]
    if not before:
        raise CellError(f"cell {name}: the first argument must be the input, such as x: 'D'")
    for each in flow:
        if each.name.startswith("_"):
            raise CellError(
                f"cell {name}: {each.name} cannot name a field of the state; drop the underscore"
            )
    return Signature(tuple(before), tuple(flow), tuple(params))


def _parse_start(cell_name: str, arg: inspect.Parameter) -> tuple[Start | None, bool, bool]:
    given = arg.default
    if isinstance(given, Context):
        if arg.kind is not arg.KEYWORD_ONLY:
            raise CellError(f"cell {cell_name}: {arg.name} is a context; write it after the *")
        return None, False, True
    is_fixed = isinstance(given, Fixed)
    start = given.start if is_fixed else given
    if given is arg.empty:
        return None, False, False
    if arg.kind is not arg.KEYWORD_ONLY or not callable(start) or isinstance(start, Tensor):
        raise CellError(
            f"cell {cell_name}: {arg.name} has a default value; close over it in a function that"
            " returns the cell, or give a parameter what fills it, such as nn.init.ones_"
        )
    return start, is_fixed, False


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
        if symbol == "B":
            raise CellError(
                f"cell {cell_name}: {arg.name}: B is the batch, which is never written; choose"
                " another letter"
            )
        dims.append(Dim(int(number)) if number else Dim(int(factor or 1), symbol))
    return tuple(dims)
