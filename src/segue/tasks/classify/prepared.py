"""Examples divided into parts, with the model to train or to score on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segue.data.folds import stratified_folds
from segue.data.vocabulary import Vocabulary, count_unknown
from segue.data.wording import one_line
from segue.tasks.classify.defaults import TrainSettings
from segue.tasks.classify.model import ClassifyModel
from segue.tasks.classify.record import ClassifyRun
from segue.tasks.classify.settings import ClassifySettings
from segue.tasks.examples.batches import learning, validating
from segue.tasks.examples.examples import Examples, Parts, inputs_of, labels_of
from segue.tasks.examples.objective import ClassifyObjective, balanced_weights
from segue.tasks.recipe import one_cycle, parameters_of, training_facts
from segue.tasks.record import DataReference
from segue.tasks.task import Facts, Fitting, together
from segue.training import FitResult
from segue.version import __version__


@dataclass(frozen=True)
class Given:
    """What was read.

    Attributes:
        examples: to learn from.
        test: those to score on, where they come from a file of their own.
        vectors: SHA-256 of the file of pretrained vectors; "" for none.
    """

    examples: Examples
    test: Examples | None
    vectors: str = ""

    def digest(self) -> str:
        """SHA-256 of all examples."""
        parts = [each.digest() for each in (self.examples, self.test) if each is not None]
        parts += [self.vectors] if self.vectors else []
        return together(parts)


@dataclass(frozen=True)
class Prepared:
    """Examples divided into parts, with the model to train or to score on them.

    `parts` hold the ids of tokens where the examples are texts. Where the members of the model
    validate each other, the examples to validate on are among those to train on.
    """

    source: str
    settings: ClassifySettings
    data: Given
    parts: Parts
    vocabulary: Vocabulary | None
    model: ClassifyModel
    training: TrainSettings
    begun: tuple[str, ...] = ()  # which words began with pretrained vectors

    @property
    def title(self) -> str:
        """Of the report."""
        return f"Classes of {self.parts.train.kind.plural} in {one_line(Path(self.source).name)}"

    def fitting(self) -> Fitting:
        """How the model is trained: one cycle of the learning rate over all steps."""
        how, settings, train = self.training, self.settings, self.parts.train
        inputs, labels = inputs_of(train), labels_of(train)
        folds = self._folds()
        batches = learning(
            inputs,
            labels,
            folds,
            seed=settings.seed,
            rows=how.batch_size,
            steps=how.batch_steps,
            passes=how.passes,
        )
        return one_cycle(how, settings, self._objective(), batches, self.model.parameters())

    def finish(self) -> None:
        """Set the temperature by what the weights were not fitted to."""
        objective = self._objective()
        self.model.eval()
        found = objective.temperature(objective.unseen(self.model))
        self.model.temperature.fill_(found)

    def artifact(self) -> dict[str, Any]:
        """The vocabulary, of texts."""
        return {} if self.vocabulary is None else {"vocabulary": self.vocabulary.state()}

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        parts, config = self.parts, self.model.config
        kind, classes = parts.train.kind, len(parts.train.classes)
        held = "each validated by a network that is kept from it" if self.training.folds else (
            f"{len(parts.validation):,} to validate"
        )  # fmt: skip
        lengths = inputs_of(parts.train).lengths
        lines = [
            f"{one_line(self.source)}: {len(self.data.examples):,} {kind.plural} of {classes}"
            f" classes: {len(parts.train):,} to train on, {held}, {len(parts.test):,} to test",
            f"{self._unit()}: {np.median(lengths):,.0f} in the middle, {lengths.max():,} at most",
        ]
        if self.vocabulary is not None:
            unknown = count_unknown(inputs_of(parts.test).values)
            lines.append(
                f"{self.vocabulary.size:,} different ones are known; {unknown:,} of"
                f" {len(inputs_of(parts.test).values):,} in the test are not"
            )
        lines += self.begun
        several = f"{config.members} networks of " if config.members > 1 else ""
        lines.append(
            f"{several}{config.cell} with {config.hidden} features"
            f"{' in each direction' if config.bidirectional else ''},"
            f" {parameters_of(self.model):,} parameters"
        )
        return lines

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        config = self.model.config
        return {
            "kind": str(self.parts.test.kind),
            "cell": config.cell,
            "members": config.members,
            "parameters": parameters_of(self.model),
        }

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        parts, config = self.parts, self.model.config
        return (
            ("examples", f"{len(self.data.examples):,} {parts.train.kind.plural}"),
            ("classes", f"{len(parts.train.classes):,}"),
            ("to train on", f"{len(parts.train):,}"),
            ("to test", f"{len(parts.test):,}"),
            ("cell", f"{config.cell}, {config.hidden} features"),
            ("networks", str(config.members)),
            *training_facts(result, self.model),
            ("layers", f"{config.layers}, {'both directions' if config.bidirectional else 'one'}"),
            ("pools", ", ".join(config.pools)),
            ("unit", self._unit()),
            ("seed", str(self.settings.seed)),
        )

    def record(self, data: DataReference) -> ClassifyRun:
        """What `config.json` says of it."""
        train = self.parts.train
        rows = np.bincount(labels_of(train), minlength=len(train.classes))
        return ClassifyRun(
            segue=__version__,
            settings=self.settings,
            data=data,
            kind=train.kind,
            classes=train.classes,
            frequencies=tuple(rows.tolist()),
            channels=train.channels,
            model=self.model.config,
            training=self.training,
        )

    def _unit(self) -> str:
        return "steps" if self.vocabulary is None else f"{self.vocabulary.settings.unit}s"

    def _folds(self) -> np.ndarray:
        """The member that must not learn from a training example, `[n]`; -1 for none."""
        labels, members = labels_of(self.parts.train), self.model.config.members
        if not self.training.folds:
            return np.full(len(labels), -1, np.int64)
        return stratified_folds(labels, members, self.settings.seed)

    def _objective(self) -> ClassifyObjective:
        own = self.parts.validation
        folds = np.full(len(own), -1, np.int64)
        if self.training.folds:
            own, folds = self.parts.train, self._folds()
        train = self.parts.train
        weights = balanced_weights(labels_of(train), len(train.classes))
        return ClassifyObjective(
            validating(inputs_of(own), labels_of(own), folds),
            weights=weights if self.settings.balanced else None,
            smoothing=self.training.smoothing,
        )
