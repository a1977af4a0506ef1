"""The process that measures with one number of threads; `segue.bench.run` begins it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch

from segue.bench import peak as peaks
from segue.bench import rounds
from segue.bench.configs import Pass, Work
from segue.bench.entry import Entry
from segue.bench.other_work import Watch, uneven
from segue.bench.peak import Peak
from segue.bench.peers import COMPILED, PEERS, SEGUE
from segue.bench.peers.compiled_loop import LIMIT
from segue.bench.peers.contestant import LeftOut, Runner, TooSlow
from segue.bench.processes import messages, write
from segue.bench.results import Row, Timing
from segue.bench.rounds import Course, Effort
from segue.engine.run.backend import BACKENDS, choose
from segue.engine.step.trace import trace

_PAUSE = 0.5  # seconds until the peak is measured again


@dataclass(frozen=True)
class Plan:
    """What one process measures.

    Attributes:
        threads: how many.
        entries: in this order.
        effort: how much.
        without: names of peers that are not wanted.
        known: what is known beforehand of who is left out: reasons by entry and peer.
    """

    threads: int
    entries: Sequence[Entry]
    effort: Effort
    without: Sequence[str] = ()
    known: Mapping[str, Mapping[str, str]] | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is written."""
        return {
            "threads": self.threads,
            "entries": [entry.as_json() for entry in self.entries],
            "rounds": self.effort.rounds,
            "seconds": self.effort.seconds,
            "tries": self.effort.tries,
            "without": list(self.without),
            "known": self.known or {},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Plan":
        """As it was written."""
        return cls(
            document["threads"],
            [Entry.from_json(each) for each in document["entries"]],
            Effort(document["rounds"], document["seconds"], document["tries"]),
            document["without"],
            document["known"],
        )


@dataclass(frozen=True)
class Ground:
    """The machine on which rows are measured.

    Attributes:
        peak: what it can do; None where others disturb it.
        share: what part of it the machine gives now.
        disturbance: what disturbed it.
        watch: sees other processes.
    """

    peak: Peak | None
    share: Callable[[], float]
    disturbance: str | None
    watch: Watch


def survey(threads: int, watch: Watch, tries: int) -> Ground:
    """Measure the peak, again and again until nothing disturbs it."""
    disturbance = None
    for attempt in range(tries):
        if attempt:
            time.sleep(_PAUSE)
        mark = watch.begin()
        peak = peaks.measure(threads)
        disturbance = mark.disturbance() or uneven(peak)
        if disturbance is None:
            return Ground(peak, peak.share, None, watch)
    return Ground(None, lambda: 0.0, disturbance, watch)


def measure(plan: Plan, ground: Ground) -> Iterator[Row]:
    """One row for each entry."""
    slow: list[Entry] = []
    for entry in plan.entries:
        yield _row(plan, entry, ground, slow)


def _row(plan: Plan, entry: Entry, ground: Ground, slow: list[Entry]) -> Row:
    work = entry.work()
    flops, refusal = work.flops(entry.task), _refusal(work)
    if ground.peak is None:
        return Row(
            entry, plan.threads, flops, None, disturbance=ground.disturbance, refusal=refusal
        )
    with ExitStack() as stack:
        runners, left_out = _prepare(plan, entry, work, slow)
        for runner in runners.values():
            stack.callback(runner.close)
        try:
            course = rounds.run(runners, plan.effort, ground.share, ground.watch)
        except LeftOut as why:
            course = Course(disturbance=str(why))
    return Row(
        entry,
        plan.threads,
        flops,
        ground.peak.rate,
        {name: Timing(samples) for name, samples in course.samples.items()},
        left_out,
        course.repeated,
        course.disturbance,
        refusal,
    )


def _prepare(
    plan: Plan, entry: Entry, work: Work, slow: list[Entry]
) -> tuple[dict[str, Runner], dict[str, str]]:
    """Who takes part; and who does not, and why. What was too slow is added to `slow`."""
    known = (plan.known or {}).get(str(entry), {})
    runners: dict[str, Runner] = {SEGUE.name: SEGUE.prepare(work, entry.task, plan.threads)}
    left_out: dict[str, str] = {}
    for peer in PEERS:
        if peer.name in plan.without:
            continue
        reason = known.get(peer.name) or peer.absence()
        if reason is None and peer is COMPILED:
            reason = _hopeless(entry, slow)
        if reason is None:
            try:
                runners[peer.name] = _warm(peer.prepare(work, entry.task, plan.threads))
            except LeftOut as why:
                reason = str(why)
                if isinstance(why, TooSlow):
                    slow.append(entry)
            except Exception as error:  # a peer's failure is told, and ends nothing else
                reason = f"it fails with {type(error).__name__}: {str(error).partition(chr(10))[0]}"
        if reason is not None:
            left_out[peer.name] = reason
    return runners, left_out


def _warm(runner: Runner) -> Runner:
    """The same, once it has shown that it works."""
    try:
        runner.time(1)
    except BaseException:
        runner.close()
        raise
    return runner


def _hopeless(entry: Entry, slow: Sequence[Entry]) -> str | None:
    """Why it is not tried again: as many steps, or fewer, took too long before.

    The compiler unrolls the loop, so that its time follows the number of steps; and who trains
    computes the forward pass as well.
    """
    for other in slow:
        if (
            other.cell == entry.cell
            and other.config.time <= entry.config.time
            and other.task in (Pass.FORWARD, entry.task)
        ):
            return f"a loop of {other.config.time} steps did not compile within {LIMIT:.0f} s"
    return None


def _refusal(work: Work) -> str | None:
    """Why the first backend does not run the cell."""
    graph = trace(work.cell, work.config.sizes, work.xs.dtype)
    choice = choose(graph, work.xs.device)
    return None if choice.backend is BACKENDS[0] else choice.refusals[0][1]


def _main() -> None:
    with messages() as (lines, out):
        plan = Plan.from_json(json.loads(lines.readline()))
        torch.set_num_threads(plan.threads)
        ground = survey(plan.threads, Watch(), plan.effort.tries)
        peak = ground.peak
        write(
            out,
            {
                "threads": plan.threads,
                "gflops": None if peak is None else peak.gflops,
                "spread": None if peak is None else peak.spread,
                "disturbance": ground.disturbance,
            },
        )
        for row in measure(plan, ground):
            write(out, row.as_json())


if __name__ == "__main__":
    _main()
