"""Timing by rounds: in each, every contestant once, so that all see the machine as it is then."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from segue.bench.other_work import Watch, slow
from segue.bench.peers.contestant import Runner

_SETTLE = 0.02  # seconds in which this process must do next to nothing before a sample
_BUSY = 0.05  # of that time: more, and something of the contestant before is still at work
_LONGEST = 1.0  # seconds to wait for that; then the round is disturbed
_PAUSE = 0.5  # seconds to let a disturbance pass


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        rounds: undisturbed ones, whose median counts.
        seconds: least time of one sample; a call that is shorter is repeated.
        tries: most measurements of the peak until one is undisturbed.
    """

    rounds: int
    seconds: float
    tries: int


FULL = Effort(rounds=7, seconds=0.05, tries=60)
QUICK = Effort(rounds=3, seconds=0.01, tries=5)


@dataclass(frozen=True)
class Course:
    """What came of the rounds.

    Attributes:
        samples: seconds of one call in each undisturbed round, by contestant; none of them if the
            machine stayed disturbed.
        repeated: rounds that were disturbed, and done again.
        disturbance: what disturbed the last of them, where there are no samples.
    """

    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    repeated: int = 0
    disturbance: str | None = None


def run(
    runners: Mapping[str, Runner], effort: Effort, share: Callable[[], float], watch: Watch
) -> Course:
    """Time all runners.

    Args:
        runners: by name.
        effort: how much.
        share: what part of its peak the machine gives now.
        watch: sees other processes.
    """
    calls = {name: _calls(runner, effort) for name, runner in runners.items()}
    children = [runner.process for runner in runners.values() if runner.process is not None]
    names, repeated = list(runners), 0
    clean: list[dict[str, float]] = []
    while len(clean) < effort.rounds:
        turn = (len(clean) + repeated) % len(names)
        mark, seconds = watch.begin(children), {}
        try:
            least = _settled(share)
            for name in (*names[turn:], *names[:turn]):
                seconds[name] = _sample(runners[name], calls[name])
            disturbance = mark.disturbance() or slow(min(least, _settled(share)))
        except _Restless as why:
            disturbance = str(why)
        if disturbance is None:
            clean.append(seconds)
            continue
        repeated += 1
        if repeated >= effort.rounds * (1 if not clean else 2):
            return Course({}, repeated, disturbance)
        time.sleep(_PAUSE)
    return Course({name: [each[name] for each in clean] for name in names}, repeated)


def _calls(runner: Runner, effort: Effort) -> int:
    """Warm up; how many calls fill a sample."""
    runner.time(1)
    once = runner.time(1)
    if once < effort.seconds:
        once = min(once, runner.time(2) / 2)
    return max(1, math.ceil(effort.seconds / max(once, 1e-6)))


class _Restless(Exception):  # noqa: N818 - it says what happened
    """Threads of this process are at work although none is wanted."""


def _settle() -> None:
    """Wait for what the contestant before left: threads that spin, memory that is given back."""
    for _ in range(round(_LONGEST / _SETTLE)):
        before = time.process_time()
        time.sleep(_SETTLE)
        if time.process_time() - before <= _BUSY * _SETTLE:
            return
    raise _Restless(f"a contestant's threads were still at work {_LONGEST:g} s after its call")


def _settled(share: Callable[[], float]) -> float:
    _settle()
    return share()


def _sample(runner: Runner, calls: int) -> float:
    """Seconds of one call. Short ones begin with one that is not counted."""
    _settle()
    if calls > 1:
        runner.time(1)
    return runner.time(calls) / calls
