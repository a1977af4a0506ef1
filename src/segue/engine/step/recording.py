"""Records the aten operations of one call of a step, and refuses on the spot what no step may do.

The step runs on meta tensors, which have shapes and no values, so that nothing can depend on data.
This is what `make_fx` does inside; done here, each operation is seen as it is called, so that a
refusal can name the line of the equation, and nothing but the operations has to be recorded.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType, TracebackType
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from segue.engine.step.cell import Cell
from segue.engine.step.graph import leaves, substitute
from segue.engine.step.own_derivative import Hooks, source
from segue.errors import CellError

_DROPPED = frozenset({"device", "layout", "pin_memory", "memory_format"})
_ASKS_FOR_VALUE = (
    "the step asks for the value of a tensor (if, bool, float, .item()), so that its course would"
    " depend on the data; choose with torch.where"
)


class _Refusal(Exception):  # noqa: N818 - no error of the step, and no TypeError: operators eat those
    """What a step may not do, and the line where it does."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


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
    """What a step did: the arguments come first in `types`, then constants and results.

    Attributes:
        own: what brings a derivative of its own, with the line of its first use.
    """

    types: list[tuple[tuple[int, ...], torch.dtype]] = field(default_factory=list)
    constants: dict[int, Tensor] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    own: dict[str, int | None] = field(default_factory=dict)
    output: Ref = Ref(-1)
    next_state: tuple[Ref, ...] = ()


def record(cell: Cell, sizes: Mapping[str, int], batch: int, dtype: torch.dtype) -> Record:
    """Call the step once for a batch of so many rows.

    Raises:
        CellError: the step does what no step may do, returns something else than
            `output, (next state)`, or fails.
    """
    shapes = [(batch, *each.shape(sizes)) for each in (cell.input, *cell.state)]
    shapes += [(batch,) * each.context + each.shape(sizes) for each in cell.params]

    def step(flow: Sequence[Tensor], params: Mapping[str, Tensor]) -> Any:
        return cell.step(*flow, **params)

    recorder = _Recorder(cell, shapes, dtype)
    recorder.run(step)
    if recorder.unfollowed is not None:
        # The step changes views of tensors of its own: record what it would be without that.
        own = recorder.record.own
        recorder = _Recorder(cell, shapes, dtype)
        recorder.run(torch.func.functionalize(step))
        recorder.record.own |= own
    if recorder.unfollowed is not None:
        raise cell.error(recorder.unfollowed.reason, recorder.unfollowed.line)
    return recorder.record


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, cell: Cell, shapes: Sequence[tuple[int, ...]], dtype: torch.dtype) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.cell = cell
        self.record = Record()
        self.unfollowed: _Refusal | None = None
        self.refs: dict[int, Ref] = {}
        self.held: list[Tensor] = []  # so that no id is used twice
        self.sharing: dict[int, set[int]] = {}  # ids of tensors by storage
        self.arguments = [
            self.add(torch.empty(shape, dtype=dtype, device="meta")) for shape in shapes
        ]
        self.storages = {
            _storage(tensor): each.name
            for tensor, each in zip(self.arguments, cell.fields, strict=True)
        }

    def add(self, tensor: Tensor) -> Tensor:
        """A new value."""
        self.hold(tensor, Ref(len(self.record.types)))
        self.record.types.append((tuple(tensor.shape), tensor.dtype))
        return tensor

    def hold(self, tensor: Tensor, ref: Ref) -> None:
        self.refs[id(tensor)] = ref
        self.held.append(tensor)
        self.sharing.setdefault(_storage(tensor), set()).add(id(tensor))

    def run(self, step: Callable[[Sequence[Tensor], Mapping[str, Tensor]], Any]) -> None:
        flow = self.arguments[: 1 + len(self.cell.state)]
        names = [each.name for each in self.cell.params]
        params = dict(zip(names, self.arguments[len(flow) :], strict=True))
        try:
            with torch.enable_grad(), Hooks(self.refs, self.tell), self:
                returned = step(flow, params)
        except _Refusal as refusal:
            raise self.cell.error(refusal.reason, refusal.line) from None
        except CellError:
            raise
        except Exception as error:  # whatever a user's equation raises becomes one line
            line = _line_of_traceback(error.__traceback__, self.cell.code)
            raise self.cell.error(self.reason(error), line) from error
        self.finish(returned)

    def tell(self, own: str) -> None:
        """Note what brings a derivative of its own."""
        self.record.own.setdefault(own, _line_of_stack(self.cell.code))

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
        self.check_tags(func, args, line)
        own = source(func, self.cell.code)
        if own is not None and any(id(each) in self.refs for each in leaves(args, Tensor)):
            self.tell(own)
        written = self.check_writes(func, args, kwargs, line)
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
        func = self.pure(func, written, line) if written else func
        inputs = substitute(args, self.ref)
        named = {k: substitute(v, self.ref) for k, v in kwargs.items() if k not in _DROPPED}
        if func is torch.ops.aten.copy.default:
            func, inputs = self.spread(args[1], results[0], line)
        if _changes_nothing(func, inputs, self.record.types, results):
            self.hold(results[0], inputs[0])
            return out
        refs = tuple(self.refs[id(self.add(tensor))] for tensor in results)
        self.record.calls.append(Call(func, inputs, named, refs, line))
        return out

    def check_tags(
        self, func: torch._ops.OpOverload, args: tuple[Any, ...], line: int | None
    ) -> None:
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise _Refusal(
                f"{func} draws random numbers, so that no two runs agree; pass noise in as part of"
                " the input, and leave dropout to layers",
                line,
            )
        if torch.Tag.data_dependent_output in func.tags:
            raise _Refusal(_ASKS_FOR_VALUE, line)
        if torch.Tag.dynamic_output_shape not in func.tags:
            return
        # Numbers as an index give a known shape, a mask does not.
        index = args[1] if func is torch.ops.aten.index.Tensor else None
        if index is None or any(each.dtype == torch.bool for each in leaves(index, Tensor)):
            raise _Refusal(
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
    ) -> list[Tensor]:
        """The tensors that an operation changes in place, which may only be the step's own."""
        written: list[Tensor] = []
        for position, spec in enumerate(func._schema.arguments):
            if spec.alias_info is not None and spec.alias_info.is_write:
                arg = args[position] if position < len(args) else kwargs.get(spec.name)
                written.extend(leaves(arg, Tensor))
        for tensor in written:
            if not tensor.is_meta:
                raise _Refusal(
                    "a tensor from outside the step is changed in place; a step has no memory but"
                    " its state",
                    line,
                )
            name = self.storages.get(_storage(tensor))
            if name is not None:
                raise _Refusal(
                    f"the argument {name} is changed in place; compute a new tensor, such as"
                    f" {name} = {name} + ...",
                    line,
                )
        return written

    def pure(
        self, func: torch._ops.OpOverload, written: list[Tensor], line: int | None
    ) -> torch._ops.OpOverload:
        """The operation that returns what `func` writes: `add` for `add_`."""
        name = func._schema.name.removeprefix("aten::")
        packet = getattr(torch.ops.aten, name.removesuffix("_"), None)
        found = getattr(packet, func._overloadname, None)
        alone = all(len(self.sharing[_storage(tensor)]) == 1 for tensor in written)
        if name.endswith("_") and alone and isinstance(found, torch._ops.OpOverload):
            return found
        self.unfollowed = _Refusal(
            f"{func} changes a tensor in place in a way that cannot be followed; compute a new"
            " one, such as by torch.cat or torch.where",
            line,
        )
        return func

    def spread(
        self, source: Tensor, target: Tensor, line: int | None
    ) -> tuple[torch._ops.OpOverload, tuple[Any, ...]]:
        """What a copy into a tensor leaves there, as an operation on the source alone."""
        ref = self.refs[id(source)]
        if source.dtype != target.dtype:
            converted = Ref(len(self.record.types))
            self.record.types.append((tuple(source.shape), target.dtype))
            named = {"dtype": target.dtype}
            convert = torch.ops.aten._to_copy.default
            self.record.calls.append(Call(convert, (ref,), named, (converted,), line))
            ref = converted
        return torch.ops.aten.expand.default, (ref, tuple(target.shape))

    def own(self, arg: Any, line: int | None) -> Any:
        """A tensor from outside the step becomes a constant, if it is a plain number."""
        if not isinstance(arg, Tensor) or id(arg) in self.refs:
            return arg
        if arg.dim() or arg.requires_grad:
            raise _Refusal(
                f"a tensor of shape {list(arg.shape)} comes from outside the step; declare it as a"
                " parameter after the *, with the default segue.fixed(...) if it is not learned",
                line,
            )
        return self.add_constant(arg)

    def add_constant(self, data: Tensor) -> Tensor:
        data = data.detach().cpu()
        self.record.constants[len(self.record.types)] = data
        return self.add(torch.empty_like(data, device="meta"))

    def ref(self, arg: Any) -> Any:
        return self.refs[id(arg)] if isinstance(arg, Tensor) else arg

    def reason(self, error: Exception) -> str:
        text = str(error).strip().partition("\n")[0].rstrip(".")
        if "unallocated storage" in text or "meta device" in text:
            return _ASKS_FOR_VALUE
        if isinstance(error, NameError):
            return f"{text}; declare it after the * of the step, or define it before the cell"
        if "setup_context" in text or "custom_function_call" in text:
            return (
                "the step changes views of tensors in place beside an autograd.Function, which"
                " cannot be followed; compute new tensors, such as by torch.cat or torch.where"
            )
        rows = f" (for {len(self.arguments[0])} rows)" if isinstance(error, RuntimeError) else ""
        what = f"the step fails with {type(error).__name__}: {text}{rows}"
        return f"{what}; check it against the signature"

    def finish(self, returned: Any) -> None:
        """Check what the step returned."""
        form = f"return output, ({', '.join(each.name for each in self.cell.state)},)"
        if not (isinstance(returned, tuple) and len(returned) == 2):
            raise self.cell.error(f"the step returns {_describe(returned)}; {form}")
        output, state = returned
        if not isinstance(output, Tensor):
            raise self.cell.error(f"the output is {_describe(output)}, no tensor; {form}")
        if not isinstance(state, tuple):
            raise self.cell.error(f"the next state is {_describe(state)}, no tuple; {form}")
        fields = self.cell.state
        if len(state) != len(fields):
            raise self.cell.error(
                f"the next state has {len(state)} tensors and the state {len(fields)}; {form}"
            )
        for each, tensor in zip(fields, state, strict=True):
            if not isinstance(tensor, Tensor):
                raise self.cell.error(
                    f"the next {each.name} is {_describe(tensor)}, no tensor; {form}"
                )
        try:
            refs = [self.ref(self.own(tensor, None)) for tensor in (output, *state)]
        except _Refusal as refusal:
            raise self.cell.error(refusal.reason) from None
        self.record.output, self.record.next_state = refs[0], tuple(refs[1:])


def _changes_nothing(
    func: torch._ops.OpOverload,
    inputs: tuple[Any, ...],
    types: list[tuple[tuple[int, ...], torch.dtype]],
    results: list[Tensor],
) -> bool:
    """Whether a view gives the same elements in the same shape."""
    aten = torch.ops.aten
    if func is aten.permute.default:
        return bool(inputs[1] == tuple(range(results[0].dim())))
    views = (aten.view.default, aten._unsafe_view.default, aten.expand.default, aten.alias.default)
    return func in views and types[inputs[0].index][0] == tuple(results[0].shape)


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _describe(thing: Any) -> str:
    if isinstance(thing, (tuple, list)):
        return f"a {type(thing).__name__} of {len(thing)}"
    return "nothing" if thing is None else f"a {type(thing).__name__}"


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
