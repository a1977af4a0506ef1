"""Kernels run on the pool of threads that torch itself uses.

Threads of our own would fight with torch's workers, which spin while they wait, for the cores. So
the OpenMP runtime that torch has loaded is asked to call a kernel's worker on its threads. Where
there is none, and in a process that was forked while the runtime had threads (which it does not
survive), the worker runs on the calling thread alone.
"""

import ctypes
import os
import sys
from array import array
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import torch


@cache
def _parallel() -> ctypes.CDLL | None:
    """The OpenMP runtime in this process, if it has the entry that GCC's has."""
    for path in _runtimes():
        try:
            library = ctypes.CDLL(path)
            library.GOMP_parallel.argtypes = [
                ctypes.c_void_p,
                ctypes.c_void_p,
                ctypes.c_uint,
                ctypes.c_uint,
            ]
            library.GOMP_parallel.restype = None
        except (OSError, AttributeError):
            continue
        return library
    return None


def _runtimes() -> Iterator[str]:
    """Paths of OpenMP runtimes that are loaded; torch's own come first."""
    maps = Path("/proc/self/maps")
    if sys.platform != "linux" or not maps.exists():
        return
    found = {
        line.split(maxsplit=5)[5].strip() for line in maps.read_text().splitlines() if "omp" in line
    }
    names = ("libgomp", "libiomp5", "libomp")
    runtimes = [path for path in found if Path(path).name.startswith(names)]
    home = str(Path(torch.__file__).parent)
    yield from sorted(runtimes, key=lambda path: (not path.startswith(home), path))


class _Fork:
    """Whether this process is a child that was forked from one with threads."""

    forked = False

    @classmethod
    def happened(cls) -> None:
        cls.forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Fork.happened)


def available() -> int:
    """How many threads a kernel may run on."""
    if _Fork.forked or _parallel() is None:
        return 1
    return torch.get_num_threads()


def run(worker: int, words: Sequence[int], threads: int) -> None:
    """Call `worker(address of the words)` on so many threads at once and wait for all.

    Words have 8 bytes. Other Python threads go on meanwhile.
    """
    table = array("q", words)
    address, _ = table.buffer_info()
    library = _parallel() if threads > 1 else None
    if library is None:
        _Worker(worker)(address)
    else:
        library.GOMP_parallel(worker, address, threads, 0)


_Worker = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
