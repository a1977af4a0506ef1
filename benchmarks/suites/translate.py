"""Translation of public texts: captions from German, words to their pronunciation."""

import csv
import gzip
import hashlib
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

Parts = dict[str, list[Path]]


@dataclass(frozen=True)
class Set:
    """A set with a fixed division.

    Attributes:
        name: of the set.
        measure: that is reported.
        floor: that must be reached.
        files: those to train on, to choose by and to score on, by part.
        asked: settings beside the defaults, by name.
        published: figures of other methods.
    """

    name: str
    measure: str
    floor: float
    files: Callable[[Path | None, Path], Parts]
    asked: dict[str, Any] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)


def captions(folder: Path | None, place: Path) -> Parts:
    """29,000 captions of pictures to train on, 1,014 to choose by, 1,000 to score on."""
    parts = {"train": "train", "dev": "val", "test": "test_2016_flickr"}
    source = "task 1 of the repository multi30k/dataset"
    return {
        part: [find(f"multi30k/{name}.{end}.gz", folder, "text", source) for end in ("de", "en")]
        for part, name in parts.items()
    }


def pronunciations(folder: Path | None, place: Path) -> Parts:
    """Words of CMUdict in tables: of a hundred each, five test and two choose, by their digest.

    A word with several pronunciations lies in one part with all of them; stress is kept.
    """
    path = find("cmudict_g2p/cmudict.txt.gz", folder, "text", "CMUdict 0.7a of nltk_data")
    rows: dict[str, list[tuple[str, str]]] = {"train": [], "dev": [], "test": []}
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        word, _, sounds = line.split(maxsplit=2)
        share = int(hashlib.sha256(word.encode()).hexdigest(), 16) % 100
        part = "test" if share < 5 else "dev" if share < 7 else "train"
        rows[part].append((word, sounds))
    found = {}
    for part, pairs in rows.items():
        found[part] = [place / f"{part}.tsv"]
        with found[part][0].open("w", newline="") as file:
            table = csv.writer(file, delimiter="\t", lineterminator="\n")
            table.writerows([("word", "sounds"), *pairs])
    return found


def measured(what: Set, folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """The measure on the test part; training and choosing see nothing of it."""
    task, runs = named("translate"), {}
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="segue-") as place:
            files = what.files(folder, Path(place))
            asked = {part: tuple(map(str, files[part])) for part in ("dev", "test")}
            start, used = time.perf_counter(), time.process_time()
            settings = task.about.settings.of({**what.asked, **asked, "seed": seed})
            source = Source.of(*files["train"])
            trained = train(task, source, settings, f"{place}/run", Silent())
            seconds, used = time.perf_counter() - start, time.process_time() - used
            runs[seed] = (trained.scores.model.metrics[what.measure], seconds)
        scores = trained.scores
    best = max(scores.baselines, key=lambda method: method.metrics[what.measure])
    of = scores.model.metrics
    yield over_seeds(
        what.name,
        what.measure,
        runs,
        baseline=(best.name, best.metrics[what.measure]),
        floor=what.floor,
        published=what.published,
        note=f"{scores.scored:,} test texts; the last seed took {used:.0f} s of processor time,"
        f" {trained.result.epochs} epochs; chrF {of['chrf']:.1f}, edits per unit"
        f" {of['edit_distance']:.3f}; sacreBLEU {scores.signature}",
        higher_is_better=True,
    )


SETS = (
    Set(
        "multi30k",
        "bleu",
        31.0,
        captions,
        {"epochs": 6, "vocabulary": 4000, "dropout": 0.2},
        {"GRU with attention, 10 epochs": 28.3},
    ),
    Set(
        "cmudict_g2p",
        "word_accuracy",
        0.68,
        pronunciations,
        {"source": "word", "target": "sounds", "epochs": 10},
        {
            "encoder and decoder, no stress (Yao and Zweig 2015)": 0.714,
            "aligned bidirectional LSTM, no stress (Yao and Zweig 2015)": 0.764,
        },
    ),
)


def _benchmark(what: Set) -> Benchmark:
    return lambda folder, seeds: measured(what, folder, seeds)


BENCHMARKS: dict[str, Benchmark] = {what.name: _benchmark(what) for what in SETS}
