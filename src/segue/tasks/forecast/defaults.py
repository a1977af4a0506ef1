"""`suggest`: a model and a way to train it, chosen from the data alone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.features import cycles
from segue.tasks.forecast.model import ModelConfig
from segue.tasks.forecast.windows import Cut, Shape, Vocabulary


class TrainSettings(BaseModel):
    """How a `ForecastModel` is trained: what the optimizer and the batches need.

    Attributes:
        learning_rate: of AdamW, at its highest.
        weight_decay: of AdamW.
        batch_size: windows in a batch.
        batches: batches in an epoch.
        epochs: at most.
        patience: epochs without a lower validation loss after which training ends.
        clip_norm: largest norm of a gradient.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    batch_size: int = Field(default=64, ge=1)
    batches: int = Field(default=50, ge=1)
    epochs: int = Field(default=30, ge=1)
    patience: int = Field(default=6, ge=1)
    clip_norm: float = Field(default=1.0, gt=0)


class Suggestion(NamedTuple):
    """A model and how to train it."""

    model: ModelConfig
    train: TrainSettings


def suggest(
    panel: Panel,
    horizon: int,
    cuts: Sequence[Cut],
    *,
    context: int | None = None,
    cell: str = "gru",
    hidden: int | None = None,
    layers: int | None = None,
) -> Suggestion:
    """Choose what is not given by the size, the frequency and the horizon of the data.

    Args:
        panel: the data.
        horizon: H, steps to forecast.
        cuts: one for each series; only rows before `train_end` are looked at.
        context: steps that the model sees.
        cell: a name of `segue.cells.by_name()`.
        hidden: features of the state.
        layers: recurrent layers.
    """
    rows = int(np.median([cut.train_end for cut in cuts]))
    seasons = tuple(
        season for season in panel.frequency.seasons if season > 1 and 2 * season + horizon <= rows
    )
    if context is None:
        wanted = max([2 * horizon, *(2 * season + 1 for season in seasons)])
        context = max(1, min(wanted, (rows - horizon) * 2 // 3))
    seasons = tuple(season for season in seasons if season <= context)
    longest = int(np.argmax([cut.train_end for cut in cuts]))
    time = panel.series[longest].time[: cuts[longest].train_end]
    shape = Shape(context, horizon, max(1, min(horizon, context, 24)))
    windows = sum(max(cut.train_end - context - horizon, 1) for cut in cuts)
    windows *= len(panel.columns.targets)
    model = ModelConfig(
        shape=shape,
        vocabulary=vocabulary(panel, time),
        targets=len(panel.columns.targets),
        known=len(panel.columns.known),
        past=len(panel.columns.past),
        seasons=seasons,
        cell=cell,
        hidden=hidden or (64 if windows < 10_000 else 128),
        layers=layers or 1,
    )
    batch_size = 32 if windows < 2_000 else 256
    batches = int(np.clip(windows // batch_size, 20, 250))
    return Suggestion(model, TrainSettings(batch_size=batch_size, batches=batches))


def vocabulary(panel: Panel, time: np.ndarray) -> Vocabulary:
    """The names in a panel, and the cycles that its training times `[T]` cover."""
    columns = range(len(panel.columns.static))
    statics = []
    for column in columns:
        values = [series.static[column] for series in panel.series]
        words = sorted({value for value in values if isinstance(value, str)})
        statics.append(tuple(words) if words else None)
    return Vocabulary(tuple(s.id for s in panel.series), tuple(statics), cycles(time))
