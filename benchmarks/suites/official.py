"""Public sets with an official division: a task is trained on one part and scored on another."""

import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.files import find
from benchmarks.result import Benchmark, Result, over_seeds
from segue.data.source import Source
from segue.tasks.flow import train
from segue.tasks.registry import named
from segue.training import Silent

Files = Callable[["Set", Path | None, Path], list[Path]]


def as_they_lie(what: "Set", folder: Path | None, place: Path) -> list[Path]:
    """The files of a set, read as they are."""
    source = f"what SOURCE.txt of {what.name} names"
    return [find(f"{what.name}/{name}", folder, what.where, source) for name in what.parts]


@dataclass(frozen=True)
class Set:
    """A set with its official division.

    Attributes:
        task: that is trained on it.
        where: the folder of such sets.
        name: of the set, and of its folder.
        floors: of each measure that is reported.
        parts: its files: to train on, to choose by where there is one, to score on; a single one is
            divided as `asked` says.
        asked: settings beside the defaults, by name.
        files: how they become files that segue reads.
        published: figures of other methods, by measure.
    """

    task: str
    where: str
    name: str
    floors: dict[str, float | None]
    parts: tuple[str, ...]
    asked: dict[str, Any] = field(default_factory=dict)
    files: Files = as_they_lie
    published: dict[str, dict[str, float]] = field(default_factory=dict)


def measured(what: Set, folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """The measures on the official test part; training and choosing see nothing of it."""
    task = named(what.task)
    runs: dict[str, dict[int, tuple[float, float]]] = {key: {} for key in what.floors}
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="segue-") as place:
            paths = what.files(what, folder, Path(place))
            asked = {**what.asked, "seed": seed}
            if len(paths) > 1:
                asked["test"] = str(paths[-1])
            if len(paths) == 3:
                asked["dev"] = str(paths[1])
            start = time.perf_counter()
            settings = task.about.settings.of(asked)
            trained = train(task, Source.of(paths[0]), settings, f"{place}/run", Silent())
            seconds = time.perf_counter() - start
        for key in what.floors:
            runs[key][seed] = (trained.scores.model.metrics[key], seconds)
        scores = trained.scores
    for key, floor in what.floors.items():
        best = max(scores.baselines, key=lambda method: method.metrics[key])
        yield over_seeds(
            what.name,
            key,
            runs[key],
            baseline=(best.name, best.metrics[key]),
            floor=floor,
            published=what.published.get(key, {}),
            note=f"{scores.scored:,} {scores.UNIT}s; training took"
            f" {trained.result.seconds:.0f} s of the last seed's time",
            higher_is_better=True,
        )


def benchmarks(sets: Iterable[Set]) -> dict[str, Benchmark]:
    """The benchmark of each set, by its name."""
    return {what.name: _benchmark(what) for what in sets}


def _benchmark(what: Set) -> Benchmark:
    return lambda folder, seeds: measured(what, folder, seeds)
