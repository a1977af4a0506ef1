"""Memory for results: large tensors lie in blocks that are kept and used again.

The system clears each new page when it is first touched. Beside a loop that runs near the limit of
the machine this takes up to a third of the time. So a block goes back to the pool when the last
tensor on it is gone, and the next scan writes to pages that are there already.
"""

import mmap
import weakref
from collections import deque
from math import prod
from threading import Lock

import numpy as np
import torch
from torch import Tensor

_LEAST = 1 << 18  # bytes; what is smaller comes from torch
_MOST_IDLE = 1 << 30  # bytes of blocks in no use; beyond that the oldest are given up
_PAGE = 1 << 21
_DTYPES = {torch.float32: np.float32, torch.float64: np.float64, torch.uint8: np.uint8}


def empty(*shape: int, dtype: torch.dtype) -> Tensor:
    """A new tensor on the CPU, of float32, float64 or bytes, with anything in it.

    As `torch.empty` it fills the memory where torch is asked to be deterministic.

    Example:
        >>> import torch
        >>> from segue.engine import memory
        >>> memory.empty(1000, 1000, dtype=torch.float32).shape
        torch.Size([1000, 1000])
    """
    count = prod(shape)
    size = count * dtype.itemsize
    if size < _LEAST or not hasattr(mmap, "MAP_ANONYMOUS"):
        return torch.empty(shape, dtype=dtype)
    block = _POOL.take(size)
    # The tensor owns the array, and the array the block.
    array = np.frombuffer(block, _DTYPES[dtype], count)
    weakref.finalize(array, _POOL.give, block).atexit = False
    tensor = torch.from_numpy(array).view(shape)
    if torch.are_deterministic_algorithms_enabled():
        tensor.fill_(torch.nan if dtype.is_floating_point else 255)
    return tensor


class _Pool:
    """Blocks in no use."""

    def __init__(self) -> None:
        # Tensors die at any moment, also while `take` is at work in the same thread.
        self.returned: deque[mmap.mmap] = deque()
        self.idle: list[mmap.mmap] = []  # the oldest first
        self.lock = Lock()

    def take(self, size: int) -> mmap.mmap:
        """The youngest block that is large enough, and not more than twice that; or a new one."""
        with self.lock:
            while self.returned:
                self.idle.append(self.returned.popleft())
            for index in reversed(range(len(self.idle))):
                if size <= len(self.idle[index]) <= 2 * size:
                    return self.idle.pop(index)
            while self.idle and sum(map(len, self.idle)) > _MOST_IDLE:
                del self.idle[0]
        return _map(size)

    def give(self, block: mmap.mmap) -> None:
        """Keep a block."""
        self.returned.append(block)


def _map(size: int) -> mmap.mmap:
    """Memory in large pages, where the system has them."""
    rounded = -(-size // _PAGE) * _PAGE if size > _PAGE else size
    block = mmap.mmap(-1, rounded, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        block.madvise(mmap.MADV_HUGEPAGE)
    return block


_POOL = _Pool()
