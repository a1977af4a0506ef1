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
