"""`suggest`: a recogniser and a way to train it, chosen from the recordings alone."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import Field

from segue.data.audio.features import SHIFT
from segue.errors import OptionError
from segue.tasks.recipe import Epochs, Rate, Recipe, Rows
from segue.tasks.speech.losses import JOINT
from segue.tasks.transcribe.model import TranscribeConfig
from segue.tasks.transcribe.settings import TranscribeSettings

_LEAST = 600  # steps of a training
_CHUNK = 0.1  # seconds that a stream is heard at a time


class TrainSettings(Recipe):
    """How a `TranscribeModel` is trained.

    Attributes:
        learning_rate: of AdamW at its highest; it rises for a fifth of the training, then falls
            (L. Smith, N. Topin, "Super-convergence", 2018).
        weight_decay: of AdamW.
        batch_size: most recordings in a batch.
        batch_steps: most frames in a batch, padding included.
        passes: how often every recording comes in an epoch.
        epochs: how many.
        clip_norm: largest norm of a gradient.
        smoothing: share of the target that is spread over all units.
    """

    learning_rate: Rate = 3e-3
    batch_size: Rows = 16
    batch_steps: int = Field(default=40_000, ge=1)
    passes: int = Field(default=1, ge=1, le=10_000)
    epochs: Epochs = 30
    smoothing: float = Field(default=0.0, ge=0, lt=1)


class Suggestion(NamedTuple):
    """A model and how to train it."""

    model: TranscribeConfig
    train: TrainSettings


def suggest(
    settings: TranscribeSettings,
    *,
    features: int,
    units: int,
    recordings: int,
    frames: int,
    commands: bool,
) -> Suggestion:
    """Choose, with all that is asked for in its place.

    Args:
        settings: what is asked.
        features: values in a frame.
        units: K.
        recordings: to train on, those at other speeds among them.
        frames: of all of them.
        commands: whether each says one of a few names.
    """
    hours = frames * SHIFT / 3600
    hidden = 96 if commands or hours < 0.3 else 128 if hours < 2 else 160 if hours < 10 else 320
    rows = 16 if commands else 8 if recordings < 5_000 else 16 if recordings < 20_000 else 32
    heard = (
        4e6 if commands else 2e6 if hours < 0.3 else 6e6 if hours < 2 else 15e6
    )  # frames, in all epochs
    steps = _LEAST * rows / max(recordings, 1)
    enough = max(1, round(max(heard / max(frames, 1), steps)))
    epochs = min(max(enough, 8), 60)
    chosen: dict[str, Any] = {
        "cell": settings.cell,
        "hidden": settings.hidden or hidden,
        "layers": settings.layers or (3 if hours >= 10 else 2),
        "masks": 0 if commands or hours < 2 else 2,
        "dropout": _or(settings.dropout, 0.1 if hours >= 100 else 0.2),
        "transducer": settings.transducer,
    }
    if commands and settings.transducer:
        raise OptionError("--transducer is for texts; names are told apart without one")
    if settings.masks is not None:
        chosen["masks"] = settings.masks
    model = TranscribeConfig(
        features=features, units=units, stride=settings.stride, **chosen, **_hearing(settings)
    )
    train = TrainSettings(
        learning_rate=settings.learning_rate or 3e-3,
        weight_decay=_or(settings.weight_decay, 0.01),
        batch_size=settings.batch_size or rows,
        batch_steps=JOINT if settings.transducer else 40_000,
        epochs=settings.epochs or epochs,
        passes=max(1, min(20, round(enough / epochs))),
        smoothing=settings.label_smoothing,
    )
    return Suggestion(model, train)


def _hearing(settings: TranscribeSettings) -> dict[str, Any]:
    """In which direction, and how many steps at a time."""
    if not settings.live:
        return {"chunk": None, "ahead": True}
    seconds = _CHUNK if settings.latency is None else settings.latency / 1000
    chunk = max(1, int(seconds / (SHIFT * settings.stride) + 1e-9))
    return {"chunk": chunk, "ahead": settings.latency is not None}


def _or(asked: float | None, default: float) -> float:
    return default if asked is None else asked
