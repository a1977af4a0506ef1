"""Memory for results: large tensors lie in blocks that are kept and used again.

The system clears each new page when it is first touched. Beside a loop that runs near the limit of
the machine this takes up to a third of the time. So a block goes back to the pool when the last
tensor on it is gone, and the next scan writes to pages that are there already.
"""

import mmap
from collections import deque
from math import prod
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_LEAST = 1 << 18  # bytes; what is smaller comes from torch
_MOST_IDLE = 1 << 30  # bytes of blocks in no use; beyond that the oldest are given up
_PAGE = 1 << 21
DTYPES = {torch.float32: np.float32, torch.float64: np.float64}


def empty(*shape: int, dtype: torch.dtype) -> Tensor:
    """A new tensor on the CPU, of float32 or float64, with anything in it.

    As `torch.empty` it fills the memory where torch is asked to be deterministic.

    Example:
        >>> import torch
        >>> from segue.engine.cpu import memory
        >>> memory.empty(1000, 1000, dtype=torch.float32).shape
        torch.Size([1000, 1000])
    """
    size = prod(shape) * dtype.itemsize
    if size < _LEAST:
        return torch.empty(shape, dtype=dtype, device="cpu")
    block = _POOL.take(size)
    # The tensor owns the array, which gives the block back.
    array = _Lent(shape, DTYPES[dtype], block.bytes)
    array.block = block
    tensor = torch.from_numpy(array)
    if torch.are_deterministic_algorithms_enabled():
        tensor.fill_(torch.nan)
    return tensor


class Scratch:
    """Bytes for the length of one call, with anything in them; they begin at a page.

    Example:
        >>> from segue.engine.cpu.memory import Scratch
        >>> with Scratch(100) as scratch:
        ...     scratch.address % 64
        0
    """

    __slots__ = ("_block", "address")

    def __init__(self, size: int) -> None:
        self._block = _POOL.take(max(size, _LEAST))
        self.address = self._block.address

    def __enter__(self) -> "Scratch":
        if torch.are_deterministic_algorithms_enabled():
            self._block.bytes.fill(255)
        return self

    def __exit__(self, *error: object) -> None:
        _POOL.give(self._block)

    def numbers(self, start: int, count: int, dtype: torch.dtype) -> NDArray[Any]:
        """What lies there from byte `start` on, until the end of the call."""
        return np.ndarray(count, DTYPES[dtype], self._block.bytes, start)


class _Block:
    """Memory from the system."""

    __slots__ = ("address", "bytes", "size")

    def __init__(self, size: int) -> None:
        """In large pages, where the system has them."""
        self.size = -(-size // _PAGE) * _PAGE if size > _PAGE else size
        if hasattr(mmap, "MAP_ANONYMOUS"):
            pages = mmap.mmap(-1, self.size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        else:
            pages = mmap.mmap(-1, self.size)
        if hasattr(mmap, "MADV_HUGEPAGE"):
            pages.madvise(mmap.MADV_HUGEPAGE)
        self.bytes = np.frombuffer(pages, np.uint8)
        self.address = self.bytes.ctypes.data


class _Pool:
    """Blocks in no use."""

    def __init__(self) -> None:
        # Tensors die at any moment, also while `take` is at work in the same thread.
        self.returned: deque[_Block] = deque()
        self.idle: list[_Block] = []  # the oldest first
        self.lock = Lock()
        self.give = self.returned.append

    def take(self, size: int) -> _Block:
        """The youngest block that is large enough, and not more than twice that; or a new one."""
        with self.lock:
            while self.returned:
                self.idle.append(self.returned.popleft())
            for index in range(len(self.idle) - 1, -1, -1):
                if size <= self.idle[index].size <= 2 * size:
                    return self.idle.pop(index)
            while self.idle and sum(block.size for block in self.idle) > _MOST_IDLE:
                del self.idle[0]
        return _Block(size)


_POOL = _Pool()


class _Lent(np.ndarray[Any, Any]):
    """An array in a block."""

    block: _Block | None = None
    give = staticmethod(_POOL.give)  # modules may be gone before the last array

    def __del__(self) -> None:
        if self.block is not None:
            self.give(self.block)
