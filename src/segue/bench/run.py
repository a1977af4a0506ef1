"""A whole measurement: laws first, then one process for each number of threads, then the floors."""

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segue.bench import floors, machine, rounds
from segue.bench.configs import CELLS, CONFIGS, Config, Pass, find
from segue.bench.entry import Entry
from segue.bench.peers import COMPILED, PEERS
from segue.bench.processes import Child, cores
from segue.bench.results import Row
from segue.bench.worker import Plan
from segue.engine import laws
from segue.errors import OptionError, SegueError

Say = Callable[[str], None]


class BenchError(SegueError, RuntimeError):
    """A measurement ended before it was done."""


@dataclass(frozen=True)
class Options:
    """What is asked for.

    Attributes:
        threads: numbers of threads.
        only: names of configurations; all when empty.
        cells: names of cells; all when empty.
        without: names of peers to leave out.
        quick: few and short rounds.
    """

    threads: Sequence[int] = (1, 2)
    only: Sequence[str] = ()
    cells: Sequence[str] = ()
    without: Sequence[str] = ()
    quick: bool = False

    def check(self) -> None:
        """Raise `OptionError` for what cannot be measured here."""
        _known("--only", self.only, [config.name for config in CONFIGS])
        _known("--cells", self.cells, CELLS)
        _known("--without", self.without, [peer.name for peer in PEERS])
        for count in self.threads:
            if not 1 <= count <= len(cores()):
                raise OptionError(
                    f"--threads {count}: this machine lends {len(cores())}; ask for 1 to"
                    f" {len(cores())}"
                )

    @property
    def configs(self) -> list[Config]:
        """Which ones."""
        return [config for config in CONFIGS if not self.only or config.name in self.only]

    @property
    def command(self) -> str:
        """The command line that asks for the same figures."""
        words = ["segue", "bench"]
        for option, values in (
            ("--threads", self.threads),
            ("--only", self.only),
            ("--cells", self.cells),
            ("--without", self.without),
        ):
            for value in values:
                words += [option, str(value)]
        return shlex.join([*words, "--quick"] if self.quick else words)


def _known(option: str, given: Sequence[str], names: Sequence[str]) -> None:
    for each in given:
        if each not in names:
            raise OptionError(f"{option} {each}: there is none; choose from {', '.join(names)}")


@dataclass(frozen=True)
class PeakFound:
    """The machine's peak for a number of threads.

    Attributes:
        threads: how many.
        gflops: 1e9 operations a second; None where the machine was disturbed.
        spread: how far the median of the probes lies below the best.
        disturbance: what disturbed it.
    """

    threads: int
    gflops: float | None
    spread: float | None
    disturbance: str | None


@dataclass(frozen=True)
class Report:
    """All that was measured.

    Attributes:
        options: what was asked for.
        peaks: of the machine, by number of threads.
        rows: one for each entry and number of threads.
        absent: peers that are not installed, and cells that the package does not have: why.
        complete: whether all that was asked for is in it.
    """

    options: Options
    peaks: Sequence[PeakFound]
    rows: Sequence[Row]
    absent: Sequence[str]
    complete: bool = True

    @property
    def verdicts(self) -> list[floors.Verdict]:
        """The floors; none of a quick measurement, which proves nothing."""
        return [] if self.options.quick else list(floors.judge(self.rows))

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {
            "command": self.options.command,
            "quick": self.options.quick,
            "complete": self.complete,
            "machine": machine.words(),
            "versions": machine.versions(),
            "flops": "of the products alone, two for each multiply-add",
            "peaks": [vars(peak) for peak in self.peaks],
            "absent": list(self.absent),
            "rows": [row.as_json() for row in self.rows],
            "floors": [verdict.as_json() for verdict in self.verdicts],
        }


Keep = Callable[[Report], None]


def usual_threads() -> tuple[int, ...]:
    """One and two, as far as the machine has cores."""
    return tuple(count for count in (1, floors.THREADS) if count <= len(cores()))


def keep(report: Report, path: Path) -> None:
    """Write everything as JSON."""
    path.write_text(json.dumps(report.as_json(), indent=2, allow_nan=False) + "\n")


def run(options: Options, say: Say, kept: Keep) -> Report:
    """Measure.

    Args:
        options: what.
        say: gets one line for each thing that is done.
        kept: gets all that is measured so far, row after row.

    Raises:
        OptionError: a name or a number that cannot be used.
        LawViolation: a cell that is to be measured breaks a law; nothing is measured then.
    """
    options.check()
    wanted = options.cells or CELLS
    absent = [
        f"{name} is left out: the package has no such cell" for name in wanted if not find(name)
    ]
    absent += [
        f"{peer.name} is left out: {reason}"
        for peer in PEERS
        if peer.name not in options.without and (reason := peer.absence())
    ]
    for line in absent:
        say(line)
    names = [name for name in wanted if find(name)]
    check_laws(names)
    say(f"the laws hold for {', '.join(names) or 'no cell'}")
    entries = [
        Entry(name, config, task) for config in options.configs for name in names for task in Pass
    ]
    report = Report(options, (), (), absent, complete=False)
    for count in options.threads:
        report = _measured(report, entries, count, say, kept)
    report = replace(report, complete=True)
    kept(report)
    return report


def check_laws(names: Sequence[str]) -> None:
    """Raise `LawViolation` if one of these cells breaks a law."""
    for name in names:
        cell = find(name)
        if cell is not None:
            laws.check(cell)


def _measured(
    report: Report, entries: Sequence[Entry], threads: int, say: Say, kept: Keep
) -> Report:
    """The report, longer by what a process of its own measures with so many threads."""
    options = report.options
    effort = rounds.QUICK if options.quick else rounds.FULL
    plan = Plan(threads, entries, effort, options.without, _not_compiled(report.rows))
    child = Child("segue.bench.worker", threads, plan.as_json())
    try:
        peak = PeakFound(**_received(child))
        report = replace(report, peaks=(*report.peaks, peak))
        say(f"{_threads(threads)}: {peak.disturbance or f'peak {peak.gflops:.0f} GFLOP/s'}")
        for number, entry in enumerate(entries, 1):
            report = replace(report, rows=(*report.rows, Row.from_json(_received(child))))
            say(f"{_threads(threads)}, {number} of {len(entries)}: {entry}")
            kept(report)
    finally:
        child.close()
    return report


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _received(child: Child) -> Any:
    message = child.receive()
    if message is None:
        raise BenchError("the process that measures ended; what it said stands above")
    return message


def _not_compiled(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """What was seen not to compile is not tried again with another number of threads."""
    name = COMPILED.name
    return {str(row.entry): {name: row.left_out[name]} for row in rows if name in row.left_out}
