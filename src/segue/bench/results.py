"""What a measurement came to."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segue.bench.entry import Entry

OURS = "segue"


@dataclass(frozen=True)
class Timing:
    """Of one contestant.

    Attributes:
        seconds: of one call in each round.
    """

    seconds: Sequence[float]

    @property
    def median(self) -> float:
        """Over the rounds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Row:
    """One entry, measured.

    Attributes:
        entry: what was measured.
        threads: how many.
        flops: of the products, in one call.
        peak: operations a second that so many threads can do; None where it could not be measured.
        timings: by contestant; empty where the machine was disturbed.
        left_out: who did not take part, and why.
        repeated: rounds that were disturbed and done again.
        disturbance: why there is no figure.
        refusal: why segue ran this cell on the reference loop; None where kernels ran it.
    """

    entry: Entry
    threads: int
    flops: int
    peak: float | None
    timings: Mapping[str, Timing] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    repeated: int = 0
    disturbance: str | None = None
    refusal: str | None = None

    @property
    def best_peer(self) -> str | None:
        """The fastest one."""
        peers = [name for name in self.timings if name != OURS]
        return min(peers, key=lambda name: self.timings[name].median, default=None)

    def ratio(self, peer: str | None = None) -> float | None:
        """A peer's time over segue's; of the best peer when none is named; None if not measured."""
        name = self.best_peer if peer is None else peer
        if name is None or name not in self.timings or OURS not in self.timings:
            return None
        return self.timings[name].median / self.timings[OURS].median

    def gflops(self, name: str = OURS) -> float | None:
        """1e9 operations a second."""
        timing = self.timings.get(name)
        return None if timing is None else self.flops / timing.median / 1e9

    def fraction(self, name: str = OURS) -> float | None:
        """Of the peak."""
        rate = self.gflops(name)
        return None if rate is None or self.peak is None else rate * 1e9 / self.peak

    def as_json(self) -> dict[str, Any]:
        """Everything; what does not exist is null."""
        timings = {
            name: {
                "seconds": timing.median,
                "samples": list(timing.seconds),
                "gflops": self.gflops(name),
                "fraction_of_peak": self.fraction(name),
            }
            for name, timing in self.timings.items()
        }
        return {
            **self.entry.as_json(),
            "threads": self.threads,
            "flops": self.flops,
            "peak": self.peak,
            "timings": timings,
            "best_peer": self.best_peer,
            "ratio": self.ratio(),
            "left_out": dict(self.left_out),
            "repeated": self.repeated,
            "disturbance": self.disturbance,
            "refusal": self.refusal,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Row":
        """As it was written."""
        timings = {name: Timing(each["samples"]) for name, each in document["timings"].items()}
        return cls(
            Entry.from_json(document),
            document["threads"],
            document["flops"],
            document["peak"],
            timings,
            document["left_out"],
            document["repeated"],
            document["disturbance"],
            document["refusal"],
        )
