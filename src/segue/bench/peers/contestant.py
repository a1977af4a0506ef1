"""What takes part in a measurement: something that computes a `Work`, and what it is called."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from torch import Tensor

from segue.bench.configs import Pass, Work

# Forward: the outputs alone. Training: gradients of the input and of each parameter, in order.
Numbers = tuple[Tensor, ...]


class LeftOut(Exception):  # noqa: N818 - it says what happened
    """A contestant does not take part, and why, in one line."""


@dataclass(frozen=True)
class Ready:
    """A contestant that has a work at hand.

    Attributes:
        call: computes it once, to the end.
        numbers: the same, as tensors that can be compared.
    """

    call: Callable[[], object]
    numbers: Callable[[], Numbers]


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
    prepare: Callable[[Work, Pass, int], Ready]

    def absence(self) -> str | None:
        """Which package is not installed, and what to do; None when all are."""
        for package in self.packages:
            if find_spec(package) is None:
                return f"{package} is not installed; pip install 'segue[bench]'"
        return None


def versions(packages: Sequence[str]) -> dict[str, str]:
    """The version of each package that is installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
