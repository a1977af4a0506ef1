"""What goes on step by step, with a state of its own."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[Any]


class Stepper(ABC):
    """Rows on their way through time; what is given is not checked.

    Attributes:
        backend: what computes, in one word.
        refusal: why it is not the fastest; empty where it is.
    """

    backend: str
    refusal: str = ""

    @abstractmethod
    def step(self, x: Array) -> Array:
        """The output `[B, ...]` of one step, for an input `[B, ...]`; of one row, without B."""

    @abstractmethod
    def run(self, xs: Tensor) -> Tensor:
        """The outputs `[T, B, ...]` of several steps."""

    @abstractmethod
    def read(self) -> tuple[Tensor, ...]:
        """A copy of the state."""

    @abstractmethod
    def write(self, state: tuple[Tensor, ...]) -> None:
        """Go on from a copy of this state."""

    @abstractmethod
    def copy(self, rows: int) -> "Stepper":
        """What goes on from this state by itself, with the same parameters.

        Args:
            rows: as many as there are; of one row any number, all in its state.
        """


def spread(state: tuple[Tensor, ...], rows: int) -> tuple[Tensor, ...]:
    """A state `[B, ...]`, or one of a single row for each of `rows`."""
    return tuple(field.expand(rows, *field.shape[1:]) for field in state)


def numpy_type(dtype: torch.dtype) -> "np.dtype[Any] | None":
    """NumPy's name for a type; None where it has none.

    Example:
        >>> numpy_type(torch.float32), numpy_type(torch.bfloat16)
        (dtype('float32'), None)
    """
    try:
        return torch.empty(0, dtype=dtype, device="cpu").numpy().dtype
    except TypeError:
        return None
