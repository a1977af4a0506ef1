"""The real steps of each row: however they are given, one tensor `[B]` of integers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.errors import ScanError

Lengths = Tensor | NDArray[Any] | Sequence[int] | Sequence[Sequence[bool]] | int
"""Integers `[B]`, or a mask `[T, B]` of bool that is True at real steps, which come first: as a
tensor, an array or lists. What else is wrong with integers is for `scan` to say."""


def as_lengths(owner: str, given: Lengths, steps: int, rows: int) -> Tensor:
    """The tensor `[B]` of what was given, on whatever device.

    Args:
        owner: who is asked, for errors.
        given: integers or a mask.
        steps: T, which a mask must have.
        rows: B, which a mask must have.

    Raises:
        ScanError: no tensor can be made of it; a mask of another shape, or one that is no prefix.

    Example:
        >>> from segue.engine.run.lengths import as_lengths
        >>> as_lengths("scan", [[True, True], [True, False]], steps=2, rows=2)
        tensor([2, 1])
    """
    found = tensor_of(owner, given)
    if found.dtype == torch.bool and found.dim() == 2:
        return _prefixes(owner, found, steps, rows)
    return found


def tensor_of(owner: str, given: object) -> Tensor:
    """The tensor that was given, or one of an array, of lists or of a number.

    Raises:
        ScanError: no tensor can be made of it.
    """
    if isinstance(given, Tensor):
        return given
    if not isinstance(given, np.ndarray | Sequence | int) or isinstance(given, str):
        raise ScanError(
            f"{owner}: lengths is a {type(given).__name__}; pass integers [B] or a mask [T, B] of"
            " bool: a tensor, a NumPy array or a list"
        )
    try:
        if isinstance(given, np.ndarray):
            return torch.from_numpy(given.copy())
        return torch.tensor(given, dtype=torch.int64 if given == [] else None, device="cpu")
    except (TypeError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise ScanError(
            f"{owner}: lengths is a {type(given).__name__} that makes no tensor ({reason}); pass"
            " one integer for each row"
        ) from error


def _prefixes(owner: str, mask: Tensor, steps: int, rows: int) -> Tensor:
    if mask.shape != (steps, rows):
        raise ScanError(
            f"{owner}: lengths is a mask {list(mask.shape)}; it must be [{steps}, {rows}], one for"
            " each step and row"
        )
    late = mask[1:] & ~mask[:-1]
    if not has_numbers(mask):
        torch._assert_async(~late.any(), f"{owner}: {_RULE}")
    elif bool(late.any()):
        step, row = (int(each) for each in late.nonzero()[0])
        raise ScanError(
            f"{owner}: lengths: the mask of row {row} is False at step {step} and True at step"
            f" {step + 1}; {_RULE}"
        )
    return mask.sum(0)


_RULE = (
    "a mask of lengths is True for a row's real steps, which come first, and False from its"
    " padding on"
)


def has_numbers(tensor: Tensor) -> bool:
    """Whether a tensor's numbers can be read; a stand-in that torch traces with has none."""
    plain = type(tensor).__torch_dispatch__ is Tensor.__torch_dispatch__
    return plain and not torch.compiler.is_compiling()
