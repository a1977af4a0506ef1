"""`suggest`: a classifier and a way to train it, chosen from the examples alone."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from segue.tasks.classify.model import ClassifyConfig
from segue.tasks.classify.settings import Pool
from segue.tasks.recipe import Epochs, Rate, Recipe, Rows

_MEMBERS = 5  # networks of an ensemble
_FEW_TOKENS = 500_000  # texts of so many tokens take an ensemble, if they are short
_SHORT = 128
_OFTEN = 100  # times that a token occurs on average, of which there are few kinds: letters
_MOST_TOKENS = 30_000_000  # that a training reads for the sake of enough steps
_FEW_ROWS = 5_000  # other examples
_FRAMES = 16  # frames that a series is cut into, about
_HOP = 16  # steps from one frame to the next, at most, while the frames stay below
_MOST_FRAMES = 512


class TrainSettings(Recipe):
    """How a `ClassifyModel` is trained.

    Attributes:
        learning_rate: of AdamW at its highest; it rises for a fifth of the training, then falls
            (L. Smith, N. Topin, "Super-convergence", 2018).
        weight_decay: of AdamW.
        batch_size: most examples in a batch.
        batch_steps: most steps in a batch, padding included.
        passes: how often every example comes in an epoch.
        epochs: how many.
        clip_norm: largest norm of a gradient.
        smoothing: share of the target that is spread over all classes.
        folds: whether every member is kept from a part of the examples of its own, which it is
            validated on; else examples of their own are for validation.
    """

    learning_rate: Rate = 3e-3
    batch_size: Rows = 64
    batch_steps: int | None = Field(default=None, ge=1)
    passes: int = Field(default=1, ge=1, le=10_000)
    epochs: Epochs = 8
    smoothing: float = Field(default=0.1, ge=0, lt=1)
    folds: bool = False


class Suggestion(NamedTuple):
    """A model and how to train it."""

    model: ClassifyConfig
    train: TrainSettings


def suggest_text(lengths: NDArray[np.int64], classes: int, vocabulary: int) -> Suggestion:
    """Choose for texts.

    Args:
        lengths: tokens of each text to train on.
        classes: K.
        vocabulary: tokens that are told apart.
    """
    tokens = int(lengths.sum())
    few = tokens <= _FEW_TOKENS and float(lengths.mean()) <= _SHORT
    letters = few and tokens > _OFTEN * vocabulary
    model = ClassifyConfig(
        classes=classes,
        vocabulary=vocabulary,
        embedding=128,
        hidden=128 if letters else 64,
        pools=(Pool.attention, Pool.max) if few else (Pool.mean, Pool.max),
        dropout=0.35 if letters else 0.5,
        word_dropout=0.0 if few else 0.1,
        members=_MEMBERS if few else 1,
    )
    if few:
        rows = len(lengths)
        return Suggestion(model, _small(rows, 400, learning_rate=4e-3, passes=12 if letters else 4))
    return Suggestion(model, _large(len(lengths), size=64, epochs=3, most=_MOST_TOKENS // tokens))


def suggest_numbers(
    lengths: NDArray[np.int64], classes: int, channels: int, *, missing: bool = False
) -> Suggestion:
    """Choose for series, vectors and images.

    Args:
        lengths: steps of each example to train on.
        classes: K.
        channels: C, numbers at each step.
        missing: whether some are missing.
    """
    few = len(lengths) <= _FEW_ROWS
    length = float(np.median(lengths))
    hop = max(1, min(round(length / _FRAMES), _HOP), round(length / _MOST_FRAMES))
    model = ClassifyConfig(
        classes=classes,
        channels=channels,
        missing=missing,
        embedding=32 if few else 128,
        hidden=32 if few else 128,
        frame=min(2 * hop, int(lengths.max())),
        hop=hop,
        dropout=0.2,
        noise=0.2 if few else 0.0,
        members=_MEMBERS if few else 1,
    )
    if few:
        return Suggestion(model, _small(len(lengths), 400, learning_rate=3e-3, passes=4))
    return Suggestion(model, _large(len(lengths), size=128, epochs=6, most=20))


def _small(rows: int, steps: int, *, learning_rate: float, passes: int) -> TrainSettings:
    """An ensemble's training: so many steps, or passes where they are more; in some 8 epochs."""
    size = 64 if rows > 1_000 else 32
    batches = -(-rows // size)
    together = max(1, round(steps / 8 / batches))
    return TrainSettings(
        learning_rate=learning_rate,
        batch_size=size,
        passes=together,
        epochs=max(-(-passes // together), round(steps / (together * batches))),
        folds=True,
    )


def _large(rows: int, *, size: int, epochs: int, most: int) -> TrainSettings:
    """One network's training: so many epochs; `most` or fewer where these are under 600 steps."""
    enough = -(-600 // -(-rows // size))
    return TrainSettings(learning_rate=3e-3, batch_size=size, epochs=max(epochs, min(enough, most)))
