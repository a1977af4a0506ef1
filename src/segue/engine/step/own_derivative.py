"""Where a step brings a derivative of its own, seen while it is recorded.

Operations alone do not tell: what a `torch.autograd.Function` computes in its forward says nothing
of its backward. But whoever gives a derivative of his own keeps torch from recording one, so that
the operations run without gradients; or calls an operator that is not torch's; or hangs a hook on
a tensor.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from segue.errors import CellError

_APPLY: CodeType = torch.autograd.Function.apply.__func__.__code__  # type: ignore[attr-defined]
_ASKED = (Tensor.requires_grad.__get__, Tensor.is_leaf.__get__)  # type: ignore[attr-defined]
_HOOKS = (Tensor.register_hook, Tensor.retain_grad)


@dataclass(frozen=True, eq=False)
class OwnDerivative:
    """A step whose derivative is not that of its operations.

    Attributes:
        step: `step(flow, params) -> (output, next state)`, as autograd sees it.
        sources: what brings a derivative of its own, with the line of the step.
        error: the error that says what is wrong with the cell.
    """

    step: Callable[[Sequence[Tensor], Sequence[Tensor]], tuple[Tensor, tuple[Tensor, ...]]]
    sources: Mapping[str, int | None]
    error: Callable[[str, int | None], CellError]

    @property
    def named(self) -> str:
        """What brings it and where, for a message."""
        return " and ".join(
            name if line is None else f"{name} (line {line})" for name, line in self.sources.items()
        )


def source(func: torch._ops.OpOverload, code: CodeType | None) -> str | None:
    """What brings a derivative of its own for the operation that is being called; None: nothing."""
    if func.namespace not in ("aten", "prims"):
        return str(func._schema.name)
    if torch.is_grad_enabled():
        return None
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not code:
        if frame.f_code is _APPLY:
            return str(frame.f_locals["cls"].__name__)
        frame = frame.f_back
    return "torch.no_grad"


class Hooks(TorchFunctionMode):
    """Tells of hooks on the step's tensors, and answers as if each required a gradient."""

    def __init__(self, own: Container[int], tell: Callable[[str], None]) -> None:
        super().__init__()
        self.own = own
        self.tell = tell

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function of torch, or answer for it."""
        of_step = bool(args) and id(args[0]) in self.own
        if of_step and func == _ASKED[0]:
            return True
        if of_step and func == _ASKED[1]:
            return False
        if of_step and func in _HOOKS:
            self.tell(f"Tensor.{func.__name__}")
            return torch.utils.hooks.RemovableHandle(OrderedDict()) if func is _HOOKS[0] else None
        return func(*args, **(kwargs or {}))
