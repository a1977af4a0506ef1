"""What a plan asks of a processor: all that the stages and loops of a program need to run."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from segue.engine.plan.loop import Course, Loop, Results


class Kernel(Protocol):
    """Something that runs a loop, as `Interpreted` does."""

    def run(
        self,
        streams: Sequence[Tensor],
        carries: Sequence[Tensor],
        params: Sequence[Tensor],
        outs: Sequence[Tensor],
        course: Course,
    ) -> Results:
        """Write the outs of all steps; the totals, and the carries after the last one."""


class Matrix(NamedTuple):
    """One side of a product: a matrix, and how far it is from number to number in memory."""

    tensor: Tensor
    rows: int
    columns: int
    by_row: int
    by_column: int

    @classmethod
    def of(cls, tensor: Tensor) -> "Matrix":
        """A matrix, or `[T, B, width]` as `[T * B, width]`.

        Example:
            >>> import torch
            >>> from segue.engine.plan.processor import Matrix
            >>> Matrix.of(torch.ones(2, 3, 4))[1:], Matrix.of(torch.ones(2, 3).T)[1:]
            ((6, 4, 4, 1), (3, 2, 1, 3))
        """
        if tensor.dim() == 3:
            steps, rows, columns = tensor.shape
            by_step, by_row, by_column = tensor.stride()
            if by_step == rows * by_row and 1 in (by_row, by_column):
                return cls(tensor, steps * rows, columns, by_row, by_column)
            tensor = tensor.reshape(steps * rows, columns)
        if 1 not in tensor.stride():
            tensor = tensor.contiguous()
        return cls(tensor, *tensor.shape, *tensor.stride())

    @property
    def turned(self) -> "Matrix":
        """The transposed matrix."""
        return Matrix(self.tensor, self.columns, self.rows, self.by_column, self.by_row)


class Processor(Protocol):
    """What runs loops and products, in memory of its own."""

    def kernel(self, loop: Loop) -> Kernel:
        """What runs a loop; compiled here, if at all."""

    def empty(self, *shape: int, dtype: torch.dtype) -> Tensor:
        """A new tensor with anything in it."""

    def multiply(
        self, left: Matrix, rights: Sequence[Matrix], lead: tuple[int, ...]
    ) -> list[Tensor] | None:
        """`left @ right` for each right side; None where torch is to do it.

        Args:
            left: `[N, K]`.
            rights: `[K, columns]` each.
            lead: what the first dimension of the results, N, is divided into.
        """

    @property
    def joined_rows(self) -> int:
        """Rows of the batch from which on products of the input are cheaper in the loop."""
