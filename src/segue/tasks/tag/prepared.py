"""Sentences divided into parts, with the model to train or to score on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segue.data.lexicon import Lexicon
from segue.data.repeated import Repeated
from segue.data.scheme import Scheme
from segue.data.spans import convert
from segue.data.wording import count, one_line
from segue.tasks.recipe import one_cycle, parameters_of, training_facts
from segue.tasks.record import DataReference
from segue.tasks.sentences.baselines import Usual
from segue.tasks.sentences.corpus import Corpus, Given, Parts
from segue.tasks.sentences.scores import figures
from segue.tasks.tag.batches import Numbered, number
from segue.tasks.tag.defaults import TrainSettings
from segue.tasks.tag.model import TagModel
from segue.tasks.tag.objective import TagObjective
from segue.tasks.tag.record import TagRun
from segue.tasks.tag.settings import TagSettings
from segue.tasks.task import Facts, Fitting
from segue.training import FitResult
from segue.version import __version__


@dataclass(frozen=True)
class Prepared:
    """Sentences divided into parts, with the model to train or to score on them."""

    source: str
    settings: TagSettings
    data: Given
    parts: Parts
    lexicon: Lexicon
    usual: Usual
    model: TagModel
    training: TrainSettings

    @property
    def title(self) -> str:
        """Of the report."""
        return f"Tags of words in {one_line(Path(self.source).name)}"

    def numbered(self, part: Corpus) -> Numbered:
        """Sentences as the model reads them."""
        config = self.model.config
        labels = None if part.labels is None else (part.labels, config.labels)
        return number(self.lexicon, part.tokens, (inner(part, config.spans), config.tags), labels)

    def names(self, tags: Sequence[np.ndarray]) -> list[list[str]]:
        """The numbers of tags as the tags of the file's scheme."""
        return outer(tags, self.model.config.tags, self.data.scheme)

    def fitting(self) -> Fitting:
        """How the model is trained: one cycle of the learning rate over all steps."""
        how, settings = self.training, self.settings
        rows = self.numbered(self.parts.train)
        batches = Repeated(
            rows.learning(seed=settings.seed, rows=how.batch_size, steps=how.batch_steps),
            how.passes,
        )
        tables = {id(self.model.embed.weight), id(self.model.spelling.embed.weight)}
        weights = [w for w in self.model.parameters() if w.requires_grad]
        groups: list[dict[str, Any]] = [
            {"params": [w for w in weights if id(w) not in tables]},
            {"params": [w for w in weights if id(w) in tables], "weight_decay": 0.0},
        ]
        return one_cycle(how, settings, self._objective(), batches, groups)

    def finish(self) -> None:
        """Set the temperatures by what the weights were not fitted to."""
        self.model.eval()
        _, tags, label = self._objective().temperatures(self.model)
        self.model.crf.temperature.fill_(tags)
        self.model.temperature.fill_(label)

    def artifact(self) -> dict[str, Any]:
        """What is known of words."""
        return {"lexicon": self.lexicon.state(), "usual": self.usual.state()}

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        parts, config = self.parts, self.model.config
        kinds = len({tag.partition("-")[2] for tag in config.tags} - {""})
        tags = count(len(config.tags), "tag")
        if config.spans:
            tags = f"spans of {count(kinds, 'type')} ({self.data.scheme.upper()})"
        labels = f", {count(len(config.labels), 'label')} of sentences" if config.labels else ""
        have = f", {config.vectors:,} words have vectors" if config.vectors else ""
        new = sum(word not in self.usual.tags for one in parts.test.tokens for word in one)
        return [
            f"{one_line(self.source)}: {len(parts.train):,} sentences to train on,"
            f" {len(parts.dev):,} to validate, {len(parts.test):,} to test; {tags}{labels}",
            f"{config.vocabulary:,} words and {config.characters:,} letters are known{have};"
            f" {new:,} of {parts.test.size:,} tokens in the test are new words",
            f"{config.cell} with {config.hidden} features in each direction,"
            f" {parameters_of(self.model):,} parameters",
        ]

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        return {
            "scheme": str(self.data.scheme),
            "cell": self.model.config.cell,
            "parameters": parameters_of(self.model),
        }

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        parts, config = self.parts, self.model.config
        return (
            ("to train on", f"{len(parts.train):,} sentences"),
            ("to test", f"{len(parts.test):,} sentences"),
            ("tokens to test", f"{parts.test.size:,}"),
            ("tags", f"{len(config.tags):,}"),
            ("scheme", self.data.scheme.upper() if config.spans else "no spans"),
            ("cell", f"{config.cell}, {config.hidden} features in each direction"),
            *training_facts(result, self.model),
            ("layers", str(config.layers)),
            ("known words", f"{config.vocabulary:,}"),
            ("seed", str(self.settings.seed)),
        )

    def record(self, data: DataReference) -> TagRun:
        """What `config.json` says of it."""
        return TagRun(
            segue=__version__,
            settings=self.settings,
            data=data,
            scheme=self.data.scheme,
            model=self.model.config,
            training=self.training,
        )

    def _objective(self) -> TagObjective:
        dev = self.parts.dev

        def measure(tags: list[np.ndarray]) -> Mapping[str, float]:
            return figures(dev, self.names(tags), self.data.scheme)

        return TagObjective(self.numbered(dev), measure)


def inner(part: Corpus, spans: bool) -> list[list[str]]:
    """The tags of sentences as the model has them: spans in IOBES."""
    return [convert(one, Scheme.IOBES) if spans else list(one) for one in part.tags]


def outer(tags: Sequence[np.ndarray], names: Sequence[str], scheme: Scheme) -> list[list[str]]:
    """The numbers of tags as the tags of a scheme."""
    said = [[names[place] for place in one.tolist()] for one in tags]
    return said if scheme is Scheme.PLAIN else [convert(one, scheme) for one in said]
