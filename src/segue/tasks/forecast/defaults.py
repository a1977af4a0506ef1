"""`suggest`: a model and a way to train it, chosen from the data alone.

The numbers come from experiments on 22 public tables (monthly, weekly, daily, half-hourly and
hourly, 26 to 60,000 training windows), judged on rows before their test parts. What they showed:

- Two of the shortest seasons are context enough; longer cycles come in through the calendar. A
  context of two weekly or yearly cycles of hourly or daily data is slower and no better.
- With fewer than a thousand windows a small network at a low learning rate is best, as most of
  the forecast is the linear path's; from there on hidden sizes of 64 to 256 are within 2%.
- Warm-up, cosine decay, weight decay, batch size and more dropout all stay within 2%, so there is
  no schedule and no weight decay.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.features import cycles
from segue.tasks.forecast.model import ModelConfig
from segue.tasks.forecast.paths import choose
from segue.tasks.forecast.rolling import few
from segue.tasks.forecast.windows import Cut, Shape, Table, Vocabulary
from segue.tasks.settings import Count

_CONTEXT = 96  # steps of context, where the data is at least eight times as long
_LONG = 512  # steps beyond which a longer horizon does not lengthen the context
_SEGMENT = 24  # steps of a segment, at most, while the context has few segments
_STEPS = 12  # segments of the context, at most
_DAYS = (24, 48)  # steps of a day, where nothing else says so
_LONGEST = 400  # steps of a second season, at most
_MEMORY = 128  # rows that smoothing looks back on, at least


class TrainSettings(BaseModel):
    """How a `ForecastModel` is trained: what the optimizer and the batches need.

    Attributes:
        learning_rate: of AdamW.
        weight_decay: of AdamW.
        batch_size: windows in a batch.
        batches: batches in an epoch.
        epochs: at most.
        patience: epochs without a lower validation loss after which training ends.
        clip_norm: largest norm of a gradient.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    learning_rate: float = Field(default=1e-3, gt=0, le=10)
    weight_decay: float = Field(default=0.0, ge=0, le=10)
    batch_size: int = Field(default=64, ge=1, le=1_000_000)
    batches: int = Field(default=50, ge=1, le=10_000_000)
    epochs: Count = Field(default=30)
    patience: Count = Field(default=6)
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
    season: int | None = None,
    positive: bool = False,
) -> Suggestion:
    """Choose what is not given by the size, the frequency and the horizon of the data.

    The context is two seasons and a step, two horizons or, in longer data, 96 steps, whichever is
    most; a horizon has three segments or more, of at most 24 steps; hidden size, learning rate and
    batches go by the number of training windows. Which seasons, and what else the linear path is
    made of, is tried on the validation rows.

    Args:
        panel: the data.
        horizon: H, steps to forecast.
        cuts: one for each series; only rows before `validation_end` are looked at.
        context: steps that the model sees.
        cell: a name of `segue.cells.by_name()`.
        hidden: features of the state.
        layers: recurrent layers.
        season: steps of a season; None goes by the frequency.
        positive: whether values are never negative; so it is, too, where all training rows are
            above 0.
    """
    rows = int(np.median([cut.train_end for cut in cuts]))
    longest = int(np.argmax([cut.train_end for cut in cuts]))
    time = panel.series[longest].time[: cuts[longest].train_end]
    words = vocabulary(panel, time)
    plain = ModelConfig(
        shape=_shape(rows, horizon, (), context),
        vocabulary=words,
        targets=len(panel.columns.targets),
        known=len(panel.columns.known),
        past=len(panel.columns.past),
        positive=positive or _above_zero(panel, cuts),
        cell=cell,
        hidden=hidden or 1,
        layers=layers or 1,
    )
    sets = _season_sets(panel.frequency.seasons, season, rows - horizon, context)
    candidates = [_with_path(plain, seasons, cuts, context) for seasons in sets]
    chosen = choose(candidates, Table(panel, words, horizon), cuts)
    reach = chosen.shape.context + horizon
    windows = sum(max(cut.train_end - reach, 1) for cut in cuts) * chosen.targets
    tier = next(tier for tier in _TIERS if windows <= tier.windows)
    return Suggestion(chosen.model_copy(update={"hidden": hidden or tier.hidden}), tier.train)


def _above_zero(panel: Panel, cuts: Sequence[Cut]) -> bool:
    parts = zip(panel.series, cuts, strict=True)
    return all(bool((series.target[: cut.train_end] > 0).all()) for series, cut in parts)


def _with_path(
    plain: ModelConfig, seasons: tuple[int, ...], cuts: Sequence[Cut], context: int | None
) -> ModelConfig:
    """A model whose path has these seasons, and smoothing with them."""
    horizon, rows = plain.shape.horizon, int(np.median([cut.train_end for cut in cuts]))
    shape = _shape(rows, horizon, seasons, context)
    held = tuple(s for s in seasons if s <= shape.context)
    memory = context or max(_MEMORY, 4 * max(held, default=1))
    origins = sum(max(cut.train_end - shape.context - horizon + 1, 1) for cut in cuts)
    return plain.model_copy(
        update={
            "shape": shape,
            "seasons": held,
            "smooth": held or (1,),
            "memory": memory,
            "refit": few(origins * plain.targets, min(rows, memory)),
        }
    )


def _season_sets(
    usual: Sequence[int], asked: int | None, rows: int, context: int | None
) -> list[tuple[int, ...]]:
    """Seasons to try for the path, the plainest first: one, and with a longer one that holds it.

    Of each the rows must hold two, and a context that was asked for must hold one.

    >>> _season_sets((24, 168, 8766), None, 1000, None)
    [(24,), (24, 168)]
    >>> _season_sets((24, 168, 8766), 12, 1000, 23)
    [(12,)]
    >>> _season_sets((1,), 24, 1000, None)
    [(24,), (24, 168)]
    >>> _season_sets((12,), None, 20, None)
    [()]
    """
    first = usual[0] if asked is None else asked
    known = (7 * asked,) if asked in _DAYS and max(usual) < 2 else usual  # a week of days
    longer = [s for s in known if first < s <= _LONGEST and s % first == 0]
    fits = [
        s
        for s in (first, *longer[:1])
        if s > 1 and 2 * s <= rows and (context is None or s <= context)
    ]
    return [tuple(fits[:n]) for n in range(1, len(fits) + 1)] or [()]


def _shape(rows: int, horizon: int, seasons: Sequence[int], context: int | None) -> Shape:
    if context is None:
        wanted = [min(2 * horizon, _LONG), min(_CONTEXT, rows // 8), *(2 * s + 1 for s in seasons)]
        context = max(1, min(max(wanted), max(rows - horizon, 0) * 2 // 3))
    segment = min(context, max(min(-(-horizon // 3), _SEGMENT), -(-context // _STEPS)))
    return Shape(context, horizon, segment)


class _Tier(NamedTuple):
    """What suits data of up to so many training windows."""

    windows: float
    hidden: int
    train: TrainSettings


_TIERS = (
    _Tier(
        1_000,
        32,
        TrainSettings(learning_rate=2e-4, batch_size=32, batches=40, epochs=40, patience=8),
    ),
    _Tier(10_000, 64, TrainSettings(batch_size=128, batches=50, epochs=30, patience=8)),
    _Tier(float("inf"), 128, TrainSettings(batch_size=512, batches=100, epochs=30, patience=6)),
)


def vocabulary(panel: Panel, time: np.ndarray) -> Vocabulary:
    """The names in a panel, and the cycles that its training times `[T]` cover."""
    statics: list[tuple[str, ...] | None] = []
    for column in range(len(panel.columns.static)):
        values = [series.static[column] for series in panel.series]
        words = sorted({value for value in values if isinstance(value, str)})
        statics.append(tuple(words) if words else None)
    return Vocabulary(tuple(s.id for s in panel.series), tuple(statics), cycles(time))
