"""Matrix products on the kernels of `matmul.py`, for tensors on the CPU."""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from segue.engine.cpu import build, memory, threads
from segue.engine.cpu.build import Code
from segue.engine.cpu.matmul import DEPTH, packed_line, panel, write_matmul
from segue.engine.cpu.tiles import round_up
from segue.engine.plan.processor import Matrix

_WORTH = 1 << 17  # multiply-adds from which on a kernel's call pays
_TYPES = (torch.float32, torch.float64)


@cache
def _code(dtype: torch.dtype) -> tuple[Code, int, int]:
    """The kernel, the columns of a panel, and the numbers of a packed line."""
    machine = build.host()
    lanes = machine.lanes(dtype)
    name = f"matmul {lanes.real.name}"
    code = build.load(name, lambda: write_matmul(machine, lanes), machine)
    return code, panel(machine, lanes), packed_line(lanes)


def matmul(left: Matrix, rights: Sequence[Matrix], lead: tuple[int, ...]) -> list[Tensor]:
    """`left @ right` for each right side, of one type, float32 or float64; no autograd.

    Args:
        left: `[N, K]`.
        rights: `[K, columns]` each.
        lead: what the first dimension of the results, N, is divided into.

    Example:
        >>> import torch
        >>> from segue.engine.cpu.products import matmul
        >>> from segue.engine.plan.processor import Matrix
        >>> matmul(Matrix.of(torch.ones(2, 3)), [Matrix.of(torch.eye(3))], (2,))
        [tensor([[1., 1., 1.],
                [1., 1., 1.]])]
    """
    dtype, size = left.tensor.dtype, left.tensor.dtype.itemsize
    results = [memory.empty(*lead, right.columns, dtype=dtype) for right in rights]
    if 0 in (left.rows, left.columns):
        return [result.zero_() for result in results]
    code, wide, lines = _code(dtype)
    padded, of_rights = 0, []
    for right, result in zip(rights, results, strict=True):
        of_rights += [
            right.tensor.data_ptr(), right.by_row * size, right.by_column * size, right.columns,
            padded, result.data_ptr(), right.columns * size,
        ]  # fmt: skip
        padded += round_up(right.columns, wide)
    space = (padded + lines) * DEPTH * size
    flops = 2 * left.rows * left.columns * sum(right.columns for right in rights)
    count = max(1, min(threads.worth(flops), left.rows // 8))
    with memory.Scratch(space * count) as scratch:
        words = [
            0, count, left.rows, left.columns,
            left.tensor.data_ptr(), left.by_row * size, left.by_column * size,
            padded, scratch.address, space, len(rights), *of_rights,
        ]  # fmt: skip
        threads.run(code.worker, words, count)
    return results


def pays(left: Matrix, rights: Sequence[Matrix]) -> bool:
    """Whether such products are worth a kernel's call."""
    kinds = {left.tensor.dtype, *[right.tensor.dtype for right in rights]}
    columns = sum([right.columns for right in rights])
    enough = left.rows >= 8 and left.rows * left.columns * columns >= _WORTH
    return enough and len(kinds) == 1 and kinds.issubset(_TYPES)
