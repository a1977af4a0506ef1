"""A classifier that begins with a language model of other text, as ULMFiT does."""

import lzma
import tempfile
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from benchmarks.files import find
from benchmarks.result import Benchmark, Result, over_seeds
from benchmarks.suites.classify import SETS, sst2
from segue.data.source import Source
from segue.tasks.flow import train
from segue.tasks.registry import named
from segue.training import Silent

REVIEWS = 25_000
PRETRAIN = {
    "unit": "word", "lower": True, "vocabulary": 20_000, "embedding": 128, "hidden": 128,
    "epochs": 1, "minutes": 10,
}  # fmt: skip
CLASSIFY = {"embedding": 128, "hidden": 128, "unfreeze": 1, "layer_decay": 0.4}
_KNOWN = {"BiLSTM-128, plain, without": 0.807}


def reviews(folder: Path | None, path: Path) -> None:
    """The texts of IMDb's training part, one a line, without their labels."""
    source = "what SOURCE.txt of imdb names"
    packed = find("imdb/train.tsv.xz", folder, "text", source)
    with lzma.open(packed, "rt", encoding="utf-8") as lines, path.open("w", encoding="utf-8") as to:
        for line in islice(lines, REVIEWS):
            to.write(line.rstrip("\n").split("\t", 3)[3].replace("<br />", " ") + "\n")


def sst2_pretrained(folder: Path | None, seeds: list[int]) -> Iterable[Result]:
    """Accuracy on SST-2; the language model is trained once, the classifier for each seed."""
    generate, classify = named("generate", ""), named("classify", "")
    what = next(each for each in SETS if each.name == "sst2")
    runs: dict[int, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory(prefix="segue-") as place:
        start = time.perf_counter()
        text, before = Path(place) / "imdb.txt", f"{place}/language"
        reviews(folder, text)
        settings = generate.about.settings.of(PRETRAIN)
        told = train(generate, Source.of(str(text)), settings, before, Silent()).scores
        spent = time.perf_counter() - start
        for seed in seeds:
            start = time.perf_counter()
            asked = {**what.asked, **CLASSIFY, "warm_start": before, "seed": seed}
            settings = classify.about.settings.of(asked)
            scores = train(
                classify, sst2(what, folder), settings, f"{place}/{seed}", Silent()
            ).scores
            runs[seed] = scores.model.metrics["accuracy"], time.perf_counter() - start
    best = scores.best_baseline
    yield over_seeds(
        "sst2_pretrained",
        "accuracy",
        runs,
        baseline=(best.name, best.metrics["accuracy"]),
        floor=0.84,
        published=_KNOWN,
        note=f"{scores.scored:,} test examples; a language model of IMDb's training texts with"
        f" perplexity {told.model.metrics['perplexity']:.0f} in {spent:.0f} s, once for all seeds",
        higher_is_better=True,
    )


BENCHMARKS: dict[str, Benchmark] = {"sst2_pretrained": sst2_pretrained}
