"""What takes part in a measurement: something that computes a `Work`, and what it is called."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

from torch import Tensor

from segue.bench.configs import Pass, Work

# Forward: the outputs alone. Training: gradients of the input and of each parameter, in order.
Numbers = tuple[Tensor, ...]


class LeftOut(Exception):  # noqa: N818 - it says what happened
    """A contestant does not take part, and why, in one line."""


class TooSlow(LeftOut):
    """It would take part if it had not taken so long to get ready."""


class Runner(Protocol):
    """A contestant that has a work at hand and can be timed."""

    @property
    def process(self) -> int | None:
        """The number of the process that computes, if it is another one."""

    def time(self, calls: int) -> float:
        """Seconds that so many calls take."""

    def close(self) -> None:
        """Let go of what it holds."""


@dataclass(frozen=True)
class Ready:
    """A runner in this process.

    Attributes:
        call: computes the work once, to the end.
        numbers: the same, as tensors that can be compared.
    """

    call: Callable[[], object]
    numbers: Callable[[], Numbers]
    process: None = None

    def time(self, calls: int) -> float:
        """Seconds that so many calls take."""
        call = self.call
        start = time.perf_counter()
        for _ in range(calls):
            call()
        return time.perf_counter() - start

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class Contestant:
    """Some way to compute a scan.

    Attributes:
        name: what it is called in tables.
        packages: what must be installed for it.
        prepare: makes it ready for a work, a pass and a number of threads; raises `LeftOut`.
    """

    name: str
    packages: Sequence[str]
    prepare: Callable[[Work, Pass, int], Runner]

    def absence(self) -> str | None:
        """Which package is not installed, and what to do; None when all are."""
        for package in self.packages:
            if find_spec(package) is None:
                return f"{package} is not installed; pip install 'segue[bench]'"
        return None
