"""Processes of our own, one for each number of threads and for the compiler; they speak JSON."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from signal import SIGKILL
from typing import IO, Any


def cores() -> tuple[int, ...]:
    """The cores that this process may use, where the system tells; of each real core one first."""
    if not hasattr(os, "sched_getaffinity"):
        return tuple(range(os.cpu_count() or 1))

    def order(core: int) -> tuple[int, int]:
        place = f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list"
        try:
            with open(place) as file:  # noqa: PTH123 - no file of a user's
                first = int(file.read().replace("-", ",").split(",")[0])
        except (OSError, ValueError):
            first = core
        return int(first != core), core

    return tuple(sorted(os.sched_getaffinity(0), key=order))


def environment(threads: int) -> dict[str, str]:
    """What tells every library how many threads it may use."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "PJRT_NPROC")
    return {
        **os.environ,
        **dict.fromkeys(names, str(threads)),
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
    }


@contextmanager
def _on_cores(count: int) -> Iterator[None]:
    """A process begun inside runs on so many cores and no others."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores()[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Child:
    """A module of this package, run as a process, that reads and writes lines of JSON."""

    def __init__(self, module: str, threads: int, first: Mapping[str, Any]) -> None:
        with _on_cores(threads):
            self.process = subprocess.Popen(  # noqa: S603 - this package's own module
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment(threads),
                start_new_session=True,
            )
        self.send(first)

    def send(self, message: object) -> None:
        """Write one line; a child that is gone is noticed when it is read from."""
        assert self.process.stdin is not None  # noqa: S101 - for the type checker
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def receive(self, seconds: float | None = None) -> Any:
        """Read one line; None when the child is gone.

        Raises:
            TimeoutError: nothing came within so many seconds.
        """
        assert self.process.stdout is not None  # noqa: S101
        ready = seconds is None or select.select([self.process.stdout], [], [], seconds)[0]
        if not ready:
            raise TimeoutError
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def close(self) -> None:
        """End it, with whatever it has begun."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


@contextmanager
def messages() -> Iterator[tuple[IO[str], IO[str]]]:
    """In a child: where lines come from and go to; what else is printed goes to stderr."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        yield sys.stdin, out


def _end_with(parent: int) -> None:
    """Whoever began this process may be killed while it computes."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def write(out: IO[str], message: object) -> None:
    """In a child: one line."""
    out.write(json.dumps(message) + "\n")
    out.flush()
