"""How pairs are divided, what texts are read by, and what is trained: asked for or chosen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pydantic import Field

from segue.data.bilingual import Units, learn
from segue.data.pairs import Pairs
from segue.data.unit import Cut
from segue.tasks.recipe import Epochs, Rate, Recipe, Rows
from segue.tasks.translate.model import TranslateConfig
from segue.tasks.translate.settings import TranslateSettings

_READ = 8_000_000  # units of targets that a training reads, about
_LEAST_STEPS, _MOST_EPOCHS = 2_000, 40
_LARGE = 3_000_000  # units of targets, from where on the model is larger


class TrainSettings(Recipe):
    """How a `EncoderDecoder` is trained.

    Attributes:
        learning_rate: of AdamW at its highest; it rises for a tenth of the training, then falls
            to nearly 0, which does what averaging the latest weights would.
        weight_decay: of AdamW.
        batch_size: most pairs in a batch.
        batch_steps: most units in a batch, padding included.
        passes: how often every pair comes in an epoch.
        epochs: how many.
        clip_norm: largest norm of a gradient.
        smoothing: share of the target that is spread over all units.
        sampling: share of inputs that are the model's own at the end.
    """

    learning_rate: Rate = 2e-3
    batch_size: Rows = 64
    batch_steps: int = Field(default=8_192, ge=1, le=100_000_000)
    passes: int = Field(default=1, ge=1, le=10_000)
    epochs: Epochs = 20
    smoothing: float = Field(default=0.1, ge=0, lt=1)
    sampling: float = Field(default=0.0, ge=0, le=1)


class Choice(NamedTuple):
    """What the texts are read by, the model, and how it is trained."""

    cuts: tuple[Cut, Cut]
    model: TranslateConfig
    train: TrainSettings


def cuts_of(pairs: Pairs, settings: TranslateSettings) -> tuple[Cut, Cut]:
    """What both languages are read by.

    A source of one word is read by its letters; its translation too, or by tokens where it has
    several, as a pronunciation. Sentences are read by pieces of words.
    """
    targets = pairs.targets or ()
    words = np.median([len(text.split()) for text in pairs.sources])
    made = np.median([len(text.split()) for text in targets])
    source = settings.source_unit or (Cut.char if words <= 1 else Cut.piece)
    alone = Cut.char if made <= 1 else Cut.token if source is Cut.char else Cut.piece
    return source, settings.target_unit or alone


def learn_units(pairs: Pairs, cuts: tuple[Cut, Cut], settings: TranslateSettings) -> Units:
    """Learn the units of pairs to train on; the more text, the more pieces."""
    size = settings.vocabulary
    if size is None and Cut.piece in cuts:
        letters = sum(map(len, pairs.targets or ()))
        size = int(np.clip(200 * round(letters**0.5 / 50), 400, 16_000))
        if settings.joint:
            size = round(1.5 * size)
    return learn(
        pairs.sources,
        pairs.targets or (),
        cuts,
        joint=settings.joint,
        unigram=settings.unigram,
        lower=settings.lower,
        size=size,
    )


def suggest(
    cuts: tuple[Cut, Cut], units: Units, lengths: np.ndarray, settings: TranslateSettings
) -> Choice:
    """A model and how to train it, from the targets' lengths in units, with what is asked for."""
    read, pairs = int(lengths.sum()), len(lengths)
    large = read > _LARGE
    hidden = settings.hidden or (512 if large else 256 if read > 200_000 else 128)
    size = settings.batch_size or (128 if large or float(np.median(lengths)) < 12 else 64)
    size = size if settings.batch_size else min(size, max(16, pairs // 50))
    steps = -(-pairs // size)
    epochs = int(np.clip(round(_READ / read), 4, _MOST_EPOCHS))
    passes = max(1, round(_LEAST_STEPS / (steps * epochs)))
    model = TranslateConfig(
        sources=units.source.size,
        targets=units.target.size,
        shared=units.joint and not settings.untied,
        tied=not settings.untied,
        embedding=settings.embedding or min(hidden, 256),
        cell=settings.cell,
        hidden=hidden,
        layers=settings.layers or 1,
        attention=settings.attention,
        input_feeding=settings.input_feeding,
        dropout=(0.2 if large else 0.3) if settings.dropout is None else settings.dropout,
    )
    train = TrainSettings(
        learning_rate=settings.learning_rate or (1e-3 if large else 2e-3),
        weight_decay=settings.weight_decay,
        batch_size=size,
        passes=passes,
        epochs=settings.epochs or epochs,
        smoothing=settings.label_smoothing,
        sampling=settings.scheduled_sampling,
    )
    return Choice(cuts, model, train)
