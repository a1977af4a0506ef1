"""`@cell`: one time step, written as a plain function, becomes a Cell.

The signature says everything that the engine needs to know:

    def step(x: "D", h: "H", *, weight: "H D", recurrent: "H H"): ...

The first argument is the input, those after it are the state's fields, those after `*` are the
parameters. Each annotation is a shape per batch row, in symbols: `D` and `H` are sizes, `4H` is a
multiple, `""` is a scalar. The input and the state arrive with the batch in front (`x` is
`[B, D]`), the parameters as they are written. A parameter's default value says how it starts:

    def step(x: "D", h: "H", *, weight: "H D", gain: "H" = nn.init.ones_, mask: "H" = fixed(half)):

A `/` ends several inputs, and a third result shows what stands beside the output:

    def step(x: "D", mask: "D", delta: "D", /, h: "H", *, weight: "H D"):
        ...
        return h, (h,), {"gate": gate}
"""

import inspect
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

from segue.engine.step.beside import Shown, side_by_side
from segue.engine.step.packing import packed_field, unpacked
from segue.engine.step.signature import Field, signature
from segue.engine.step.start import Start
from segue.errors import CellError

if TYPE_CHECKING:
    from segue.engine.step.graph import Graph


@dataclass(frozen=True, eq=False)
class Cell:
    """One time step: its equation and what the signature says about it."""

    name: str
    equation: Callable[..., Any]
    inputs: tuple[Field, ...]
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

    def __call__(self, *flow: Tensor, **params: Tensor) -> Any:
        """Run the equation once: `output, next_state = cell(*inputs, *state, **params)`.

        A step that shows more returns that as a third.
        """
        for each in self.params:
            if each.name not in params:
                raise self.error(f"{each.name} is missing; pass {each.name}=...")
        return self.equation(*flow, **params)

    def step(self, *flow: Tensor, **params: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """What the engine computes: output and next state; several inputs come packed."""
        if len(self.inputs) > 1:
            flow = (*unpacked(self.inputs, flow[0], self.sizes(flow, params)), *flow[1:])
        returned: Any = self.equation(*flow, **params)
        if isinstance(returned, tuple) and len(returned) == 3 and isinstance(returned[2], Mapping):
            returned = returned[:2]
        made: tuple[Tensor, tuple[Tensor, ...]] = returned
        return made

    def sizes(self, flow: tuple[Tensor, ...], params: Mapping[str, Tensor]) -> dict[str, int]:
        """The sizes that tensors show: the input and the state of some rows, and the parameters."""
        found: dict[str, int] = {}
        given = [(each, tensor, 1) for each, tensor in zip(self.state, flow[1:], strict=True)]
        given += [(each, params[each.name], int(each.context)) for each in self.params]
        for each, tensor, lead in given:
            found |= each.sizes(tuple(tensor.shape[lead:]))
        return self.input.settled(tuple(flow[0].shape[1:]), found)

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

    @cached_property
    def input(self) -> Field:
        """The input: where the step has several, what they are packed into, `[..., P]`."""
        return self.inputs[0] if len(self.inputs) == 1 else packed_field(self.inputs)

    @cached_property
    def observed(self) -> "Cell":
        """The cell whose output is flat and has beside it what the step shows."""
        equation = side_by_side(self.equation, self.error)
        return Cell(
            f"{self.name}_observed", equation, self.inputs, self.state, self.params, self.doc,
            self.surrogate,
        )  # fmt: skip

    def shown(self, sizes: Mapping[str, int]) -> Shown:
        """What the step shows beside its output, and the shapes of both.

        Raises:
            CellError: it shows nothing.
        """
        flow = [
            torch.empty(2, *each.shape(sizes), device="meta")
            for each in (*self.inputs, *self.state)
        ]
        params = {
            each.name: torch.empty(*(2,) * each.context, *each.shape(sizes), device="meta")
            for each in self.params
        }
        return Shown.of(self.equation(*flow, **params), self.error)

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
        code = getattr(inspect.unwrap(self.equation), "__code__", None)
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
        step = inspect.unwrap(self.equation)
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
        slash = ["/"] if len(self.inputs) > 1 else []
        flow = ", ".join(map(str, (*self.inputs, *slash, *self.state)))
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
    step = inspect.unwrap(made.equation)
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
            each state argument, of the same shape. The output may have any shape `[B, ...]`. A step
            may return a third, tensors `[B, ...]` by name, which `Recurrent.observe` shows. A `/`
            ends several inputs. The default value of a parameter fills its tensor in place when a
            layer is made, as the functions of `torch.nn.init` do; `segue.fixed` says that it is
            never learned.
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
    read = signature(name, step)
    doc = inspect.getdoc(step) or ""
    return Cell(name, step, read.inputs, read.state, read.params, doc, surrogate)
