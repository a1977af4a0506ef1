"""Recognition of public recordings: digits one by one and in strings, yes and no, AN4."""

import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import soundfile

from benchmarks.files import find
from benchmarks.result import Benchmark, Result, over_seeds
from segue.data.audio.voices import DIGITS
from segue.data.source import Source
from segue.data.splits import Part
from segue.tasks.flow import train
from segue.tasks.registry import named
from segue.tasks.speech.search import GREEDY
from segue.training import Silent

_RATE = 8000
_STRINGS, _HELD = 1500, 200
_PAUSES = (0.05, 0.4)  # seconds
_NOISES = (10.0, 30.0)  # dB below the speech
_AN4_HELD = 5  # speakers

Lists = tuple[Path, Path]
"""Of a part to train and to choose on, and of one to score on."""


@dataclass(frozen=True)
class Corpus:
    """Recordings with a division.

    Attributes:
        name: of the benchmark.
        lists: from the folder of all data and one to write into to lists, of one or more divisions.
        floors: of each measure that is reported; a name that ends in `_greedy` is without a search.
        asked: settings beside the defaults, by name.
        published: figures of other methods, by measure.
    """

    name: str
    lists: Callable[[Path | None, Path], Iterable[Lists]]
    floors: dict[str, float]
    asked: dict[str, Any] = field(default_factory=dict)
    published: dict[str, dict[str, float]] = field(default_factory=dict)


def measured(corpus: Corpus, folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """The measures on the held-back recordings, the mean over divisions."""
    runs: dict[str, dict[int, tuple[float, float]]] = {key: {} for key in corpus.floors}
    notes = []
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="segue-") as place:
            start = time.perf_counter()
            found = [
                _trained(corpus, lists, Path(place) / f"run{number}", seed)
                for number, lists in enumerate(corpus.lists(folder, Path(place)))
            ]
            seconds = (time.perf_counter() - start) / len(found)
        for key in corpus.floors:
            runs[key][seed] = (float(np.mean([each.values[key] for each in found])), seconds)
        notes.append("; ".join(each.note for each in found))
    for key, floor in corpus.floors.items():
        better = key == "accuracy"
        best = {name: float(np.mean([each.free[key][name] for each in found]))
                for name in found[0].free[key]}  # fmt: skip
        usual = (max if better else min)(best, key=lambda name: best[name])
        yield over_seeds(
            corpus.name,
            key,
            runs[key],
            baseline=(usual, best[usual]),
            floor=floor,
            published=corpus.published.get(key, {}),
            note=f"the last seed: {notes[-1]}",
            higher_is_better=better,
        )


@dataclass(frozen=True)
class _Found:
    """The measures of one training, those of each baseline, and what must be said."""

    values: dict[str, float]
    free: dict[str, dict[str, float]]
    note: str


def _trained(corpus: Corpus, lists: Lists, run: Path, seed: int) -> _Found:
    task = named("transcribe")
    settings = task.about.settings.of({**corpus.asked, "seed": seed, "test": str(lists[1])})
    start = time.process_time()
    trained = train(task, Source.of(lists[0]), settings, str(run), Silent())
    busy, scores = time.process_time() - start, trained.scores
    values, free = {}, {}
    for key in corpus.floors:
        measure = key.removesuffix("_greedy")
        if key != measure:
            trained.prepared.chosen.how = GREEDY
            scores = task.score(trained.prepared, Part.TEST)
        values[key] = scores.model.metrics[measure]
        free[key] = {each.name: each.metrics[measure] for each in scores.baselines}
    return _Found(
        values,
        free,
        f"{scores.scored:,} held-back recordings, {trained.result.epochs} epochs in"
        f" {busy:.0f} s of processor time",
    )


def _unpacked(name: str, folder: Path | None, place: Path) -> list[Path]:
    """The files of an archive, by their names."""
    source = f"what SOURCE.txt of {name.partition('/')[0]} names"
    with tarfile.open(find(name, folder, "speech", source)) as archive:
        archive.extractall(place, filter="data")
    return sorted(path for path in place.rglob("*.*") if path.is_file())


def _digits(folder: Path | None, place: Path) -> pl.DataFrame:
    """The recordings of single digits: file, text, who, number."""
    rows = []
    for path in _unpacked("fsdd/recordings.tar.gz", folder, place / "sounds"):
        digit, who, number = path.stem.split("_")
        rows.append((str(path), DIGITS[int(digit)], who, int(number)))
    return pl.DataFrame(rows, ["file", "text", "who", "number"], orient="row")


def _written(place: Path, learned: pl.DataFrame, held: pl.DataFrame) -> Lists:
    """Two lists, in files of their own."""
    paths = place / "train.csv", place / "test.csv"
    for path, rows in zip(paths, (learned, held), strict=True):
        rows.write_csv(path)
    return paths


def official_digits(folder: Path | None, place: Path) -> Iterable[Lists]:
    """Of each digit and speaker the first five recordings are held back."""
    rows, first = _digits(folder, place), pl.col("number") < 5
    yield _written(place, rows.filter(~first), rows.filter(first))


def new_speakers(folder: Path | None, place: Path) -> Iterable[Lists]:
    """Each speaker in turn is held back."""
    rows = _digits(folder, place)
    for who in rows["who"].unique().sort():
        yield _written(place, rows.filter(pl.col("who") != who), rows.filter(pl.col("who") == who))


def strings_of_digits(folder: Path | None, place: Path) -> Iterable[Lists]:
    """One to seven digits of a speaker, with pauses and noise; made of either part alone."""
    rows, first = _digits(folder, place), pl.col("number") < 5
    chance = np.random.default_rng(2024)
    made = [
        pl.DataFrame(
            [_string(part, chance, place / f"{name}{k}.wav") for k in range(count)],
            ["file", "text"],
            orient="row",
        )
        for name, part, count in (
            ("train", rows.filter(~first), _STRINGS),
            ("test", rows.filter(first), _HELD),
        )
    ]
    yield _written(place, made[0], made[1])


def _string(rows: pl.DataFrame, chance: np.random.Generator, path: Path) -> tuple[str, str]:
    """A file of some digits of one speaker, and what is said in it."""
    mine = rows.filter(pl.col("who") == chance.choice(rows["who"].unique().sort().to_list()))
    drawn = mine[chance.integers(len(mine), size=chance.integers(1, 8)).tolist()]
    parts = [_pause(chance)]
    for file in drawn["file"]:
        parts += [soundfile.read(file, dtype="float32")[0], _pause(chance)]
    sound = np.concatenate(parts)
    level = np.sqrt(np.mean(sound**2)) * 10 ** (-chance.uniform(*_NOISES) / 20)
    noisy = sound + level * chance.standard_normal(len(sound), np.float32)
    soundfile.write(path, 0.5 * noisy / np.abs(noisy).max(), _RATE)
    return str(path), " ".join(drawn["text"])


def _pause(chance: np.random.Generator) -> np.ndarray:
    return np.zeros(int(chance.uniform(*_PAUSES) * _RATE), np.float32)


def yes_and_no(folder: Path | None, place: Path) -> Iterable[Lists]:
    """Kaldi's division: of the sorted files the first 31 are to train on."""
    paths = [
        path
        for path in _unpacked("yesno/waves_yesno.tar.gz", folder, place / "sounds")
        if path.suffix == ".wav" and path.stem[0] in "01"
    ]
    rows = pl.DataFrame(
        [
            (str(path), " ".join(("no", "yes")[int(bit)] for bit in path.stem.split("_")))
            for path in paths
        ],
        ["file", "text"],
        orient="row",
    )
    yield _written(place, rows[:31], rows[31:])


def an4(folder: Path | None, place: Path) -> Iterable[Lists]:
    """Five of the speakers to train on are held back, evenly chosen by their names."""
    sounds = {path.stem: path for path in _unpacked("an4_mfcc/an4_feat.tar.gz", folder, place)}
    source = "what SOURCE.txt of an4_mfcc names"
    rows = []
    listed = find("an4_mfcc/etc/an4_train.transcription", folder, "speech", source)
    for line in listed.read_text().splitlines():
        text, _, name = line.rpartition(" (")
        path = sounds[name.rstrip(")")]
        rows.append((str(path), text.replace("<s>", "").replace("</s>", "").strip(),
                     path.parent.name))  # fmt: skip
    found = pl.DataFrame(rows, ["file", "text", "speaker"], orient="row")
    speakers = found["speaker"].unique().sort().to_list()
    chosen = np.linspace(0, len(speakers) - 1, _AN4_HELD + 2).round().astype(int)[1:-1]
    held = pl.col("speaker").is_in([speakers[number] for number in chosen])
    yield _written(place, found.filter(~held), found.filter(held))


_DEEP_SPEECH = {"Deep Speech 2, on another test": 0.096}
CORPORA = (
    Corpus(
        "fsdd",
        official_digits,
        {"accuracy": 0.985},
        {"commands": True, "epochs": 12, "masks": 2},
        {"accuracy": {"plain BiGRU 96 x 2, in 90 s": 0.98}},
    ),
    Corpus(
        "fsdd_new_speaker",
        new_speakers,
        {"accuracy": 0.93},
        {"commands": True, "epochs": 6, "masks": 2},
        {"accuracy": {"plain BiGRU, theo alone": 0.902}},
    ),
    Corpus(
        "fsdd_strings", strings_of_digits, {"wer": 0.04}, {"stride": 3, "speeds": (1,), "epochs": 8}
    ),
    Corpus(
        "yesno",
        yes_and_no,
        {"wer": 0.02},
        {"unit": "word", "hidden": 64, "stride": 4, "batch_size": 4, "epochs": 12},
        {"wer": {"Kaldi, monophones, at most": 0.03}},
    ),
    Corpus(
        "an4",
        an4,
        {"wer": 0.11, "wer_greedy": 0.17},
        {"stride": 3, "epochs": 24},
        {"wer": _DEEP_SPEECH, "wer_greedy": {"plain BiGRU 160 x 2, in 4 min": 0.204}},
    ),
    Corpus(
        "an4_streaming",
        an4,
        {"wer": 0.18},
        {"stride": 3, "epochs": 24, "hidden": 192, "streaming": True},
    ),
)


def _benchmark(corpus: Corpus) -> Benchmark:
    return lambda folder, seeds: measured(corpus, folder, seeds)


BENCHMARKS: dict[str, Benchmark] = {corpus.name: _benchmark(corpus) for corpus in CORPORA}
