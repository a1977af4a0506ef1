"""Putting back the state of a model and an optimizer, once it is seen to be theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Number
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from segue.errors import RunError, SegueError

MISFITS = (
    *(ValueError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, AssertionError, RuntimeError),
)
"""What libraries raise when a state is not of the kind that they wrote."""


def load_model(model: nn.Module, weights: dict[str, Any]) -> None:
    """Load weights, all of them and no others.

    Raises:
        RunError: they are those of another model.
    """
    try:
        model.load_state_dict(weights)
    except MISFITS as error:
        line = " ".join(str(error).split())
        raise RunError(f"the weights do not fit the model: {line}") from error


def load_optimizer(optimizer: Optimizer, state: Any) -> None:
    """Load an optimizer's state as it was saved.

    torch casts floating point state to the parameter's dtype, which changes what an optimizer
    keeps in another one (NAdam's and ASGD's scalars); this puts it back.

    Raises:
        RunError: it is another optimizer's.
    """
    try:
        _check_groups(optimizer, state)
        optimizer.load_state_dict(state)
        for number, param in _numbered(optimizer, state):
            for name, value in state["state"].get(number, {}).items():
                loaded = optimizer.state[param][name]
                if isinstance(value, Tensor) and loaded.dtype != value.dtype:
                    optimizer.state[param][name] = value.to(loaded.device)
    except MISFITS as error:
        name = type(optimizer).__name__
        raise RunError(f"the checkpoint does not fit this {name}: {error}") from error


def load_schedule(schedule: LRScheduler | None, state: Any) -> None:
    """Load a schedule's state.

    Raises:
        RunError: it is another schedule's.
    """
    other = "the checkpoint was written with another schedule: use the same one"
    if (schedule is None) != (state is None):
        raise RunError(other)
    if schedule is not None:
        if not _alike(schedule.state_dict(), state):
            raise RunError(other)
        try:
            schedule.load_state_dict(state)
        except MISFITS as error:
            raise RunError(other) from error


class Unproven:
    """What was restored and has not worked yet.

    What is in the state of an optimizer or a schedule only itself knows: the first step shows
    whether it is of use.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def add(self, name: str) -> None:
        """Note that something was restored."""
        self._names.add(name)

    @contextmanager
    def use(self, name: str) -> Iterator[None]:
        """Use it; an error of its first use is one of what was restored.

        Raises:
            RunError: it does not work.
        """
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except MISFITS as error:
            if name not in self._names or isinstance(error, SegueError):
                raise
            line = " ".join(str(error).split())
            raise RunError(
                f"the checkpoint's {name} does not work ({line:.120}): train again"
            ) from error
        self._names.discard(name)


def _numbered(optimizer: Optimizer, state: dict[str, Any]) -> list[tuple[int, Tensor]]:
    """Each parameter with its number in a state."""
    numbers = [number for group in state["param_groups"] for number in group["params"]]
    params = [param for group in optimizer.param_groups for param in group["params"]]
    return list(zip(numbers, params, strict=True))


def _check_groups(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Raise `ValueError` unless the options are those of the optimizer."""
    if not isinstance(state, dict):
        raise ValueError("it is no state of an optimizer")  # noqa: TRY004 - as for the rest
    mine, theirs = optimizer.state_dict()["param_groups"], state["param_groups"]
    if len(mine) != len(theirs):
        raise ValueError("it has another number of parameter groups")
    for group, other in zip(mine, theirs, strict=True):
        if not _alike(group, other):
            raise ValueError("its options are of another kind")


def _alike(mine: Any, theirs: Any) -> bool:
    """Whether two states have the same names and kinds of values; None stands for any kind."""
    if mine is None or theirs is None:
        return True
    if isinstance(mine, dict):
        return isinstance(theirs, dict) and all(
            name in mine and _alike(mine[name], value) for name, value in theirs.items()
        )
    if isinstance(mine, list | tuple):
        return isinstance(theirs, list | tuple)
    if isinstance(mine, Number | Tensor):
        return isinstance(theirs, Number | Tensor)
    return isinstance(theirs, type(mine))
