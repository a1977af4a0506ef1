"""Records the aten operations of one call of a step, and refuses on the spot what no step may do.

The step runs on meta tensors, which have shapes and no values, so that nothing can depend on data.
Each operation is seen as it is called, and a refusal can name the line of the equation.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType, TracebackType
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from segue.engine.cell import Cell
from segue.engine.graph import leaves, substitute
from segue.errors import CellError

_DROPPED = frozenset({"device", "layout", "pin_memory", "memory_format"})


@dataclass(frozen=True)
class Ref:
    """The tensor at one index of `Record.types`."""

    index: int


@dataclass(frozen=True)
class Call:
    """One operation: every tensor among its arguments and results is a Ref."""

    op: torch._ops.OpOverload
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    results: tuple[Ref, ...]
    line: int | None


@dataclass
class Record:
    """What a step did: the arguments come first in `types`, then constants and results."""

    types: list[tuple[tuple[int, ...], torch.dtype]] = field(default_factory=list)
    constants: dict[int, Tensor] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    output: Ref = Ref(-1)
    next_state: tuple[Ref, ...] = ()


def record(cell: Cell, sizes: Mapping[str, int], batch: int, dtype: torch.dtype) -> Record:
    """Call the step once for a batch of so many rows.

    Raises:
        CellError: the step does what no step may do, returns something else than
            `output, (next state)`, or fails.
    """
    with _blank():
        shapes = [(batch, *each.shape(sizes)) for each in (cell.input, *cell.state)]
        shapes += [each.shape(sizes) for each in cell.params]
        recorder = _Recorder(cell, shapes, dtype)
        recorder.run(cell.step)
        if recorder.rewrites:
            # The step changes tensors of its own making: record it as if it did not.
            recorder = _Recorder(cell, shapes, dtype)
            recorder.run(lambda *flow, **params: _functional(cell.step, flow, params))
    return recorder.record


def _functional(
    step: Callable[..., Any], flow: Sequence[Tensor], params: Mapping[str, Tensor]
) -> Any:
    result: Any = torch.func.functionalize(lambda flow, params: step(*flow, **params))(flow, params)
    return result


@contextmanager
def _blank() -> Iterator[None]:
    """The same conditions for every recording, whatever surrounds the call of `scan`."""
    with ExitStack() as stack:
        stack.enter_context(_disable_current_modes())
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.autocast("cpu", enabled=False))
        stack.enter_context(torch.device("cpu"))
        yield


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, cell: Cell, shapes: Sequence[tuple[int, ...]], dtype: torch.dtype) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.cell = cell
        self.record = Record()
        self.rewrites = False
        self.refs: dict[int, Ref] = {}
        self.held: list[Tensor] = []  # so that no id is used twice
        self.arguments = [
            self.add(torch.empty(shape, dtype=dtype, device="meta")) for shape in shapes
        ]
        self.storages = {
            _storage(tensor): each.name
            for tensor, each in zip(self.arguments, cell.fields, strict=True)
        }

    def add(self, tensor: Tensor) -> Tensor:
        self.refs[id(tensor)] = Ref(len(self.held))
        self.held.append(tensor)
        self.record.types.append((tuple(tensor.shape), tensor.dtype))
        return tensor

    def run(self, step: Callable[..., Any]) -> None:
        flow = self.arguments[: 1 + len(self.cell.state)]
        names = [each.name for each in self.cell.params]
        params = dict(zip(names, self.arguments[len(flow) :], strict=True))
        try:
            with self:
                returned = step(*flow, **params)
        except CellError:
            raise
        except Exception as error:  # whatever a user's equation raises becomes one line
            line = _line_of_traceback(error.__traceback__, self.cell.code)
            self.cell.refuse(_reason(error), line, error)
        self.finish(returned)

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func.namespace == "prim":
            return func(*args, **kwargs)
        line = _line_of_stack(self.cell.code)
        self.check_tags(func, line)
        self.check_writes(func, args, kwargs, line)
        if func._schema.name.startswith("aten::lift_fresh"):
            return self.add_constant(args[0])
        args = substitute(args, lambda arg: self.own(arg, line))
        kwargs = {
            key: substitute(arg, lambda arg: self.own(arg, line)) for key, arg in kwargs.items()
        }
        if any(spec.name == "device" for spec in func._schema.arguments):
            kwargs["device"] = torch.device("meta")
        out = func(*args, **kwargs)
        results = list(leaves(out, Tensor))
        inputs = substitute(args, self.ref)
        named = {k: substitute(v, self.ref) for k, v in kwargs.items() if k not in _DROPPED}
        refs = tuple(self.refs[id(self.add(tensor))] for tensor in results)
        self.record.calls.append(Call(func, inputs, named, refs, line))
        return out

    def check_tags(self, func: torch._ops.OpOverload, line: int | None) -> None:
        if torch.Tag.nondeterministic_seeded in func.tags:
            self.cell.refuse(
                f"{func} draws random numbers, so that no two runs agree; pass noise in as part of"
                " the input, and leave dropout to layers",
                line,
            )
        if torch.Tag.data_dependent_output in func.tags:
            self.cell.refuse(
                "the step asks for the value of a tensor (if, bool, float, .item()), so that its"
                " course would depend on the data; choose with torch.where",
                line,
            )
        if torch.Tag.dynamic_output_shape in func.tags:
            self.cell.refuse(
                f"the shape of what {func} returns depends on the data; choose with torch.where"
                " instead of picking elements",
                line,
            )

    def check_writes(
        self,
        func: torch._ops.OpOverload,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        line: int | None,
    ) -> None:
        for position, spec in enumerate(func._schema.arguments):
            if spec.alias_info is None or not spec.alias_info.is_write:
                continue
            self.rewrites = True
            written = args[position] if position < len(args) else kwargs.get(spec.name)
            for tensor in leaves(written, Tensor):
                if not tensor.is_meta:
                    self.cell.refuse(
                        f"{func} changes a tensor from outside the step; a step has no memory but"
                        " its state",
                        line,
                    )
                name = self.storages.get(_storage(tensor))
                if name is not None:
                    self.cell.refuse(
                        f"{func} changes the argument {name} in place; compute a new tensor, such"
                        f" as {name} = {name} + ...",
                        line,
                    )

    def own(self, arg: Any, line: int | None) -> Any:
        """A tensor from outside the step becomes a constant, if it is a plain number."""
        if not isinstance(arg, Tensor) or id(arg) in self.refs:
            return arg
        if arg.dim() or arg.requires_grad:
            self.cell.refuse(
                f"a tensor of shape {list(arg.shape)} comes from outside the step; declare it as a"
                " parameter after the *",
                line,
            )
        return self.add_constant(arg)

    def add_constant(self, data: Tensor) -> Tensor:
        data = data.detach().cpu()
        self.record.constants[len(self.held)] = data
        return self.add(torch.empty_like(data, device="meta"))

    def ref(self, arg: Any) -> Any:
        return self.refs[id(arg)] if isinstance(arg, Tensor) else arg

    def finish(self, returned: Any) -> None:
        """Check what the step returned."""
        refuse = self.cell.refuse
        form = f"output, ({', '.join(each.name for each in self.cell.state)},)"
        if not (isinstance(returned, tuple) and len(returned) == 2):
            refuse(f"the step returns {_describe(returned)}; return {form}")
        output, state = returned
        if not isinstance(output, Tensor):
            refuse(f"the output is {_describe(output)}, no tensor; return {form}")
        if not isinstance(state, tuple):
            refuse(f"the next state is {_describe(state)}, no tuple; return {form}")
        if len(state) != len(self.cell.state):
            refuse(
                f"the step returns {len(state)} next states for {len(self.cell.state)} fields of"
                f" the state; return {form}"
            )
        for each, tensor in zip(self.cell.state, state, strict=True):
            if not isinstance(tensor, Tensor):
                refuse(f"the next {each.name} is {_describe(tensor)}, no tensor; return {form}")
        tensors = [self.own(tensor, None) for tensor in (output, *state)]
        self.record.output, *rest = (self.ref(tensor) for tensor in tensors)
        self.record.next_state = tuple(rest)


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _describe(thing: Any) -> str:
    if isinstance(thing, (tuple, list)):
        return f"a {type(thing).__name__} of {len(thing)}"
    return "nothing" if thing is None else f"a {type(thing).__name__}"


def _reason(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"the step fails with {type(error).__name__}: {text}; check it against the signature"


def _line_of_stack(code: CodeType | None) -> int | None:
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return None if frame is None else frame.f_lineno


def _line_of_traceback(trace: TracebackType | None, code: CodeType | None) -> int | None:
    line = None
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
