"""A text divided into parts, with the model to train or to score on them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.optim import AdamW

from segue.data.corpus import Corpus, Stretch
from segue.data.wording import count, one_line
from segue.tasks.generate.defaults import TrainSettings
from segue.tasks.generate.material import Material
from segue.tasks.generate.record import GenerateRun
from segue.tasks.generate.settings import GenerateSettings
from segue.tasks.language.model import LanguageModel, Output
from segue.tasks.language.objective import LanguageObjective, reading
from segue.tasks.recipe import one_cycle, parameters_of, training_facts
from segue.tasks.record import DataReference
from segue.tasks.task import Facts, Fitting
from segue.training import FitResult, LazyAdamW
from segue.version import __version__

_HELD = 1_000_000  # units that validate, or are scored on, at most


@dataclass(frozen=True)
class Given:
    """What was read, as ids.

    Attributes:
        material: what it is.
        text: the files to train on.
        dev: to choose the weights by, where files name it.
        test: to score on, where files name it.
    """

    material: Material
    text: Corpus
    dev: Corpus | None
    test: Corpus | None

    def digest(self) -> str:
        """SHA-256 of all ids."""
        parts = [each.sha256 for each in (self.text, self.dev, self.test) if each is not None]
        return parts[0] if len(parts) == 1 else hashlib.sha256("".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Parts:
    """Stretches of text to train on, to choose by and to score on."""

    train: Stretch
    validation: Stretch
    test: Stretch


def divide(data: Given) -> Parts:
    """A twentieth of the text is for validation and another for the test, but what files name.

    Of a large text it is a million units each: more would take longer to score and say no more.
    """
    held = min(0.05, _HELD / len(data.text))
    dev, test = (None if each is None else each.whole for each in (data.dev, data.test))
    shares = [1.0 - held * (dev is None) - held * (test is None)]
    shares += [held] * ((dev is None) + (test is None))
    train, *cut = data.text.divided(*shares) if len(shares) > 1 else (data.text.whole,)
    return Parts(train, dev or cut.pop(0), test or cut.pop(0))


@dataclass(frozen=True)
class Prepared:
    """A text divided into parts, with the model to train or to score on them."""

    source: str
    settings: GenerateSettings
    data: Given
    parts: Parts
    model: LanguageModel
    training: TrainSettings

    @property
    def title(self) -> str:
        """Of the report."""
        return f"A language model of {one_line(Path(self.source.split(', ')[0]).name)}"

    def fitting(self) -> Fitting:
        """How the model is trained: one cycle of the learning rate over all steps."""
        how, settings = self.training, self.settings
        batches = reading(
            self.parts.train, rows=how.batch_size, steps=how.context, seed=settings.seed
        )
        objective = LanguageObjective(self.parts.validation, self.model.config.told)
        weights = self.model.parameters()
        method = LazyAdamW if self.model.config.output is Output.sampled else AdamW
        return one_cycle(how, settings, objective, batches, weights, rising=0.1, method=method)

    def finish(self) -> None:
        """Nothing follows."""

    def artifact(self) -> dict[str, Any]:
        """The units."""
        return self.data.material.state()

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        data, parts, config = self.data, self.parts, self.model.config
        unit = f"{data.material.unit}s"
        return [
            f"{one_line(self.source)}: {len(data.text):,} {unit}, {data.material.size:,}"
            f" different ones known, {data.text.unknown:,} unknown",
            f"{len(parts.train):,} to train on, {len(parts.validation):,} to validate,"
            f" {len(parts.test):,} to test",
            f"{count(config.layers, 'layer')} of {config.cell} with {config.hidden} features,"
            f" {parameters_of(self.model):,} parameters, {count(self.training.epochs, 'epoch')}",
        ]

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        return {
            "unit": str(self.settings.unit),
            "vocabulary": self.data.material.size,
            "cell": self.model.config.cell,
            "parameters": parameters_of(self.model),
        }

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        parts, config, how = self.parts, self.model.config, self.training
        return (
            ("unit", f"{self.data.material.unit}, {self.data.material.size:,}"),
            ("to train on", f"{len(parts.train):,}"),
            ("to test", f"{len(parts.test):,}"),
            ("cell", f"{config.cell}, {config.hidden} features"),
            ("layers", str(config.layers)),
            *training_facts(result, self.model),
            ("embedding", f"{config.embedding}{', shared with the output' * config.tied}"),
            ("gradients", f"go back {how.context} steps, in {how.batch_size} stretches"),
            ("seed", str(self.settings.seed)),
        )

    def record(self, data: DataReference) -> GenerateRun:
        """What `config.json` says of it."""
        return GenerateRun(
            segue=__version__,
            settings=self.settings,
            data=data,
            model=self.model.config,
            training=self.training,
        )
