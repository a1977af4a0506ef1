"""Matrix products on the kernels of `matmul.py`, for tensors on the CPU."""

from collections.abc import Mapping
from functools import cache

import torch
from torch import Tensor

from segue.engine import build, graph, memory, threads
from segue.engine.build import Code
from segue.engine.graph import Node, Value
from segue.engine.matmul import DEPTH, packed_line, panel, write_matmul
from segue.engine.tiles import round_up

_WORTH = 1 << 17  # multiply-adds from which on a kernel's call pays
_TYPES = (torch.float32, torch.float64)
_aten = torch.ops.aten


@cache
def _code(dtype: torch.dtype) -> tuple[Code, int, int]:
    """The kernel, the columns of a panel, and the numbers of a packed line."""
    machine = build.host()
    lanes = machine.lanes(dtype)
    name = f"matmul {lanes.real.name}"
    code = build.load(name, lambda: write_matmul(machine, lanes), machine)
    return code, panel(machine, lanes), packed_line(lanes)


def matmul(left: Tensor, right: Tensor) -> Tensor:
    """`left @ right` for two matrices of one type, float32 or float64; no autograd.

    Example:
        >>> import torch
        >>> from segue.engine.products import matmul
        >>> matmul(torch.ones(2, 3), torch.eye(3))
        tensor([[1., 1., 1.],
                [1., 1., 1.]])
    """
    (rows, shared), columns, dtype = left.shape, right.shape[1], left.dtype
    result = memory.empty(rows, columns, dtype=dtype)
    if shared == 0 or not result.numel():
        return result.zero_()
    left, left_row, left_step = _plain(left)
    right, right_row, right_step = _plain(right)
    code, wide, lines = _code(dtype)
    size = dtype.itemsize
    space = (round_up(columns, wide) + lines) * DEPTH * size
    count = max(1, min(threads.available(), rows // 8))
    with memory.Scratch(space * count) as scratch:
        words = (
            0, count, rows, columns, shared,
            left.data_ptr(), left_row * size, left_step * size,
            right.data_ptr(), right_row * size, right_step * size,
            result.data_ptr(), columns * size,
            scratch.address, space,
        )  # fmt: skip
        threads.run(code.worker, words, count)
    return result


def _plain(matrix: Tensor) -> tuple[Tensor, int, int]:
    """The same, with numbers side by side along one dimension, and its strides."""
    row, step = matrix.stride()
    if row == 1 or step == 1:
        return matrix, row, step
    return matrix.contiguous(), matrix.shape[1], 1


def call(node: Node, known: Mapping[Value, Tensor], batch: int) -> tuple[Tensor, ...]:
    """Run one node as `graph.call` does, without autograd; large products by `matmul`."""
    if node.op is _aten.mm.default:
        left, right = (known[value] for value in node.inputs)
        if _pays(left, right):
            return (matmul(left, right),)
    elif node.op is _aten.addmm.default and not node.kwargs:
        added, left, right = (known[value] for value in node.inputs)
        if _pays(left, right):
            return (matmul(left, right).add_(added),)
    return graph.call(node, known, batch)


def _pays(left: Tensor, right: Tensor) -> bool:
    plain = left.dtype == right.dtype and left.dtype in _TYPES and left.device.type == "cpu"
    return plain and len(left) >= 8 and left.numel() * right.shape[1] >= _WORTH
