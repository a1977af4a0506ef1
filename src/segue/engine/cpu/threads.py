"""Kernels run on the pool of threads that torch itself uses.

Threads of our own would fight with torch's workers, which spin while they wait, for the cores. So
the OpenMP runtime that torch has loaded is asked to call a kernel's worker on its threads. Where
there is none, and in a process that was forked while the runtime had threads (which it does not
survive), the worker runs on the calling thread alone.

So it does in two other cases. Small work (`worth`) is done before a second thread has woken up. And
on a machine whose processors others have taken, a team waits at its end for a thread that has no
processor: milliseconds for a loop of microseconds. How the work is cut never depends on that, only
who computes it, and so neither do the bits of the results.
"""

import ctypes
import os
import sys
import time
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


_WORTH = 1 << 22  # FLOPs; with fewer two threads take longer than one, on an idle machine too


def worth(flops: int) -> int:
    """How many threads some work is divided among.

    Example:
        >>> from segue.engine.cpu.threads import worth
        >>> worth(1000)
        1
    """
    return available() if flops >= _WORTH else 1


def available() -> int:
    """How many threads a kernel may run on."""
    if _Fork.forked or _parallel() is None:
        return 1
    return torch.get_num_threads()


class _Crowd:
    """Whether others have taken the processors, by how the last teams of threads fared.

    A team that got less than one and a half processors did no better than one thread would have
    done. One thread then does the work for twenty times as long, so that what a team loses when it
    is tried again stays small. Systems count the time of other threads by ticks of some
    milliseconds: only runs of several ticks, taken together, tell something.
    """

    enough = 1.5  # processors
    window = 0.024  # seconds of runs that are judged together
    factor, longest = 20, 1.0  # the time without a team: times as long, and seconds at most

    def __init__(self) -> None:
        self.until = 0.0
        self.seconds = self.of_processors = 0.0

    def is_over(self) -> bool:
        """Whether a team may be tried."""
        return time.perf_counter() >= self.until

    def note(self, seconds: float, of_processors: float) -> None:
        """Take down how long a team ran, and how long all processors together ran for it."""
        self.seconds += seconds
        self.of_processors += of_processors
        if self.seconds < self.window:
            return
        if self.of_processors < self.enough * self.seconds:
            pause = min(self.factor * self.seconds, self.longest)
            self.until = time.perf_counter() + pause
        self.seconds = self.of_processors = 0.0


_CROWD = _Crowd()


def run(worker: int, words: Sequence[int], threads: int) -> None:
    """Call `worker(address of the words)` on so many threads at once and wait for all.

    A worker takes slices of the work until none is left. Where the processors are taken, one thread
    does them all. Words have 8 bytes. Other Python threads go on meanwhile.
    """
    table = array("q", words)
    address, _ = table.buffer_info()
    library = _parallel() if threads > 1 and _CROWD.is_over() else None
    if library is None:
        _Worker(worker)(address)
        return
    start, processors = time.perf_counter(), time.process_time()
    library.GOMP_parallel(worker, address, threads, 0)
    _CROWD.note(time.perf_counter() - start, time.process_time() - processors)


_Worker = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
