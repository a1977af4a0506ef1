"""What is asked of `scan`, checked: every part fits the cell, or one line says which does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from segue.engine.step.cell import Cell
from segue.engine.step.graph import Graph, dtype_name
from segue.engine.step.packing import in_order, pack
from segue.engine.step.signature import Beside, Dim, Field
from segue.engine.step.trace import trace
from segue.errors import ScanError

State = tuple[Tensor, ...]
Given = Tensor | Sequence[Tensor] | Mapping[str, Tensor]
"""What a cell reads: a tensor `[T, B, ...]`; for several inputs, a tuple of them or by name."""

PLAIN = (Tensor, nn.Parameter)  # types of tensors that do what they say


@dataclass(frozen=True, eq=False)
class Problem:
    """A cell, its graph, and tensors that fit it: what a backend computes.

    Attributes:
        cell: the equation.
        graph: its step, for the sizes and the type at hand.
        params: one tensor for each parameter, by name; a context has rows, `[B, ...]`.
        xs: input `[T, B, ...]`.
        state: one tensor `[B, ...]` for each field.
        lengths: real steps of each row, `[B]`, int64 on the CPU; None when all have T.
        reset: `[T, B]` of bool, or None.
        reverse: whether each row runs from its last real step to its first.
        weights: what products round both sides to, in kernels; they do not when None.
    """

    cell: Cell
    graph: Graph
    params: Mapping[str, Tensor]
    xs: Tensor
    state: State
    lengths: Tensor | None
    reset: Tensor | None
    reverse: bool
    weights: torch.dtype | None = None

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of all outputs, `[T, B, ...]`."""
        features = (size.count for size in self.graph.output.shape[1:])
        return (*self.xs.shape[:2], *features)


def pose(
    cell: Cell,
    params: Mapping[str, Tensor],
    xs: Tensor,
    state: State | None,
    lengths: Tensor | None,
    reset: Tensor | None,
    reverse: bool,
) -> Problem:
    """Check the arguments of `scan`.

    Raises:
        ScanError: a part that does not fit the cell, or the others.
        CellError: a step that `trace` refuses.
    """
    checker = _Checker(cell)
    shapes = _shapes(cell, params, xs, state)
    graph = None if shapes is None else cell.fitting.get(shapes)
    if graph is None:
        checker.check_params(params)
        dtype = params[cell.params[0].name].dtype if cell.params else _tensor(cell, "xs", xs).dtype
        xs = checker.check_input(xs, dtype)
        if cell.contexts and _is_autocast(xs):
            converted = {field.name: params[field.name].to(xs.dtype) for field in cell.contexts}
            params = {**params, **converted}
        for field in cell.params:
            checker.check(field, params[field.name], field.name, ("B",) * field.context, xs)
        state = checker.check_state(state, xs)
        checker.settle(xs)
        graph = trace(cell, checker.sizes, xs.dtype)
        if shapes is not None:
            cell.fitting[shapes] = graph
        for field in cell.contexts:
            checker.check_rows(field.name, params[field.name], xs)
    steps, batch = xs.shape[:2]
    if state is None:
        zeros = [[size.count for size in value.shape[1:]] for value in graph.state]
        state = tuple([xs.new_zeros(batch, *sizes) for sizes in zeros])
    if lengths is not None:
        lengths = checker.check_lengths(lengths, steps, batch)
    if reset is not None:
        checker.check_reset(reset, xs)
    return Problem(cell, graph, params, xs, state, lengths, reset, reverse)


def _shapes(
    cell: Cell, params: Mapping[str, Tensor], xs: Tensor, state: State | None
) -> tuple[object, ...] | None:
    """All that decides whether tensors fit a cell: where they did once, no check is needed again.

    None where it takes a closer look: under autocast, which converts, at subclasses of Tensor, and
    at whatever is plainly wrong.
    """
    fields = [] if state is None else state
    names = [field.name for field in cell.params]
    if torch._C._is_any_autocast_enabled() or not isinstance(fields, (tuple, list)):
        return None
    if not hasattr(params, "keys") or set(params) != set(names):
        return None
    given = [xs, *fields, *[params[name] for name in names]]
    if any(type(each) not in PLAIN for each in given):
        return None
    steps_and_rows = xs.shape[:2]
    by_row = [*fields, *[params[field.name] for field in cell.contexts]]
    if len(steps_and_rows) < 2 or any(each.shape[:1] != steps_and_rows[1:] for each in by_row):
        return None
    found: list[object] = [state is None, xs.shape[2:]]
    found += [each.shape[1:] for each in fields]
    found += [params[name].shape for name in names]
    for each in given:
        found += each.dtype, each.device
    return tuple(found)


def check_params(cell: Cell, params: Mapping[str, Tensor]) -> None:
    """Check that there is one tensor for each parameter of the cell, and nothing else.

    Raises:
        ScanError: a name that is missing or too many.
    """
    _Checker(cell).check_params(params)


def with_contexts(
    cell: Cell, params: Mapping[str, Tensor], given: Mapping[str, Tensor] | None
) -> Mapping[str, Tensor]:
    """The parameters, and the contexts of a call among them.

    Raises:
        ScanError: a name that is no context of the cell, or that is among the parameters too.
    """
    if given is None or not hasattr(params, "keys"):
        return params
    checker = _Checker(cell)
    names = [field.name for field in cell.contexts]
    if not hasattr(given, "keys"):
        raise checker.error(f"context is a {type(given).__name__}; pass tensors by name")
    for name in given:
        if name not in names:
            raise checker.error(
                f"{name} is no context of the cell, whose contexts are"
                f" {', '.join(names) or 'none'}; pass it in params"
            )
        if name in params:
            raise checker.error(f"{name} is in params and in context; give it once, in context")
    return {**params, **given}


def packed(
    cell: Cell, params: Mapping[str, Tensor], xs: Given, state: State | None
) -> tuple[Tensor, State | None]:
    """The input as the loop takes it: several inputs flat beside each other, `[T, B, P]`.

    With it comes the state: what only the inputs apart say of its sizes would be lost.

    Raises:
        ScanError: an input that is missing, unknown, or does not fit the others or the parameters.
    """
    if isinstance(xs, Tensor) or len(cell.inputs) == 1:
        return cast("Tensor", xs), state  # `pose` refuses what is none
    checker = _Checker(cell)
    given = in_order(cell.inputs, xs, checker.error)
    parts = [_tensor(cell, f.name, part) for f, part in zip(cell.inputs, given, strict=True)]
    checker.check_params(params)
    for field in cell.params:
        shape = tuple(params[field.name].shape[int(field.context) :])
        for symbol, size in field.sizes(shape).items():
            if symbol not in checker.sizes:
                checker.sizes[symbol], checker.sources[symbol] = size, field.name
    if _is_autocast(parts[0]):
        parts = [part.to(parts[0].dtype) for part in parts]
    for field, part in zip(cell.inputs, parts, strict=True):
        checker.check(field, part, field.name, ("T", "B"), parts[0])
        if part.shape[:2] != parts[0].shape[:2]:
            raise checker.error(
                f"{field.name} has {list(part.shape[:2])} steps and rows and {cell.inputs[0].name}"
                f" {list(parts[0].shape[:2])}; they must be the same"
            )
    if state is None and all(s in checker.sizes for each in cell.state for s in each.symbols):
        rows = parts[0].shape[1]
        state = tuple(parts[0].new_zeros(rows, *f.shape(checker.sizes)) for f in cell.state)
    return pack(parts, 2), state


def _tensor(cell: Cell, name: str, given: object) -> Tensor:
    if isinstance(given, Tensor):
        return given
    raise ScanError(
        f"scan of {cell.name}: {name} is a {type(given).__name__}; pass a tensor (torch.as_tensor)"
    )


class _Checker:
    """Gathers the sizes from the tensors, and remembers where each came from."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.sizes: dict[str, int] = {}
        self.sources: dict[str, str] = {}

    def error(self, text: str) -> ScanError:
        return ScanError(f"scan of {self.cell.name}: {text}")

    def check_params(self, params: Mapping[str, Tensor]) -> None:
        declared = [field.name for field in self.cell.params]
        if not hasattr(params, "keys"):
            raise self.error(
                f"params is a {type(params).__name__}; pass tensors by name: scan(cell, params, xs)"
            )
        for name in declared:
            if name not in params:
                if name in [field.name for field in self.cell.contexts]:
                    raise self.error(f"context {name} is missing; pass context={{{name!r}: ...}}")
                raise self.error(f"parameter {name} is missing; pass params[{name!r}]")
            _tensor(self.cell, name, params[name])
        for name in params:
            if name not in declared:
                raise self.error(
                    f"{name} is no parameter of the cell, whose parameters are"
                    f" {', '.join(declared) or 'none'}; leave it out, or declare it after the * of"
                    " the step"
                )

    def settle(self, xs: Tensor) -> None:
        """Learn the sizes that only inputs which lie beside each other show."""
        (dim, *_) = (*self.cell.input.dims, None)
        if not isinstance(dim, Beside):
            missing = [symbol for symbol in self.cell.symbols if symbol not in self.sizes]
            if missing:
                raise self.error(f"the size {missing[0]} is known from no tensor; pass the state")
            return
        found = dim.settled(xs.shape[2], self.sizes) if xs.dim() == 3 else None
        if found is None or set(found) != set(self.cell.symbols):
            known = "".join(f", {symbol} = {size}" for symbol, size in self.sizes.items())
            raise self.error(
                f"xs has shape {list(xs.shape)}; it must be [T, B, {dim}]{known}, packed, or"
                f" a tuple with {', '.join(field.name for field in self.cell.inputs)}"
            )
        self.sizes = found

    def check_input(self, xs: Tensor, dtype: torch.dtype) -> Tensor:
        field = self.cell.input
        xs = _tensor(self.cell, "xs", xs)
        if xs.dim() < 2:
            raise self.error(
                f"xs has shape {list(xs.shape)}; it must be [T, B{_tail(field)}]: time, batch,"
                " features"
            )
        if _is_autocast(xs):
            xs = xs.to(dtype)
        if not (dtype.is_floating_point or dtype.is_complex):
            raise self.error(
                f"the type is {dtype_name(dtype)}; a scan needs floating-point numbers"
            )
        if xs.dtype != dtype:
            raise self.error(
                f"xs is {dtype_name(xs.dtype)} and the parameters are {dtype_name(dtype)}; convert"
                f" it with .to(torch.{dtype_name(dtype)})"
            )
        if len(self.cell.inputs) == 1:
            self.check(field, xs, "xs", ("T", "B"), xs)
        return xs

    def check(
        self, field: Field, given: Tensor, name: str, lead: tuple[str, ...], xs: Tensor
    ) -> None:
        """Check one tensor against its field, and learn the sizes that it shows."""
        if given.dtype != xs.dtype:
            raise self.error(
                f"{name} is {dtype_name(given.dtype)} and xs {dtype_name(xs.dtype)}; give both one"
                " type with .to()"
            )
        if given.device != xs.device:
            raise self.error(
                f"{name} is on {given.device} and xs on {xs.device}; move them to one device"
            )
        shape, known = given.shape, ""
        if len(shape) == len(lead) + len(field.dims):
            for dim, size in zip(field.dims, shape[len(lead) :], strict=True):
                if not self.fits(dim, size, name):
                    (symbol, *_) = (*dim.symbols, "")
                    because = self.sources.get(symbol)
                    if because:
                        known = f", where {symbol} = {self.sizes[symbol]} by {because}"
                    break
            else:
                return
        wanted = f"[{', '.join([*lead, *map(str, field.dims)])}]"
        raise self.error(f"{name} has shape {list(shape)}; it must be {wanted}{known}")

    def fits(self, dim: Dim | Beside, size: int, source: str) -> bool:
        if isinstance(dim, Beside):
            return dim.settled(size, self.sizes) is not None
        if dim.symbol is None:
            return size == dim.factor
        if dim.symbol in self.sizes:
            return size == dim.size(self.sizes)
        if size % dim.factor or size == 0:
            return False
        self.sizes[dim.symbol] = int(size) // dim.factor
        self.sources[dim.symbol] = source
        return True

    def check_state(self, state: State | None, xs: Tensor) -> State | None:
        fields = self.cell.state
        if state is None:
            return None
        names = ", ".join(field.name for field in fields)
        if not isinstance(state, (tuple, list)):
            raise self.error(
                f"the state is a {type(state).__name__}; pass a tuple with {names}, such as"
                f" ({names},)"
            )
        if len(state) != len(fields):
            raise self.error(
                f"the state has {len(state)} of the cell's {len(fields)} fields; pass a tuple with"
                f" {names}"
            )
        checked = []
        for field, tensor in zip(fields, state, strict=True):
            tensor = _tensor(self.cell, f"state {field.name}", tensor)
            if _is_autocast(xs):
                tensor = tensor.to(xs.dtype)
            self.check(field, tensor, f"state {field.name}", ("B",), xs)
            self.check_rows(f"state {field.name}", tensor, xs)
            checked.append(tensor)
        return tuple(checked)

    def check_rows(self, name: str, tensor: Tensor, xs: Tensor) -> None:
        rows, batch = tensor.shape[0], xs.shape[1]
        if rows != batch:
            kind = "state" if name.startswith("state ") else "context"
            raise self.error(
                f"{name} has {rows} rows and xs {batch}; a {kind} belongs to the rows of one batch"
            )

    def check_lengths(self, lengths: Tensor, steps: int, batch: int) -> Tensor | None:
        """Lengths on the CPU, or None when every row is full."""
        lengths = _tensor(self.cell, "lengths", lengths)
        if lengths.shape != (batch,):
            raise self.error(
                f"lengths has shape {list(lengths.shape)}; it must be [{batch}], one for each row"
            )
        kind = lengths.dtype
        if kind.is_floating_point or kind.is_complex or kind == torch.bool:
            raise self.error(f"lengths is {dtype_name(kind)}; it must hold integers")
        lengths = lengths.to("cpu", torch.int64)
        if type(lengths).__torch_dispatch__ is not Tensor.__torch_dispatch__:
            return lengths  # a stand-in without numbers, which torch traces with
        for row in ((lengths < 0) | (lengths > steps)).nonzero().flatten().tolist():
            raise self.error(
                f"lengths[{row}] is {lengths[row]}; xs has {steps} steps, so it must be in"
                f" 0..{steps}"
            )
        return None if bool((lengths == steps).all()) else lengths

    def check_reset(self, reset: Tensor, xs: Tensor) -> None:
        reset = _tensor(self.cell, "reset", reset)
        if reset.shape != xs.shape[:2]:
            raise self.error(
                f"reset has shape {list(reset.shape)}; it must be {list(xs.shape[:2])}, one for"
                " each step and row"
            )
        if reset.dtype != torch.bool:
            raise self.error(f"reset is {dtype_name(reset.dtype)}; it must be bool")
        if reset.device != xs.device:
            raise self.error(
                f"reset is on {reset.device} and xs on {xs.device}; move them together"
            )


def _is_autocast(xs: Tensor) -> bool:
    kind = xs.device.type
    return torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)


def _tail(field: Field) -> str:
    return "".join(f", {dim}" for dim in field.dims)
