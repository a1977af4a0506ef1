"""Whether the machine has other work: figures measured beside it would be nonsense.

OpenMP's threads wait for each other, so that one that loses its core to another process stalls all
for whole scheduling quanta. What others use is what the kernel counts as busy less what this
process and its children used. Where the system does not count (it has no /proc), the share of the
peak that a probe reaches is all that tells.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.bench.peak import Peak

OTHER_CORES = 0.05  # of one core that others may use
SHARE = 0.92  # of the peak that a probe must reach, or the machine is slower than it was
_TICKS = 3  # by which counters of two clocks may be apart
_PEAK_SPREAD = 0.05


def _tick() -> float:
    return 1 / os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float | None:
    """CPU time that all processes have used since the machine began; None if it is not counted."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _, _, irq, softirq, steal = map(
        int, stat.read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) * _tick()


def own_seconds(children: Sequence[int]) -> float:
    """CPU time that this process and the children, by process number, have used."""
    return time.process_time() + sum(map(_seconds_of, children))


def _seconds_of(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0.0
    # The name, in brackets, may hold spaces.
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) * _tick()


@dataclass(frozen=True)
class Watch:
    """Sees whether the machine was disturbed between two moments."""

    busy: Callable[[], float | None] = busy_seconds
    own: Callable[[Sequence[int]], float] = own_seconds
    clock: Callable[[], float] = time.perf_counter

    def begin(self, children: Sequence[int] = ()) -> "Mark":
        """The first moment."""
        return Mark(self, tuple(children), self.busy(), self.own(children), self.clock())


@dataclass(frozen=True)
class Mark:
    """Where the counters stood."""

    watch: Watch
    children: tuple[int, ...]
    busy: float | None
    own: float
    time: float

    def disturbance(self) -> str | None:
        """What disturbed the machine since then, in words; None if nothing did."""
        busy = self.watch.busy()
        if busy is None or self.busy is None:
            return None
        passed = self.watch.clock() - self.time
        others = (busy - self.busy) - (self.watch.own(self.children) - self.own)
        if others <= OTHER_CORES * passed + _TICKS * _tick():
            return None
        return f"other processes used {others / passed:.2f} cores"


def slow(share: float) -> str | None:
    """The same, by the share of the peak that a probe reached."""
    if share >= SHARE:
        return None
    return f"the machine gave {share:.0%} of its peak"


def uneven(peak: Peak) -> str | None:
    """The same, by the peak's own probes."""
    if peak.spread <= _PEAK_SPREAD:
        return None
    return f"half the probes of the peak lay {peak.spread:.0%} or more below the best"
