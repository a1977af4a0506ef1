"""`suggest`: a language model and a way to train it, chosen from the size of the text alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pydantic import Field

from segue.tasks.generate.settings import GenerateSettings, Unit
from segue.tasks.language.model import LanguageConfig, Output
from segue.tasks.recipe import Epochs, Rate, Recipe, Rows

_SPELLED = (Unit.char, Unit.byte, Unit.midi)
_READ = 12_000_000  # tokens that a training reads, about


class TrainSettings(Recipe):
    """How a `LanguageModel` is trained.

    Attributes:
        learning_rate: of AdamW at its highest; it rises for a tenth of the training, then falls
            (L. Smith, N. Topin, "Super-convergence", 2018).
        weight_decay: of AdamW.
        batch_size: stretches of the text that are read side by side.
        context: steps through which gradients go back.
        epochs: how many.
        clip_norm: largest norm of a gradient.
    """

    learning_rate: Rate = 4e-3
    batch_size: Rows = 32
    context: int = Field(default=64, ge=1, le=100_000)
    epochs: Epochs = 8


class Suggestion(NamedTuple):
    """A model and how to train it."""

    model: LanguageConfig
    train: TrainSettings


def suggest(
    settings: GenerateSettings, vocabulary: int, labels: int, fresh: int | None, tokens: int
) -> Suggestion:
    """Choose, with all that is asked for in its place.

    Args:
        settings: what is asked.
        vocabulary: V.
        labels: how many of them are.
        fresh: the unit at which the state begins anew, if there is one.
        tokens: of the text to train on.
    """
    spelled = settings.unit in _SPELLED
    if spelled:
        hidden = 512 if tokens > 500_000 else 256 if tokens > 50_000 else 128
        embedding = min(hidden, 64)
    else:
        hidden = 512 if tokens > 5_000_000 else 256 if tokens > 50_000 else 128
        embedding = settings.hidden or hidden
    music = settings.unit is Unit.midi
    stretch = 32_000 if music else 8_000  # few pieces are learned better in many small steps
    few = 2 ** round(np.log2(max(tokens, 1) / stretch))
    dropout = 0.5 if not spelled else 0.1 if music or tokens >= 5_000_000 else 0.3
    model = LanguageConfig(
        vocabulary=vocabulary,
        embedding=settings.embedding or embedding,
        cell=settings.cell,
        hidden=settings.hidden or hidden,
        layers=settings.layers or 1,
        tied=not (spelled or settings.untied or settings.adaptive),
        output=_output(settings),
        samples=settings.sampled or 1024,
        labels=labels,
        fresh=fresh,
        dropout=_or(settings.dropout, dropout),
    )
    train = TrainSettings(
        learning_rate=settings.learning_rate or 4e-3,
        weight_decay=_or(settings.weight_decay, 0.01 if spelled else 0.05),
        batch_size=settings.batch_size or int(np.clip(few, 8, 32)),
        context=settings.context or (64 if spelled else 35),
        epochs=settings.epochs or int(np.clip(round(_READ / max(tokens, 1)), 1, 40)),
    )
    return Suggestion(model, train)


def _output(settings: GenerateSettings) -> Output:
    if settings.adaptive:
        return Output.adaptive
    return Output.full if settings.sampled is None else Output.sampled


def _or(asked: float | None, default: float) -> float:
    return default if asked is None else asked
