"""Sizes and machines for the tests."""

from dataclasses import dataclass, field

from segue.bench.configs import Config, Pass, Rows
from segue.bench.entry import Entry
from segue.bench.other_work import Watch
from segue.bench.peak import Peak
from segue.bench.results import Row, Timing
from segue.bench.rounds import Effort
from segue.bench.worker import Ground

BRIEF = Effort(rounds=3, seconds=0.0, tries=1)
TINY = {rows: Config("tiny", 3, 5, 4, 6, rows) for rows in Rows}
QUIET = Watch(busy=lambda: None)
PEAK = Peak(threads=1, gflops=100.0, spread=0.0, repeats=1000)


def ground(share: float = 1.0, watch: Watch = QUIET) -> Ground:
    return Ground(PEAK, lambda: share, None, watch)


def row(
    seconds: dict[str, float],
    cell: str = "lstm",
    config: Config = TINY[Rows.FULL],
    task: Pass = Pass.FORWARD,
    threads: int = 2,
) -> Row:
    """One whose peak is 100 GFLOP/s and whose call takes 1 GFLOP."""
    timings = {name: Timing([each] * 3) for name, each in seconds.items()}
    return Row(Entry(cell, config, task), threads, 10**9, 100e9, timings)


@dataclass
class Counted:
    """A runner whose calls take as long as it is told."""

    seconds: float
    process: int | None = None
    calls: list[int] = field(default_factory=list)
    closed: bool = False

    def time(self, calls: int) -> float:
        self.calls.append(calls)
        return self.seconds * calls

    def close(self) -> None:
        self.closed = True
