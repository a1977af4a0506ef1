"""Matrix products on the kernels of `matmul.py`, for tensors on the CPU."""

import ctypes
from collections.abc import Mapping
from functools import cache

import torch
from torch import Tensor

from segue.engine import build, graph, memory, threads
from segue.engine.build import Code
from segue.engine.graph import Node, Value
from segue.engine.matmul import DEPTH, packed_line, panel, write_matmul
from segue.engine.tiles import round_up

_ALIGN = 64
_WORTH = 1 << 17  # multiply-adds from which on a kernel's call pays
_TYPES = (torch.float32, torch.float64)
_aten = torch.ops.aten


@cache
def _code(dtype: torch.dtype) -> Code:
    machine = build.host()
    lanes = machine.lanes(dtype)
    return build.load(f"matmul {lanes.real.name}", lambda: write_matmul(machine, lanes), machine)


def matmul(left: Tensor, right: Tensor) -> Tensor:
    """`left @ right` for two matrices of one type, float32 or float64; no autograd.

    Example:
        >>> import torch
        >>> from segue.engine.products import matmul
        >>> matmul(torch.ones(2, 3), torch.eye(3))
        tensor([[1., 1., 1.],
                [1., 1., 1.]])
    """
    rows, shared = left.shape
    columns = right.shape[1]
    result = memory.empty(rows, columns, dtype=left.dtype)
    if shared == 0 or not result.numel():
        return result.zero_()
    left, right = _plain(left), _plain(right)
    size = left.element_size()
    lanes = build.host().lanes(left.dtype)
    wide = round_up(columns, panel(build.host(), lanes))
    space = round_up((wide + packed_line(lanes)) * DEPTH * size, _ALIGN)
    count = max(1, min(threads.available(), rows // 8))
    room = memory.empty(space * count + _ALIGN, dtype=torch.uint8)
    words = (
        0, count, rows, columns, shared,
        left.data_ptr(), left.stride(0) * size, left.stride(1) * size,
        right.data_ptr(), right.stride(0) * size, right.stride(1) * size,
        result.data_ptr(), columns * size,
        round_up(room.data_ptr(), _ALIGN), space,
    )  # fmt: skip
    array = (ctypes.c_int64 * len(words))(*words)
    threads.run(_code(left.dtype).worker, ctypes.addressof(array), count)
    return result


def _plain(matrix: Tensor) -> Tensor:
    """The same, with numbers side by side along one dimension."""
    return matrix if 1 in matrix.stride() else matrix.contiguous()


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
