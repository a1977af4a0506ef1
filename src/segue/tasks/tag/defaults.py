"""`suggest`: a tagger and a way to train it, chosen from the sentences alone."""

from typing import Any, NamedTuple

from pydantic import Field

from segue.tasks.recipe import Epochs, Rate, Recipe, Rows
from segue.tasks.tag.model import TagConfig


class TrainSettings(Recipe):
    """How a `TagModel` is trained.

    Attributes:
        learning_rate: of AdamW at its highest; it rises for a fifth of the training, then falls
            (L. Smith, N. Topin, "Super-convergence", 2018).
        weight_decay: of AdamW, for all weights but embeddings.
        batch_size: most sentences in a batch.
        batch_steps: most tokens in a batch, padding included.
        passes: how often every sentence comes in an epoch.
        epochs: how many.
        clip_norm: largest norm of a gradient.
    """

    learning_rate: Rate = 4e-3
    batch_size: Rows = 32
    batch_steps: int | None = Field(default=None, ge=1)
    passes: int = Field(default=1, ge=1, le=10_000)
    epochs: Epochs = 12


class Suggestion(NamedTuple):
    """A model and how to train it."""

    model: TagConfig
    train: TrainSettings


def suggest(
    found: dict[str, Any], asked: dict[str, Any], training: dict[str, Any], *, sentences: int
) -> Suggestion:
    """Choose for sentences.

    Args:
        found: what the data say of the model: tags, labels, words, letters.
        asked: of the model, by name.
        training: what is asked of the training, by name.
        sentences: to train on.
    """
    batch_size = 32 if sentences > 2_000 else 16 if sentences > 200 else 8
    enough = -(-1_000 * batch_size // max(sentences, 1))  # epochs of a thousand steps
    epochs = min(max(12, enough), 60)
    passes = max(1, min(20, round(enough / epochs)))
    train = TrainSettings(batch_size=batch_size, epochs=epochs, passes=passes)
    return Suggestion(
        TagConfig.model_validate({**found, **asked}),
        TrainSettings.model_validate({**train.model_dump(), **training}),
    )
