"""`torch.compile` of the eager loop, in a process of its own that may take two minutes to compile.

It needs a C++ compiler. The loop is unrolled over all its steps, which is what takes long.
"""

import os
import shutil

import torch

from segue.bench.configs import Pass, Work
from segue.bench.entry import Entry
from segue.bench.peers.contestant import LeftOut, Ready, Runner, TooSlow
from segue.bench.peers.loops import loop, looping
from segue.bench.processes import Child

LIMIT = 120.0  # seconds to compile


def compiled(work: Work, task: Pass, threads: int) -> Runner:
    """The compiled loop, ready and warm."""
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None and shutil.which("clang++") is None:
        raise LeftOut(f"it needs a C++ compiler, and there is no {compiler}")
    entry = Entry(work.cell.name, work.config, task)
    first = {**entry.as_json(), "threads": threads}
    child = Child("segue.bench.compiler", threads, first)
    try:
        answer = child.receive(LIMIT)
    except TimeoutError:
        child.close()
        raise TooSlow(f"it did not compile within {LIMIT:.0f} s") from None
    except BaseException:
        child.close()
        raise
    if answer != "ready":
        child.close()
        raise LeftOut(f"it does not compile: {answer or 'its process ended'}")
    return Elsewhere(child)


class Elsewhere:
    """A runner in another process."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.process: int | None = child.process.pid

    def time(self, calls: int) -> float:
        """Seconds that so many calls take there."""
        self._child.send(calls)
        seconds = self._child.receive()
        if seconds is None:
            raise LeftOut("its process ended")
        return float(seconds)

    def close(self) -> None:
        """End the process."""
        self._child.close()


def here(work: Work, task: Pass) -> Ready:
    """The same in this process."""
    return looping(work, task, torch.compile(loop(work), fullgraph=True, dynamic=False))
