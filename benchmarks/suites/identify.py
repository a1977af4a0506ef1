"""Simulators of measured systems: what the system-identification community compares itself on."""

import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.files import find
from benchmarks.result import Benchmark, Result, over_seeds
from segue.data.source import Source
from segue.tasks.flow import train
from segue.tasks.registry import named
from segue.training import Silent


@dataclass(frozen=True)
class System:
    """A data set with its division.

    Attributes:
        name: of the benchmark.
        file: where it lies.
        columns: of the file: inputs and outputs of the training, then those of the test where
            they are others.
        asked: settings, by name.
        first: the first rows are these many, the others are not used; None takes all.
        share: the first share of them is for training and the rest for the test.
        floor: what the error must not exceed.
        metric: which error.
        scale: what it is multiplied with.
        unit: of the product.
        published: figures of other methods.
    """

    name: str
    file: str
    columns: tuple[str, ...]
    asked: dict[str, Any]
    first: int | None
    share: float | None
    floor: float
    metric: str = "rmse"
    scale: float = 1.0
    unit: str = "V"
    published: dict[str, float] = field(default_factory=dict)


def tables(what: System, folder: Path | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows to train on and those to test on."""
    path = find(what.file, folder, "control", f"what SOURCE.txt of {Path(what.file).parent} names")
    if path.name == "cstr.dat.gz":
        frame = pl.read_csv(path, has_header=False, separator="\t", infer_schema=False)
        frame = frame.select(pl.nth(range(4)).str.strip_chars().cast(pl.Float64))
        frame.columns = ["time", "coolant", "concentration", "temperature"]
    else:
        frame = pl.read_csv(path, truncate_ragged_lines=True)
    frame = frame.select(what.columns).drop_nulls()
    frame = frame.head(what.first) if what.first else frame
    if what.share is None:
        half = len(what.columns) // 2
        names = what.columns[:half]
        later = dict(zip(what.columns[half:], names, strict=True))
        return frame.select(names), frame.select(what.columns[half:]).rename(later)
    rows = int(what.share * frame.height)
    return frame.head(rows), frame.tail(-rows)


def measured(what: System, folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """The error of the free simulation on the test rows; choosing sees nothing of them."""
    task, runs = named("identify"), {}
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="segue-") as place:
            files = [Path(place) / name for name in ("train.parquet", "test.parquet")]
            for table, file in zip(tables(what, folder), files, strict=True):
                table.write_parquet(file)
            asked = {**what.asked, "seed": seed, "test": str(files[1])}
            start = time.perf_counter()
            settings = task.about.settings.of(asked)
            trained = train(task, Source.of(files[0]), settings, f"{place}/run", Silent())
            seconds = time.perf_counter() - start
        scores = trained.scores
        runs[seed] = (what.scale * scores.model.metrics[what.metric], seconds)
    best = min(scores.baselines, key=lambda method: method.metrics[what.metric])
    config = trained.prepared.config
    yield over_seeds(
        what.name,
        f"simulation {what.metric.upper()}, {what.unit}",
        runs,
        baseline=(best.name, what.scale * best.metrics[what.metric]),
        floor=what.floor,
        published=what.published,
        note=f"{scores.scored:,} samples, the first {scores.left_out} of each record left out;"
        f" {config.cell} {config.layers} x {config.hidden} beside {config.order} linear states",
    )


SYSTEMS = (
    System(
        "silverbox", "silverbox/SNLS80mV.csv.gz", ("V1", "V2"),
        {"input": ("V1",), "output": ("V2",), "washout": 50},
        86_750, 0.75, 0.50, scale=1000.0, unit="mV",
        published={"LSTM": 0.669, "GRU": 0.696},
    ),
    System(
        "wiener_hammerstein", "wiener_hammerstein/WienerHammerBenchmark.csv.gz",
        ("uBenchMark", "yBenchMark"),
        {"input": ("uBenchMark",), "output": ("yBenchMark",), "washout": 50, "layers": 2},
        None, 0.8, 2.5, scale=1000.0, unit="mV",
    ),
    System(
        "cascaded_tanks", "cascaded_tanks_cstr/dataBenchmark.csv", ("uEst", "yEst", "uVal", "yVal"),
        {"input": ("uEst",), "output": ("yEst",), "encoder": 30},
        None, None, 0.55,
    ),
    System(
        "cstr", "cascaded_tanks_cstr/cstr.dat.gz", ("coolant", "concentration", "temperature"),
        {"input": ("coolant",), "output": ("concentration", "temperature")},
        None, 0.7, 0.025, metric="nrmse", unit="spreads",
    ),
)  # fmt: skip


def _benchmark(what: System) -> Benchmark:
    return lambda folder, seeds: measured(what, folder, seeds)


BENCHMARKS: dict[str, Benchmark] = {what.name: _benchmark(what) for what in SYSTEMS}
