"""Language models of public texts: characters and words."""

import math
import tempfile
import time
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.files import find
from benchmarks.result import Benchmark, Result, over_seeds
from segue.data.source import Source
from segue.tasks.flow import train
from segue.tasks.registry import named
from segue.training import Silent

_WHOLE = "the part that is scored chose the weights too, as in the published figures"


@dataclass(frozen=True)
class Text:
    """A text with its usual division.

    Attributes:
        name: of the set, and of its folder.
        file: a text of which the last tenth is scored, or an archive of texts.
        parts: in the archive: to train on, to score on.
        metric: what is reported.
        floor: of it.
        asked: settings beside the defaults, by name.
        published: figures of others.
    """

    name: str
    file: str
    metric: str
    floor: float | None
    parts: tuple[str, str] = ("", "")
    asked: dict[str, Any] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)

    def files(self, folder: Path | None, place: Path) -> tuple[Path, Path]:
        """The text to train on and that to score on."""
        path = find(
            f"{self.name}/{self.file}", folder, "text", f"what SOURCE.txt of {self.name} names"
        )
        made = place / "train.txt", place / "valid.txt"
        if self.parts[0]:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                for wanted, to in zip(self.parts, made, strict=True):
                    inside = next(name for name in names if name.endswith(wanted))
                    to.write_bytes(archive.read(inside))
            return made
        text = path.read_text()
        cut = int(0.9 * len(text))
        made[0].write_text(text[:cut])
        made[1].write_text(text[cut:])
        return made


def measured(what: Text, folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """The metric on the part that is usually scored."""
    task = named("generate")
    runs: dict[int, tuple[float, float]] = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="segue-") as place:
            learned, scored = what.files(folder, Path(place))
            settings = task.about.settings.of(
                {**what.asked, "seed": seed, "dev": str(scored), "test": str(scored)}
            )
            start = time.perf_counter()
            trained = train(task, Source.of(learned), settings, f"{place}/run", Silent())
            seconds = time.perf_counter() - start
        scores = trained.scores
        runs[seed] = (_of(what.metric, scores.model.metrics), seconds)
    best = scores.best_baseline
    yield over_seeds(
        what.name,
        what.metric,
        runs,
        baseline=(best.name, _of(what.metric, best.metrics)),
        floor=what.floor,
        published=what.published,
        note=f"{scores.scored:,} units; {_WHOLE}",
    )


def _of(metric: str, metrics: Any) -> float:
    return math.log(metrics["perplexity"]) if metric == "loss" else float(metrics[metric])


TEXTS = (
    Text(
        "tinyshakespeare",
        "input.txt",
        "loss",
        1.45,
        published={"LSTM-256, 121 s": 1.488, "char-rnn, hours": 1.423},
    ),
    Text(
        "ptb",
        "ptb.zip",
        "perplexity",
        105.0,
        ("ptb.train.txt", "ptb.valid.txt"),
        {"unit": "token"},
        {"LSTM 200 x 2, tied": 110.4, "AWD-LSTM, days on a GPU": 57.3},
    ),
    Text(
        "wikitext2",
        "wikitext2_train_valid.zip",
        "bits_per_character",
        None,
        ("train.txt", "valid.txt"),
        {"minutes": 10.0},
    ),
)


def _benchmark(what: Text) -> Benchmark:
    return lambda folder, seeds: measured(what, folder, seeds)


BENCHMARKS: dict[str, Benchmark] = {what.name: _benchmark(what) for what in TEXTS}
