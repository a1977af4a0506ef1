"""A log divided into parts, with the model to train or to score on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.data.wording import count, one_line
from segue.tasks.recipe import one_cycle, parameters_of, training_facts
from segue.tasks.recommend.defaults import TrainSettings
from segue.tasks.recommend.model import RecommendModel
from segue.tasks.recommend.objective import RecommendObjective, reading
from segue.tasks.recommend.record import RecommendRun
from segue.tasks.recommend.settings import Loss, RecommendSettings
from segue.tasks.record import DataReference
from segue.tasks.sessions.division import Given, Parts
from segue.tasks.task import Facts, Fitting
from segue.training import FitResult, LazyAdamW
from segue.version import __version__


@dataclass(frozen=True)
class Prepared:
    """A log divided into parts, with the model to train or to score on them."""

    source: str
    settings: RecommendSettings
    data: Given
    parts: Parts
    model: RecommendModel
    training: TrainSettings

    @property
    def title(self) -> str:
        """Of the report."""
        return f"What comes next in {one_line(Path(self.source.split(', ')[0]).name)}"

    def fitting(self) -> Fitting:
        """How the model is trained: one cycle of the learning rate; only rows in use change."""
        how, settings = self.training, self.settings
        batches = reading(
            self.parts.train, rows=how.batch_size, steps=how.context, seed=settings.seed
        )
        objective = RecommendObjective(self.parts.validation, settings.k)
        return one_cycle(
            how,
            settings,
            objective,
            batches,
            self.model.parameters(),
            rising=0.1,
            betas=(0.9, 0.999),
            method=LazyAdamW,
        )

    def finish(self) -> None:
        """Nothing follows."""

    def artifact(self) -> dict[str, Any]:
        """The items, and how often each was taken."""
        return {"vocabulary": self.parts.items.state(), "counts": self.parts.counts}

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        log, parts, config = self.data.log, self.parts, self.model.config
        settings = self.settings
        rules = f"items with {count(settings.item_support, 'event')} or more in the training"
        rules += ", sessions of two events or more"
        rules += ", an event that repeats the one before left out" if settings.drop_repeats else ""
        return [
            f"{one_line(self.source)}: {len(log.sessions.values):,} events in"
            f" {len(log.sessions):,} sessions, {len(log.names):,} items",
            *parts.told,
            f"kept: {rules}: {config.items - 2:,} items",
            f"{len(parts.train.values):,} events in {len(parts.train):,} sessions to train on,"
            f" {len(parts.validation):,} to validate, {len(parts.test):,} to test in"
            f" {len(parts.test.sessions):,} sessions",
            f"{count(config.layers, 'layer')} of {config.cell} with {config.hidden} features,"
            f" {parameters_of(self.model):,} parameters, {self._loss},"
            f" {count(self.training.epochs, 'epoch')}",
        ]

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        return {
            "items": self.model.config.items - 2,
            "cell": self.model.config.cell,
            "parameters": parameters_of(self.model),
        }

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        parts, config, how = self.parts, self.model.config, self.training
        return (
            ("items", f"{config.items - 2:,}"),
            ("to train on", f"{len(parts.train):,} sessions"),
            ("to test", f"{len(parts.test.sessions):,} sessions"),
            ("cell", f"{config.cell}, {config.hidden} features"),
            ("layers", str(config.layers)),
            *training_facts(result, self.model),
            ("embedding", f"{config.embedding}, shared with the output"),
            ("loss", self._loss),
            ("gradients", f"go back {how.context} events, in {how.batch_size} sessions"),
            ("seed", str(self.settings.seed)),
        )

    def record(self, data: DataReference) -> RecommendRun:
        """What `config.json` says of it."""
        return RecommendRun(
            segue=__version__,
            settings=self.settings,
            data=data,
            model=self.model.config,
            training=self.training,
        )

    @property
    def _loss(self) -> str:
        """What the training lowers, in words."""
        config = self.model.config
        whole = "all items" if config.loss is Loss.SOFTMAX else "the items of the batch"
        over = f"{config.samples:,} drawn items" if config.samples else whole
        return f"{config.loss} over {over}"
