"""`@cell`: one time step, written as a plain function, becomes a Cell.

The signature says everything that the engine needs to know:

    def step(x: "D", h: "H", *, weight: "H D", recurrent: "H H"): ...

The first argument is the input, those after it are the state's fields, those after `*` are the
parameters. Each annotation is a shape per batch row, in symbols: `D` and `H` are sizes, `4H` is a
multiple, `""` is a scalar. The input and the state arrive with the batch in front (`x` is
`[B, D]`), the parameters as they are written. A parameter's default value says how it starts:

    def step(x: "D", h: "H", *, weight: "H D", gain: "H" = nn.init.ones_, mask: "H" = fixed(half)):
"""

import inspect
import re
import sys
import uuid
import weakref
from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, Self, overload

import torch
from torch import Tensor
from torch.utils._pytree import _register_namedtuple

from segue.engine.step.start import Context, Fixed, Start
from segue.errors import CellError

if TYPE_CHECKING:
    from segue.engine.step.graph import Graph

_DIM = re.compile(r"([1-9]\d*)?([A-Z]\w*)|([1-9]\d*)")


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
    """A named tensor of the step with its symbolic shape (without the batch).

    Attributes:
        start: fills it in place with what it starts from; None: that is left to the layer.
        fixed: whether it is never learned.
        context: whether each row has its own, which is given with each call.
    """

    name: str
    dims: tuple[Dim, ...]
    start: Start | None = None
    fixed: bool = False
    context: bool = False

    def shape(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """The shape in numbers."""
        return tuple(dim.size(sizes) for dim in self.dims)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The size symbols of this shape, in order of appearance."""
        return tuple(dict.fromkeys(dim.symbol for dim in self.dims if dim.symbol))

    @property
    def spec(self) -> str:
        """The shape as the signature writes it."""
        return " ".join(map(str, self.dims))

    def __str__(self) -> str:
        kind = "context " if self.context else "fixed " if self.fixed else ""
        return f"{self.name}: {kind}{self.spec or 'scalar'}"


@dataclass(frozen=True, eq=False)
class Cell:
    """One time step: its equation and what the signature says about it."""

    name: str
    step: Callable[..., tuple[Tensor, tuple[Tensor, ...]]]
    input: Field
    state: tuple[Field, ...]
    params: tuple[Field, ...]
    doc: str = ""
    # Whether its derivative is meant to differ from the numerical one.
    surrogate: bool = False
    # The factory that made the cell, and its arguments.
    made: "tuple[Callable[..., Cell], tuple[Any, ...]] | None" = field(
        default=None, init=False, repr=False
    )
    # What `trace` made of the step, by sizes and type; it belongs to the cell and goes with it.
    graphs: "dict[tuple[Any, ...], Graph]" = field(default_factory=dict, init=False, repr=False)
    # The graphs by shapes and types of tensors that were found to fit.
    fitting: "dict[tuple[object, ...], Graph]" = field(default_factory=dict, init=False, repr=False)
    # What a graph of torch's calls it: text, since such a graph holds no objects.
    key: str = field(default="", init=False, repr=False)
    # The named tuple that holds this cell's state.
    State: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        fields = [each.name for each in self.state]
        object.__setattr__(self, "key", _name(self))
        object.__setattr__(self, "State", _state_class(self, fields))
        _CELLS[self.key] = self
        if "#" not in self.key:  # so that torch.export.save can write down what a layer returns
            _register_namedtuple(self.State, serialized_type_name=f"{self.key}.State")

    def __call__(self, *flow: Tensor, **params: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run the equation once: `output, next_state = cell(x, *state, **params)`."""
        for each in self.params:
            if each.name not in params:
                raise self.error(f"{each.name} is missing; pass {each.name}=...")
        return self.step(*flow, **params)

    def begin(self, field: Field, tensor: Tensor, otherwise: Start) -> None:
        """Fill a parameter's tensor with what it starts from; `otherwise` where no one says.

        Raises:
            CellError: what fills it fails.
        """
        try:
            with torch.no_grad():
                (field.start or otherwise)(tensor)
        except Exception as error:  # whatever a user's function raises becomes one line
            said = str(error).strip().partition("\n")[0]
            raise self.error(
                f"{field.name} of shape {list(tensor.shape)} does not start:"
                f" {type(error).__name__}: {said}; its default value must fill such a tensor in"
                " place, as the functions of torch.nn.init do"
            ) from error

    @property
    def fields(self) -> tuple[Field, ...]:
        """The input, the state and the parameters, in the order of the signature."""
        return (self.input, *self.state, *self.params)

    @property
    def contexts(self) -> tuple[Field, ...]:
        """The parameters that each row has its own of."""
        return tuple(each for each in self.params if each.context)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Every size symbol of the signature, in order of appearance."""
        return tuple(dict.fromkeys(symbol for each in self.fields for symbol in each.symbols))

    @cached_property
    def code(self) -> CodeType | None:
        """The code of the step, or None when the step is no Python function."""
        code = getattr(inspect.unwrap(self.step), "__code__", None)
        return code if isinstance(code, CodeType) else None

    def error(self, reason: str, line: int | None = None) -> CellError:
        """The error that says in one line what is wrong with this cell, and where."""
        return CellError(f"cell {self.name}{self._place(line)}: {reason}")

    def _place(self, line: int | None) -> str:
        if self.code is None:
            return ""
        return f" ({Path(self.code.co_filename).name}:{line or self.code.co_firstlineno})"

    # A cell never changes, so that a copy of a layer shares it (and the graphs traced from it).
    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Where another process finds the cell: a name in a module, or a factory's arguments.

        Raises:
            CellError: it finds it nowhere.
        """
        if self.made is not None:
            return self.made
        step = inspect.unwrap(self.step)
        module, name = step.__module__, getattr(step, "__qualname__", "<object>")
        found: Any = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not self:
            raise self.error(
                f"no other process finds this cell, since {name} of {module} is not it; define it"
                " at the top of a module, under the step's own name, or mark the function that"
                " makes it with @segue.factory"
            )
        object.__setattr__(self, "__module__", module)  # where pickle looks the name up
        return name

    def __str__(self) -> str:
        flow = ", ".join(map(str, (self.input, *self.state)))
        return f"{self.name}({flow} | {', '.join(map(str, self.params))})"

    __repr__ = __str__


# Every cell that is alive, by its key.
_CELLS: "weakref.WeakValueDictionary[str, Cell]" = weakref.WeakValueDictionary()


def cell_of(key: str) -> Cell:
    """The cell with this key.

    A cell defined at the top of a module has the same key in every process; one that a function
    makes has a key of its own, which is known only in that process and while the cell is alive.

    Raises:
        CellError: this process has no such cell.

    Example:
        >>> import segue
        >>> from segue.engine.step.cell import cell_of
        >>> segue.cells.gru.key
        'segue.cells.gru.gru'
        >>> cell_of("segue.cells.gru.gru") is segue.cells.gru
        True
    """
    found = _CELLS.get(key)
    if found is None:
        hint = (
            "define it at the top of a module, which is imported"
            if "#" in key
            else "import its module"
        )
        raise CellError(f"cell {key}: this process has no such cell; {hint}")
    return found


def _state_class(cell: Cell, fields: list[str]) -> Any:
    """The named tuple of a cell's state, which is pickled as the cell and its tensors."""

    def reduce(state: tuple[Tensor, ...]) -> tuple[Any, ...]:
        return _state, (cell, tuple(state))

    make: Any = namedtuple  # whose fields a type checker would want to see written
    made = make("State", fields)
    made.__reduce__ = reduce
    return made


def _state(cell: Cell, fields: tuple[Tensor, ...]) -> Any:
    return cell.State(*fields)


def _name(made: Cell) -> str:
    step = inspect.unwrap(made.step)
    own = getattr(step, "__qualname__", "<object>")
    name = f"{step.__module__}.{own}"
    if "<" in own or name in _CELLS:
        name = f"{name}#{uuid.uuid4().hex[:12]}"
    return name


@overload
def cell(step: Callable[..., Any]) -> Cell: ...
@overload
def cell(*, surrogate: bool) -> Callable[[Callable[..., Any]], Cell]: ...
def cell(
    step: Callable[..., Any] | None = None, *, surrogate: bool = False
) -> Cell | Callable[[Callable[..., Any]], Cell]:
    """Make a Cell of a function that computes one time step.

    Args:
        step: `step(x, *state, *, **params) -> (output, next_state)`. Every argument is annotated
            with its shape, in symbols, as a string; `next_state` is a tuple with one tensor for
            each state argument, of the same shape. The output may have any shape `[B, ...]`. The
            default value of a parameter fills its tensor in place when a layer is made, as the
            functions of `torch.nn.init` do; `segue.fixed` says that it is never learned.
        surrogate: the derivative is meant to differ from the numerical one, as a spike's does or a
            rounding's that passes gradients straight through. `segue.engine.laws` then holds the
            backends to the derivative that the step brings, not to the numerical one.

    Raises:
        CellError: an argument without a shape, a default value that fills no tensor, `*args` or
            `**kwargs`, a name that cannot be a field. What the equation itself does is checked by
            `segue.engine.step.trace`, before it first runs.

    Example:
        >>> import segue
        >>> @segue.cell
        ... def leaky(x: "H", h: "H", *, decay: "H"):
        ...     h = decay * h + x
        ...     return h, (h,)
        >>> leaky
        leaky(x: H, h: H | decay: H)

        A spiking cell (E. O. Neftci et al., "Surrogate gradient learning in spiking neural
        networks", IEEE Signal Processing Magazine 36, 2019), whose spike is a step up and whose
        gradient is that of a steep sigmoid:

        >>> import torch
        >>> class Spike(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, v):
        ...         ctx.save_for_backward(v)
        ...         return (v > 0).to(v.dtype)
        ...     @staticmethod
        ...     def backward(ctx, gradient):
        ...         (v,) = ctx.saved_tensors
        ...         return gradient / (1 + 10 * v.abs()) ** 2
        >>> @segue.cell(surrogate=True)
        ... def spiking(x: "D", v: "H", *, weight: "H D", decay: "H"):
        ...     v = decay * v + x @ weight.T
        ...     spike = Spike.apply(v - 1)
        ...     return spike, (v - spike,)
        >>> xs = torch.ones(3, 1, 1)
        >>> params = {"weight": torch.full((1, 1), 0.8), "decay": torch.ones(1)}
        >>> segue.scan(spiking, params, xs)[0].flatten()
        tensor([0., 1., 1.])
        >>> from segue.engine import laws
        >>> laws.check(spiking)
    """
    if step is None:
        return lambda step: _cell(step, surrogate=surrogate)
    return _cell(step, surrogate=surrogate)


def _cell(step: Callable[..., Any], *, surrogate: bool) -> Cell:
    if not callable(step):
        raise CellError(f"cell: {step!r} is no function; decorate the function of one time step")
    name = getattr(step, "__name__", type(step).__name__)
    flow: list[Field] = []
    params: list[Field] = []
    for arg in inspect.signature(step).parameters.values():
        if arg.kind in (arg.VAR_POSITIONAL, arg.VAR_KEYWORD):
            stars = "*" if arg.kind is arg.VAR_POSITIONAL else "**"
            raise CellError(f"cell {name}: {stars}{arg.name} has no shape; name each argument")
        parsed = Field(arg.name, _parse_dims(name, arg), *_parse_start(name, arg))
        (params if arg.kind is arg.KEYWORD_ONLY else flow).append(parsed)
    if not flow:
        raise CellError(f"cell {name}: the first argument must be the input, such as x: 'D'")
    for each in flow[1:]:
        if each.name.startswith("_"):
            raise CellError(
                f"cell {name}: {each.name} cannot name a field of the state; drop the underscore"
            )
    doc = inspect.getdoc(step) or ""
    return Cell(name, step, flow[0], tuple(flow[1:]), tuple(params), doc, surrogate)


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
