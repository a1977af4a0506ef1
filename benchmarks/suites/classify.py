"""Classification of public texts, series and images."""

import lzma
import tempfile
import time
from collections.abc import Callable, Iterable
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

Read = Callable[["Set", Path | None], Source]


@dataclass(frozen=True)
class Set:
    """A set with its official division.

    Attributes:
        name: of the set, and of its folder.
        floor: accuracy that must be reached.
        read: the data to train on, from the folder of all sets.
        asked: settings beside the defaults, by name.
        test: the file to score on, with the folder of its set, where it is one that is read so.
        published: accuracy of methods.
    """

    name: str
    floor: float
    read: Read
    asked: dict[str, Any] = field(default_factory=dict)
    test: str | None = None
    published: dict[str, float] = field(default_factory=dict)


def measured(what: Set, folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """Accuracy on the official test part; training and choosing see nothing of it."""
    task, runs = named("classify"), {}
    for seed in seeds:
        asked = {**what.asked, "seed": seed}
        if what.test is not None:
            asked["test"] = str(_find(what.test, folder))
        with tempfile.TemporaryDirectory(prefix="segue-") as place:
            start = time.perf_counter()
            settings = task.about.settings.of(asked)
            trained = train(task, what.read(what, folder), settings, f"{place}/run", Silent())
            runs[seed] = (
                trained.scores.model.metrics["accuracy"],
                time.perf_counter() - start,
            )
        scores = trained.scores
    best = scores.best_baseline
    error = scores.model.metrics["ece"]
    yield over_seeds(
        what.name,
        "accuracy",
        runs,
        baseline=(best.name, best.metrics["accuracy"]),
        floor=what.floor,
        published=what.published,
        note=f"{scores.scored:,} test examples; ECE of the last seed {error:.3f}",
        higher_is_better=True,
    )


def _find(name: str, folder: Path | None) -> Path:
    where = "text" if name.split("/")[0] in TEXTS else "classification"
    source = f"what SOURCE.txt of {name.split('/')[0]} names"
    return find(name, folder, where, source)


def _frame(parts: dict[str, pl.DataFrame]) -> Source:
    """Rows of text and label, each with the part that it belongs to."""
    named_parts = [part.with_columns(pl.lit(name).alias("part")) for name, part in parts.items()]
    return Source.of_frame(pl.concat(named_parts))


def _tsv(path: Path, names: list[str]) -> pl.DataFrame:
    table = pl.read_csv(path, separator="\t", has_header=False, quote_char=None, new_columns=names)
    return table.select("text", pl.col("label").cast(pl.String))


def sst2(what: Set, folder: Path | None) -> Source:
    """The standard sentences: 6,920 to train on, 872 to validate, 1,821 to test."""
    files = {"train": "train", "validation": "dev", "test": "test"}
    return _frame(
        {
            part: _tsv(_find(f"sst2/{name}.tsv", folder), ["text", "label"])
            for part, name in files.items()
        }
    )


def imdb(what: Set, folder: Path | None) -> Source:
    """25,000 reviews to train on and 25,000 to test."""
    names = ["id", "label", "stars", "text"]
    found = {}
    for part in ("train", "test"):
        raw = lzma.decompress(_find(f"imdb/{part}.tsv.xz", folder).read_bytes())
        with tempfile.NamedTemporaryFile(suffix=".tsv") as file:
            file.write(raw)
            file.flush()
            found[part] = _tsv(Path(file.name), names)
    return _frame(found)


def trec(what: Set, folder: Path | None) -> Source:
    """5,452 questions of six kinds to train on and 500 to test."""
    found = {}
    for part in ("train", "test"):
        text = _find(f"trec/TREC.{part}.all", folder).read_text(encoding="latin-1")
        pairs = [line.split(" ", 1) for line in text.splitlines() if line.strip()]
        labels, texts = zip(*pairs, strict=True)
        found[part] = pl.DataFrame({"text": texts, "label": labels})
    return _frame(found)


def own(what: Set, folder: Path | None) -> Source:
    """A file that is read as it lies."""
    name = str(what.test)
    for test, training in (("_TEST", "_TRAIN"), ("t10k", "train")):
        name = name.replace(test, training)
    return Source.of(_find(name, folder))


TEXTS = ("sst2", "imdb", "trec")
_COLUMNS = {"text": "text", "label": "label", "division": "part"}
SETS = (
    Set("sst2", 0.81, sst2, _COLUMNS, published={"BiLSTM-128, plain": 0.807}),
    Set(
        "imdb",
        0.88,
        imdb,
        _COLUMNS,
        published={"bentrevett's RNN": 0.862, "ULMFiT (Howard and Ruder 2018)": 0.954},
    ),
    Set("trec", 0.88, trec, _COLUMNS, published={"BLSTM with GloVe (Zhou et al. 2016)": 0.93}),
    Set("mnist", 0.985, own, {}, "mnist/t10k-images-idx3-ubyte.gz"),
    Set(
        "JapaneseVowels",
        0.97,
        own,
        {},
        "JapaneseVowels/JapaneseVowels_TEST.ts.gz",
        {"LSTM-FCN (Karim et al. 2019)": 0.99},
    ),
    Set(
        "BasicMotions",
        0.95,
        own,
        {},
        "BasicMotions/BasicMotions_TEST.ts.gz",
        {"LSTM-FCN (Karim et al. 2019)": 1.0},
    ),
    Set(
        "GunPoint",
        0.95,
        own,
        {},
        "GunPoint/GunPoint_TEST.ts.gz",
        {"LSTM-FCN (Karim et al. 2018)": 1.0, "1-NN DTW": 0.91},
    ),
)


def _benchmark(what: Set) -> Benchmark:
    return lambda folder, seeds: measured(what, folder, seeds)


BENCHMARKS: dict[str, Benchmark] = {what.name: _benchmark(what) for what in SETS}
