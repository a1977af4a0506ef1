"""`suggest`: a simulator and a way to train it, chosen from the data alone."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field

from segue.tasks.identify.model import IdentifyConfig
from segue.tasks.identify.settings import IdentifySettings
from segue.tasks.recipe import Epochs, Rate, Recipe, Rows

_STEPS = 4000  # of the optimizer, in a training
_FEW, _SMALL_STEPS = 2000, 800  # samples up to which fewer do, and how many
_EPOCHS = 40


class TrainSettings(Recipe):
    """How an `IdentifyModel` is trained.

    Attributes:
        learning_rate: of AdamW at its highest; it rises, then falls to nearly 0.
        weight_decay: of AdamW.
        batch_size: stretches of the records that run side by side.
        chunk: steps that gradients go back.
        passes: how often all records come in an epoch.
        epochs: how many.
        clip_norm: largest norm of a gradient.
        washout: samples at the start of each record, and of each stretch, that count nothing.
    """

    learning_rate: Rate = 5e-3
    weight_decay: float = Field(default=0.0, ge=0, le=10)
    batch_size: Rows = 32
    chunk: int = Field(default=128, ge=1, le=10_000_000)
    passes: int = Field(default=1, ge=1, le=100_000)
    epochs: Epochs = _EPOCHS
    washout: int = Field(default=0, ge=0, le=1_000_000)


class Suggestion(NamedTuple):
    """A model and how to train it."""

    model: IdentifyConfig
    train: TrainSettings


def suggest(
    settings: IdentifySettings, *, inputs: int, outputs: int, order: int, samples: int, washout: int
) -> Suggestion:
    """Choose, with all that is asked for in its place.

    Args:
        settings: what is asked.
        inputs: U.
        outputs: Y.
        order: N of the linear system.
        samples: to train on.
        washout: samples at the start that count nothing.
    """
    model = IdentifyConfig(
        inputs=inputs,
        outputs=outputs,
        cell=settings.cell,
        hidden=settings.hidden or (16 if samples <= _FEW else 32 if samples < 10_000 else 40),
        layers=settings.layers or 1,
        order=order,
        encoder=settings.encoder,
        learned_start=settings.learned_start,
    )
    chunk = settings.chunk or min(128, max(samples // 8, 1))
    lead = settings.encoder + washout
    rows = settings.batch_size or max(1, min(32, samples // max(4 * chunk, 4 * lead, 1)))
    epochs = settings.epochs or _EPOCHS
    batches = max(1, samples // (rows * chunk))
    steps = _STEPS if samples > _FEW else _SMALL_STEPS
    train = TrainSettings(
        learning_rate=settings.learning_rate or 5e-3,
        weight_decay=settings.weight_decay or 0.0,
        batch_size=rows,
        chunk=chunk,
        passes=max(1, round(steps / (_EPOCHS * batches))),
        epochs=epochs,
        washout=washout,
    )
    return Suggestion(model, train)
