"""Policies with memory in environments that hide what they would need to see."""

import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.result import Benchmark, Result, over_seeds
from segue.data.source import Source
from segue.tasks.flow import train
from segue.tasks.recipe import parameters_of
from segue.tasks.registry import named
from segue.training import Silent


@dataclass(frozen=True)
class Challenge:
    """An environment.

    Attributes:
        name: of the benchmark.
        asked: settings, by name.
        floor: the return that must be reached.
        published: figures of other methods.
    """

    name: str
    asked: dict[str, Any]
    floor: float
    published: dict[str, float] = field(default_factory=dict)


def measured(what: Challenge, folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """The mean return on 100 seeds, beside a policy of as many parameters without memory."""
    task, runs, plain = named("control"), {}, []
    for seed in seeds:
        for memoryless in (False, True):
            asked = {**what.asked, "seed": seed, "memoryless": memoryless}
            start = time.perf_counter()
            with tempfile.TemporaryDirectory(prefix="segue-") as place:
                settings = task.about.settings.of(asked)
                trained = train(task, Source.of(), settings, f"{place}/run", Silent())
            found = trained.scores.model.metrics["return"]
            if memoryless:
                plain.append(found)
            else:
                runs[seed] = (found, time.perf_counter() - start)
                scores, parameters = trained.scores, parameters_of(trained.prepared.model)
    best = max(scores.baselines, key=lambda method: method.metrics["return"])
    low, high = min(plain), max(plain)
    yield over_seeds(
        what.name,
        "mean return of 100 seeds",
        runs,
        baseline=(best.name, best.metrics["return"]),
        floor=what.floor,
        published=what.published,
        note=f"{parameters:,} parameters; without memory and as many, {low:.4g} to {high:.4g}",
        higher_is_better=True,
    )


CHALLENGES = (
    Challenge("cartpole_hidden", {"env": "CartPole-v1", "hide": "1,3", "steps": 40_000}, 480.0),
    Challenge(
        "pendulum_hidden",
        {"env": "Pendulum-v1", "hide": "2", "steps": 120_000, "gamma": 0.95, "rollout": 200},
        -250.0,
        {"sb3-contrib RecurrentPPO": -218.0},
    ),
)


def _benchmark(what: Challenge) -> Benchmark:
    return lambda folder, seeds: measured(what, folder, seeds)


BENCHMARKS: dict[str, Benchmark] = {what.name: _benchmark(what) for what in CHALLENGES}
