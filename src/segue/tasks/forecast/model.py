"""The forecast model: recurrence over segments, all steps of the horizon at once, as quantiles.

S. Lin et al., "SegRNN: segment recurrent neural network for long-term time series forecasting",
arXiv:2308.11200 (2023): the context is cut into segments of w steps, each one step of a recurrent
network; then every segment of the horizon is decoded from the last state in parallel, each by one
step whose input says only which segment, and of which channel, it is. Here any cell of
`segue.cells.by_name()` serves, covariates and the calendar join the inputs, and the head gives
quantiles (R. Wen et al., "A multi-horizon quantile recurrent forecaster", arXiv:1711.11053, 2017).
With segments of one step it is the plain recurrence.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from segue.cells import by_name
from segue.data.splits import Part
from segue.nn import Recurrent, Standardise
from segue.tasks.bounds import CellName, check_size
from segue.tasks.forecast.highway import Examples, Highway
from segue.tasks.forecast.outcome import Forecast, Unit
from segue.tasks.forecast.rolling import smoothing
from segue.tasks.forecast.windows import (
    LONGEST,
    Cut,
    Rows,
    Shape,
    Steps,
    Table,
    Vocabulary,
    WindowBatch,
    Windows,
)

_LATER = ("least", "highway.own", "highway.width")  # buffers that the first version had not
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_FIT_WINDOWS = 4096  # windows that the linear path is fitted to, or so many of each channel:
_FIT_EACH = 48
_FIT_NUMBERS = 1 << 24  # the most numbers of its inputs, times the horizon
_COLUMNS = 100_000
Seasons = Annotated[tuple[Steps, ...], Field(max_length=16)]


class ModelConfig(BaseModel):
    """Everything that a `ForecastModel` is built from.

    Attributes:
        shape: context, horizon and segment, in steps.
        vocabulary: series ids, categories and calendar cycles that the model knows.
        targets: target columns J.
        known: covariates K whose future is known.
        past: covariates P known only in the past.
        seasons: season lengths of the linear path, in steps, each within the context.
        smooth: season lengths, 1 for none, of the forecasts by smoothing that it averages.
        memory: rows that these look back on.
        refit: whether their parameters are found at every origin, not once for each channel.
        log: whether all is measured in logarithms.
        shrink: how strongly the path of each channel is drawn to that of all; None is wholly.
        positive: whether quantiles below 0 are 0.
        cell: a name of `segue.cells.by_name()`.
        hidden: features H of the state.
        layers: recurrent layers.
        dropout: share of features dropped between layers and before the head, in training.
        levels: the quantiles' levels, rising and symmetric around 0.5, which is among them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shape: Shape
    vocabulary: Vocabulary
    targets: int = Field(default=1, ge=1, le=_COLUMNS)
    known: int = Field(default=0, ge=0, le=_COLUMNS)
    past: int = Field(default=0, ge=0, le=_COLUMNS)
    seasons: Seasons = ()
    smooth: Seasons = ()
    memory: int = Field(default=1, ge=1, le=LONGEST)
    refit: bool = False
    log: bool = False
    shrink: float | None = Field(default=None, gt=0)
    positive: bool = False
    cell: CellName = "gru"
    hidden: int = Field(default=128, ge=1, le=8192)
    layers: int = Field(default=1, ge=1, le=64)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    levels: Annotated[tuple[float, ...], Field(max_length=1000)] = LEVELS

    @property
    def forecasts(self) -> int:
        """How many forecasts by smoothing the path averages: Theta, and STL + ETS by season."""
        return len(self.smooth) + bool(self.smooth)

    @property
    def rows(self) -> int:
        """The most rows before an origin that a forecast depends on."""
        return max(self.shape.context, self.memory if self.smooth else 1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        rising = all(a < b for a, b in pairwise(self.levels))
        even = all(
            abs(a + b - 1) < 1e-9 for a, b in zip(self.levels, self.levels[::-1], strict=True)
        )
        if not (rising and even and 0.5 in self.levels and self.levels[0] > 0):
            raise ValueError("levels must rise from above 0, lie evenly around 0.5, and hold it")
        if any(not 2 <= season <= self.shape.context for season in self.seasons):
            raise ValueError(f"seasons {self.seasons} must be 2 to the context's steps")
        check_size(self._weights())
        return self

    def _weights(self) -> int:
        """How many numbers a model has at least, its buffers counted."""
        w, m = self.shape.segment, self.shape.segments[1]
        channels = len(self.vocabulary.series) * self.targets
        read = w * (1 + 2 * self.known + self.past) + self.layers * self.hidden
        named = channels + sum(len(names) for names in self.vocabulary.statics if names is not None)
        said = w * len(self.levels)
        inputs = 1 + 2 * len(self.seasons) + self.forecasts
        own = 0 if self.shrink is None else channels + 1
        return self.hidden * (read + named + m + said) + m * (said + (1 + own) * inputs)


class ForecastModel(nn.Module):
    """Quantiles of the next H steps of each channel.

    Each window is measured from its last value, in standard deviations of its channel's training
    rows. Statistics of the training rows (`prepare`) are buffers, saved with the weights. A series
    or category that training did not have is embedded as the mean of those that it had, and a new
    series is scaled by its own context.

    Example:
        >>> shape = Shape(context=48, horizon=24, segment=12)
        >>> config = ModelConfig(shape=shape, vocabulary=Vocabulary(("a",), (), ()), hidden=16)
        >>> sum(p.numel() for p in ForecastModel(config).parameters())
        3486
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        w, hidden, words = config.shape.segment, config.hidden, config.vocabulary
        m = config.shape.segments[1]
        sizes = [len(names) for names in words.statics if names is not None]
        numbers = len(words.statics) - len(sizes)
        dates = sum(cycle.features for cycle in words.cycles)
        channels = len(words.series) * config.targets
        self.embed = nn.Linear(w * (1 + config.known + config.past) + dates, hidden)
        self.layers = nn.ModuleList(
            Recurrent(by_name()[config.cell], hidden, hidden) for _ in range(config.layers)
        )
        self.position = nn.Parameter(torch.randn(m, 1, hidden))
        self.channel = nn.Embedding(channels, hidden)
        self.ahead = _linear(w * config.known + dates, hidden)
        self.numbers = _linear(numbers, hidden)
        self.categories = nn.ParameterList(torch.randn(size, hidden) for size in sizes)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(hidden, w * len(config.levels))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.highway = Highway(
            config.shape.context,
            m,
            w,
            config.seasons,
            config.levels,
            smooth=config.forecasts,
            channels=channels,
            shrink=config.shrink,
        )
        self.known_scale = Standardise(config.known)
        self.past_scale = Standardise(config.past)
        self.number_scale = Standardise(numbers)
        self.channel_scale: Tensor
        self.register_buffer("channel_scale", torch.ones(channels, dtype=torch.float64))
        self.least: Tensor  # the least value of training, where logarithms are taken
        self.register_buffer("least", torch.ones((), dtype=torch.float64))
        self.margin: Tensor  # [H, Q], added to the quantiles; 0 until calibrated
        margin = torch.zeros(config.shape.horizon, len(config.levels))
        self.register_buffer("margin", margin)

    def prepare(self, table: Table, cuts: Sequence[Cut]) -> Table:
        """Take the statistics of the training rows, and fit the linear path to their windows.

        Args:
            table: the panel, made with this model's vocabulary.
            cuts: one for each of its series.

        Returns:
            The table as the model needs it, with forecasts by smoothing.
        """
        ends = [cut.train_end for cut in cuts]
        self.measure(table, ends)
        table = self.smoothed(table, ends)
        self.fit_path(Windows.of_part(table, self.config.shape, cuts, Part.TRAIN))
        return table

    def fit_path(self, windows: Windows) -> None:
        """Fit the linear path to windows of the training."""
        self.highway.fit(self.examples(windows, _FIT_EACH))

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Take weights; those of the first version, which had fewer buffers, are completed."""
        state = dict(state_dict)
        if "margin" in state and state["margin"].dim() == 1:
            state["margin"] = state["margin"].expand_as(self.margin)
            own = self.state_dict()
            state = {name: own[name] for name in _LATER} | state
        return super().load_state_dict(state, strict, assign)

    def measure(self, table: Table, ends: Sequence[int]) -> None:
        """Take the statistics of the rows before `ends`, one for each series."""
        rows = _rows_before(table, ends)
        if self.config.log:
            self.least.fill_(float(table.target[rows].min()))
        for number, end in enumerate(ends):
            first = (int(table.series[number]) - 1) * self.config.targets
            values = table.target[table.start[number] :][:end]
            values = np.log(values) if self.config.log else values
            for column in range(self.config.targets):
                self.channel_scale[first + column] = _spread(values[:, column])
        self.known_scale.fit(table.known[rows])
        self.past_scale.fit(table.past[rows])
        self.number_scale.fit(table.numbers)

    def smoothed(self, table: Table, ends: Sequence[int]) -> Table:
        """A table with the forecasts by smoothing, their parameters from rows before `ends`."""
        config = self.config
        if not config.smooth:
            return table
        rolling = smoothing(
            table.target,
            table.start,
            config.shape.horizon,
            config.smooth,
            memory=config.memory,
            refit=config.refit,
            log=config.log,
            least=float(self.least),
        )
        series = np.repeat(np.arange(len(ends)), config.targets)
        column = np.tile(np.arange(config.targets), len(ends))
        rolling.fit(series, column, np.repeat(np.maximum(ends, 1), config.targets))
        return table.smoothed(rolling)

    def examples(self, windows: Windows, each: int) -> Examples:
        """Windows for the linear path: some thousands, or `each` of every channel if that is more.

        They are evenly spaced over all that there are.
        """
        inputs = self.highway.weight.shape[1] * self.config.shape.horizon
        most = max(_FIT_WINDOWS, each * len(self.channel_scale))
        most = max(1, min(len(windows), most, max(_FIT_WINDOWS, _FIT_NUMBERS // inputs)))
        windows = windows.thin(most)
        batch = windows.batch(np.arange(len(windows)))
        loc, scale = self._frame(batch)
        unit = self.unit
        return Examples(
            (unit.into(batch.context) - loc) / scale,
            (unit.into(batch.smooth) - loc[..., None]) / scale[..., None],
            (unit.into(batch.target) - loc) / scale,
            self._known(batch),
            loc,
            scale,
        )

    @property
    def unit(self) -> Unit:
        """What all is measured in."""
        return Unit(self.config.log, self.config.positive, float(self.least))

    def forward(self, batch: WindowBatch) -> Forecast:
        """Quantiles of B windows; rising along the levels."""
        (n, m), w = self.config.shape.segments, self.config.shape.segment
        size = len(batch.context)
        loc, scale = self._frame(batch)
        unit, dtype = self.unit, self.head.weight.dtype
        context = ((unit.into(batch.context) - loc) / scale).to(dtype)
        smooth = ((unit.into(batch.smooth) - loc[..., None]) / scale[..., None]).to(dtype)
        known = self.known_scale(batch.known).reshape(size, n + m, w * self.config.known)
        past = self.past_scale(batch.past).reshape(size, n, w * self.config.past)
        seen = [context.view(size, n, w), known[:, :n], past, batch.calendar[:, :n]]
        static = self._static(batch)
        y = torch.relu(self.embed(torch.cat(seen, dim=2)) + static[:, None]).transpose(0, 1)
        reset = self._reset(batch.lengths, n)
        states = []
        for number, layer in enumerate(self.layers):
            y, state = layer(self.dropout(y) if number else y, reset=reset)
            states.append(state)
        ask = self.position + (static + self._channel(batch))
        if self.ahead is not None:
            ahead = torch.cat([known[:, n:], batch.calendar[:, n:]], dim=2)
            ask = ask + self.ahead(ahead).transpose(0, 1)
        y = ask.reshape(1, m * size, -1)
        for number, (layer, state) in enumerate(zip(self.layers, states, strict=True)):
            last = tuple(field.repeat(m, *[1] * (field.dim() - 1)) for field in state)
            y, _ = layer(self.dropout(y) if number else y, last)
        out = self.head(self.dropout(y)).view(m, size, w, -1).transpose(0, 1).flatten(1, 2)
        path = self.highway(context, smooth, self._known(batch))
        out = out[:, : self.config.shape.horizon] + path
        quantiles = (out.sort(dim=-1).values + self.margin).sort(dim=-1).values
        return Forecast(quantiles, loc, scale, unit)

    def _frame(self, batch: WindowBatch) -> tuple[Tensor, Tensor]:
        """Location and scale `[B, 1]` of each window."""
        context = self.unit.into(batch.context)
        own = context.std(1, correction=0)
        size = torch.maximum(context.abs().amax(1), torch.ones_like(own))
        own = torch.where(own > 0, own, size)
        known = self.channel_scale[(self._index(batch) - self.config.targets).clamp_min(0)]
        scale = torch.where(batch.series > 0, known, own)
        return context[:, -1:], scale[:, None]

    def _index(self, batch: WindowBatch) -> Tensor:
        return batch.series * self.config.targets + batch.column

    def _known(self, batch: WindowBatch) -> Tensor:
        """The number of each channel `[B]` from 1, 0 for a new series."""
        return (self._index(batch) - self.config.targets + 1).clamp_min(0) * (batch.series > 0)

    def _channel(self, batch: WindowBatch) -> Tensor:
        """Embedding `[B, H]` of each channel: for a new series, the mean over the known ones."""
        weight = self.channel.weight
        mean = weight.view(-1, self.config.targets, self.config.hidden).mean(0)
        return torch.cat([mean, weight])[self._index(batch)]

    def _static(self, batch: WindowBatch) -> Tensor:
        """What is the same at all times, `[B, H]`."""
        found = batch.context.new_zeros(len(batch.context), self.config.hidden)
        found = found.to(self.head.weight.dtype)
        if self.numbers is not None:
            found = found + self.numbers(self.number_scale(batch.numbers))
        for column, weight in enumerate(self.categories):
            every = torch.cat([weight.mean(0, keepdim=True), weight])
            found = found + every[batch.categories[:, column]]
        return found

    def _reset(self, lengths: Tensor, segments: int) -> Tensor | None:
        """Where the state starts `[n, B]`: at the first segment that has a real step."""
        w = self.config.shape.segment
        first = segments - torch.div(lengths + w - 1, w, rounding_mode="floor")
        if not bool((first > 0).any()):
            return None
        return torch.arange(segments, device=lengths.device)[:, None] == first


def _linear(inputs: int, outputs: int) -> nn.Linear | None:
    return nn.Linear(inputs, outputs, bias=False) if inputs else None


def _rows_before(table: Table, ends: Sequence[int]) -> Rows:
    """The first rows of every series, as rows of the table."""
    return np.concatenate([s + np.arange(e) for s, e in zip(table.start, ends, strict=True)])


def _spread(values: NDArray[np.float64]) -> float:
    """Standard deviation, or for constant values their size, or 1."""
    spread = float(values.std())
    return spread if spread > 0 else float(np.abs(values).max(initial=0)) or 1.0
