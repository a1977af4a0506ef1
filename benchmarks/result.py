"""One measured figure, and where figures are kept."""

import datetime
import json
import os
import platform
import shlex
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Result:
    """A figure beside what it should reach and what costs nothing.

    Attributes:
        name: benchmark and configuration.
        metric: what was measured.
        value: the median over seeds.
        floor: what the value must not exceed, or must reach; None when no floor is set.
        baseline: the best forecast that costs nothing, on the same windows.
        baseline_name: which one that is.
        seconds: of training and scoring, the median over seeds.
        seeds: of the runs.
        values: the value of each seed.
        published: figures from the literature, by name.
        note: what must be said with it.
        higher_is_better: the value must reach the floor rather than stay below it.
    """

    name: str
    metric: str
    value: float
    floor: float | None
    baseline: float
    baseline_name: str
    seconds: float
    seeds: list[int]
    values: list[float]
    published: dict[str, float] = field(default_factory=dict)
    note: str = ""
    higher_is_better: bool = False

    @property
    def passed(self) -> bool:
        """Whether the floor is reached, if there is one."""
        if self.floor is None:
            return True
        return self.value >= self.floor if self.higher_is_better else self.value <= self.floor


Benchmark = Callable[[Path | None, list[int]], Iterable[Result]]
"""From the folder of the data and the seeds to results, each as soon as it is there."""


def over_seeds(
    name: str,
    metric: str,
    runs: dict[int, tuple[float, float]],
    *,
    baseline: tuple[str, float],
    floor: float | None = None,
    published: dict[str, float] | None = None,
    note: str = "",
    higher_is_better: bool = False,
) -> Result:
    """The result of several seeds, each with its value and its seconds."""
    values = [value for value, _ in runs.values()]
    return Result(
        name=name,
        metric=metric,
        value=statistics.median(values),
        floor=floor,
        baseline=baseline[1],
        baseline_name=baseline[0],
        seconds=round(statistics.median(seconds for _, seconds in runs.values()), 1),
        seeds=list(runs),
        values=values,
        published=published or {},
        note=note,
        higher_is_better=higher_is_better,
    )


def machine() -> str:
    """The machine in words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{platform.machine()} ({_processor()}), {cores} cores, {torch.get_num_threads()} threads,"
        f" {platform.system()}, Python {platform.python_version()}, torch {torch.__version__}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "processor unknown"


def save(benchmark: str, results: list[Result]) -> None:
    """Write results with the command, the machine and the date, for programs and for people."""
    RESULTS.mkdir(exist_ok=True)
    command = f"python -m benchmarks.quality {shlex.join(_asked(sys.argv[1:]))}"
    head = {"command": command, "machine": machine(), "date": str(datetime.date.today())}
    document = {**head, "results": [asdict(result) for result in results]}
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    (RESULTS / f"{benchmark}.json").write_text(text)
    lines = [f"# {benchmark}", "", *(f"- {key}: {value}" for key, value in head.items()), ""]
    lines += table(results)
    (RESULTS / f"{benchmark}.md").write_text("\n".join(lines) + "\n")


def table(results: list[Result]) -> list[str]:
    """Results as lines of a Markdown table."""
    lines = [
        "| | metric | median | min to max (seeds) | floor | best baseline | published | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        floor = "" if r.floor is None else f"{r.floor:g} {'reached' if r.passed else 'MISSED'}"
        published = ", ".join(f"{name} {value:g}" for name, value in r.published.items())
        lines.append(
            f"| {r.name} | {r.metric} | {r.value:.4g} | {min(r.values):.4g} to {max(r.values):.4g}"
            f" ({len(r.seeds)}) | {floor} | {r.baseline_name} {r.baseline:.4g} | {published} |"
            f" {r.seconds:.0f} |"
        )
    notes = [f"- {r.name}, {r.metric}: {r.note}" for r in results if r.note]
    return [*lines, "", *notes] if notes else lines


def _asked(words: list[str]) -> list[str]:
    """The arguments of the command without where the data lie, which is each machine's own.

    >>> _asked(["trec", "--data", "/there", "--seeds", "1"])
    ['trec', '--seeds', '1']
    """
    return [
        word
        for before, word in zip(["", *words], words, strict=False)
        if "--data" not in (before, word) and not word.startswith("--data=")
    ]
