"""`suggest`: a recommender and a way to train it, chosen from the size of the log alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pydantic import Field

from segue.tasks.recipe import Decay, Epochs, Rate, Recipe, Rows
from segue.tasks.recommend.model import RecommendConfig
from segue.tasks.recommend.settings import Loss, RecommendSettings

_WHOLE = 2_000  # items, up to which the loss looks at all
_READ = 4_000_000  # events that a training reads, about


class TrainSettings(Recipe):
    """How a `RecommendModel` is trained.

    Attributes:
        learning_rate: of AdamW at its highest; it rises for a tenth of the training, then falls
            (L. Smith, N. Topin, "Super-convergence", 2018).
        weight_decay: of AdamW.
        batch_size: sessions that are read side by side.
        context: events through which gradients go back.
        flatness: items are drawn by their counts to this power.
        epochs: how many.
        clip_norm: largest norm of a gradient.
    """

    learning_rate: Rate = 4e-3
    weight_decay: Decay = 0.01
    batch_size: Rows = 64
    context: int = Field(default=16, ge=1, le=100_000)
    flatness: float = Field(default=0.75, ge=0, le=1)
    epochs: Epochs = 10


class Suggestion(NamedTuple):
    """A model and how to train it."""

    model: RecommendConfig
    train: TrainSettings


def suggest(settings: RecommendSettings, items: int, events: int) -> Suggestion:
    """Choose, with all that is asked for in its place.

    Args:
        settings: what is asked.
        items: V.
        events: to train on.
    """
    size = 128 if events > 50_000 else 64
    batch = int(np.clip(2 ** round(np.log2(max(events, 1) / 3_000)), 4, 64))
    asked = {
        "embedding": settings.embedding or settings.hidden or size,
        "hidden": settings.hidden or size,
        "layers": settings.layers or 1,
        "dropout": 0.25 if settings.dropout is None else settings.dropout,
        "samples": settings.samples,
        "loss": settings.loss,
    }
    if settings.samples is None:
        asked["samples"] = 0 if items <= _WHOLE and settings.loss is Loss.SOFTMAX else 2048
    train = TrainSettings(
        learning_rate=settings.learning_rate or 4e-3,
        weight_decay=0.01 if settings.weight_decay is None else settings.weight_decay,
        batch_size=settings.batch_size or batch,
        context=settings.context or 16,
        flatness=settings.flatness,
        epochs=settings.epochs or int(np.clip(round(_READ / max(events, 1)), 1, 20)),
    )
    return Suggestion(
        RecommendConfig.model_validate({"items": items, "cell": settings.cell, **asked}), train
    )
