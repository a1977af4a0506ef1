"""Tagging of public corpora: phrases, names, parts of speech, slots."""

import json
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
    return [find(f"{what.name}/{name}", folder, "text", source) for name in what.parts]


def lines_of_three_files(what: "Set", folder: Path | None, place: Path) -> list[Path]:
    """JSON lines from three files, a line of each: tokens, tags, label."""
    made = []
    for part in what.parts:
        source = f"what SOURCE.txt of {what.name} names"
        texts = [
            find(f"{what.name}/{part}.{end}", folder, "text", source).read_text().splitlines()
            for end in ("seq.in", "seq.out", "label")
        ]
        rows = [
            {"tokens": tokens.split(), "tags": tags.split(), "label": label.strip()}
            for tokens, tags, label in zip(*texts, strict=True)
        ]
        path = place / f"{part}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        made.append(path)
    return made


@dataclass(frozen=True)
class Set:
    """A corpus with its official division.

    Attributes:
        name: of the corpus, and of its folder.
        floors: of each measure that is reported.
        parts: its files: to train on, to choose by where there is one, to score on.
        asked: settings beside the defaults, by name.
        files: how they become files that segue reads.
        published: figures of other methods, by measure.
    """

    name: str
    floors: dict[str, float]
    parts: tuple[str, ...]
    asked: dict[str, Any] = field(default_factory=dict)
    files: Files = as_they_lie
    published: dict[str, dict[str, float]] = field(default_factory=dict)


def measured(what: Set, folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """The measures on the official test part; training and choosing see nothing of it."""
    task = named("tag")
    runs: dict[str, dict[int, tuple[float, float]]] = {key: {} for key in what.floors}
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="segue-") as place:
            paths = what.files(what, folder, Path(place))
            asked = {**what.asked, "seed": seed, "test": str(paths[-1])}
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
            note=f"{len(scores.test):,} test sentences; training took"
            f" {trained.result.seconds:.0f} s of the last seed's time",
            higher_is_better=True,
        )


SETS = (
    Set(
        "conll2000",
        {"f1": 0.925},
        ("train.txt.gz", "test.txt.gz"),
        published={"f1": {"BiLSTM, no CRF": 0.912, "with vectors": 0.9471}},
    ),
    Set(
        "conll2003_en",
        {"f1": 0.79},
        ("eng.train.gz", "eng.testa.gz", "eng.testb.gz"),
        {"scheme": "iob1"},  # two of its 23,499 spans begin as in IOB2
        published={"f1": {"no vectors, about": 0.81, "with vectors (Lample et al. 2016)": 0.9094}},
    ),
    Set(
        "ud_ewt",
        {"accuracy": 0.93},
        tuple(f"en_ewt-ud-{part}.conllu.gz" for part in ("train", "dev", "test")),
        published={"accuracy": {"Stanza, with vectors (Qi et al. 2020)": 0.954}},
    ),
    Set(
        "atis_slots",
        {"f1": 0.94, "label_accuracy": 0.95},
        ("train", "valid", "test"),
        {"intent": "label"},
        lines_of_three_files,
        {
            "f1": {"slot-gated (Goo et al. 2018)": 0.952},
            "label_accuracy": {"slot-gated (Goo et al. 2018)": 0.941},
        },
    ),
)


def _benchmark(what: Set) -> Benchmark:
    return lambda folder, seeds: measured(what, folder, seeds)


BENCHMARKS: dict[str, Benchmark] = {what.name: _benchmark(what) for what in SETS}
