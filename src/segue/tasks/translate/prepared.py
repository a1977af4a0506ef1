"""Pairs divided into parts, with the model to train or to score on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.data.bilingual import Units
from segue.data.dictionary import Dictionary
from segue.data.paired import Encoded, Growing, encode, learning
from segue.data.pairs import Pairs, Parts
from segue.data.vocabulary import count_unknown
from segue.data.wording import count, one_line
from segue.nn import EncoderDecoder
from segue.tasks.recipe import one_cycle, parameters_of, training_facts
from segue.tasks.record import DataReference
from segue.tasks.task import Facts, Fitting, together
from segue.tasks.translate.choice import Choice
from segue.tasks.translate.objective import TranslateObjective
from segue.tasks.translate.record import TranslateRun
from segue.tasks.translate.settings import TranslateSettings
from segue.training import FitResult
from segue.version import __version__


@dataclass(frozen=True)
class Given:
    """Pairs; those to choose by and to score on, from files of their own; digests of vectors."""

    pairs: Pairs
    dev: Pairs | None
    test: Pairs | None
    vectors: tuple[str, str] = ("", "")

    def digest(self) -> str:
        """SHA-256 of all pairs."""
        parts = [each.digest() for each in (self.pairs, self.dev, self.test) if each is not None]
        parts += [each for each in self.vectors if each]
        return together(parts)


@dataclass(frozen=True)
class Prepared:
    """Pairs divided into parts, with the model to train or to score on them."""

    source: str
    settings: TranslateSettings
    data: Given
    parts: Parts
    encoded: Encoded | None
    units: Units
    dictionary: Dictionary
    model: EncoderDecoder
    choice: Choice
    begun: tuple[str, ...] = ()  # which words began with pretrained vectors

    @property
    def title(self) -> str:
        """Of the report."""
        names = [Path(name).name for name in self.source.split(", ")]
        return f"Translation: {one_line(' to '.join(names))}"

    def fitting(self) -> Fitting:
        """How the model is trained: one cycle of the learning rate over all steps."""
        how, settings = self.choice.train, self.settings
        assert self.encoded is not None  # noqa: S101 - only what was read to be trained on
        batches: Any = learning(
            self.encoded,
            seed=settings.seed,
            rows=how.batch_size,
            steps=how.batch_steps,
            passes=how.passes,
        )
        if how.sampling:
            batches = Growing(batches, how.sampling, how.epochs)
        validation = encode(self.parts.validation, self.units)
        objective, weights = TranslateObjective(validation, how.smoothing), self.model.parameters()
        return one_cycle(how, settings, objective, batches, weights, rising=0.1, betas=(0.9, 0.98))

    def finish(self) -> None:
        """Nothing follows the choice of the weights."""

    def artifact(self) -> dict[str, Any]:
        """The units of both languages, and the dictionary that the model is compared with."""
        return {"units": self.units.state(), "dictionary": self.dictionary.words}

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        parts, units, config = self.parts, self.units, self.choice.model
        unknown = sum(count_unknown(ids) for ids in units.encode_sources(parts.test.sources))
        left = len(self.data.pairs) - len(parts.train)
        left -= 0 if self.data.dev else len(parts.validation)
        left -= 0 if self.data.test else len(parts.test)
        lines = [
            f"{one_line(self.source)}: {len(self.data.pairs):,} pairs: {len(parts.train):,} to"
            f" train on, {len(parts.validation):,} to validate, {len(parts.test):,} to test",
            f"{units.source.size:,} different {self.choice.cuts[0]}s are read and"
            f" {units.target.size:,} {self.choice.cuts[1]}s written"
            f"{', of one set' if units.joint else ''}; {unknown:,} in the test are not known",
            f"{config.cell} with {config.hidden} features, {parameters_of(self.model):,}"
            f" parameters; {count(self.choice.train.epochs, 'epoch')}",
        ]
        lines[2:2] = self.begun
        if left:
            lines.insert(1, f"{left:,} pairs are too long to train on: --longest says how long")
        return lines

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        config = self.choice.model
        return {
            "source_unit": str(self.choice.cuts[0]),
            "target_unit": str(self.choice.cuts[1]),
            "cell": config.cell,
            "parameters": parameters_of(self.model),
        }

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        parts, config, units = self.parts, self.choice.model, self.units
        shared = "one set for both" if units.joint else "of each language its own"
        return (
            ("pairs", f"{len(self.data.pairs):,}"),
            ("to train on", f"{len(parts.train):,}"),
            ("to test", f"{len(parts.test):,}"),
            ("read by", f"{self.choice.cuts[0]}s, {units.source.size:,}"),
            ("written by", f"{self.choice.cuts[1]}s, {units.target.size:,}"),
            ("units", shared),
            ("cell", f"{config.cell}, {config.hidden} features"),
            ("layers", f"{config.layers} read, {config.layers + 1} write"),
            ("attention", str(config.attention)),
            *training_facts(result, self.model),
            ("beams", str(self.settings.beam)),
            ("seed", str(self.settings.seed)),
        )

    def record(self, data: DataReference) -> TranslateRun:
        """What `config.json` says of it."""
        return TranslateRun(
            segue=__version__,
            settings=self.settings,
            data=data,
            cuts=self.choice.cuts,
            model=self.choice.model,
            training=self.choice.train,
        )
