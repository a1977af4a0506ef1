"""A panel cut by time, with the model to train or to score on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import AdamW

from segue.data.sampling import Rows
from segue.data.splits import Part
from segue.tasks.forecast import describe
from segue.tasks.forecast.conformal import calibrate
from segue.tasks.forecast.data import Panel, Series
from segue.tasks.forecast.defaults import TrainSettings
from segue.tasks.forecast.history import to_tree
from segue.tasks.forecast.model import ForecastModel
from segue.tasks.forecast.objective import ForecastObjective
from segue.tasks.forecast.record import ForecastRun, SeriesCut
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.forecast.shrinkage import shrink
from segue.tasks.forecast.windows import Cut, Table, WindowBatch, Windows
from segue.tasks.forecast.wording import time_text
from segue.tasks.record import DataReference
from segue.tasks.task import Facts, Fitting
from segue.training import FitResult, TrainConfig
from segue.version import __version__

_SMOOTHED = 1 << 16  # the most training windows where each needs forecasts by smoothing
_JUDGED = 4096  # windows that say what of the training is kept


@dataclass(frozen=True)
class Prepared:
    """A panel cut by time, and the model to train or to score on it.

    `source` names the file or frame in what people read, `before` is the path before training.
    """

    source: str
    settings: ForecastSettings
    panel: Panel
    cuts: tuple[Cut, ...]
    table: Table
    model: ForecastModel
    training: TrainSettings
    season: int
    before: Mapping[str, Tensor] = field(default_factory=dict)

    def windows(self, part: Part) -> Windows:
        """Every window that forecasts rows of one part."""
        return Windows.of_part(self.table, self.model.config.shape, self.cuts, part)

    @property
    def data(self) -> Panel:
        """What was read."""
        return self.panel

    @property
    def title(self) -> str:
        """Of the report."""
        return f"Forecast of {', '.join(self.panel.columns.targets)}"

    def fitting(self) -> Fitting:
        """How the model is trained."""
        how, settings = self.training, self.settings
        windows = self.windows(Part.TRAIN)
        windows = windows.thin(_SMOOTHED) if self.model.config.smooth else windows
        batches = Rows(
            lambda index: windows.batch(index.numpy()),
            len(windows),
            how.batch_size,
            settings.seed,
            batches=how.batches,
        )
        rate, decay = how.learning_rate, how.weight_decay
        config = TrainConfig(
            epochs=settings.epochs or how.epochs,
            minutes=settings.minutes,
            seed=settings.seed,
            clip_norm=how.clip_norm,
            patience=how.patience,
        )
        return Fitting(
            ForecastObjective(self.windows(Part.VALIDATION), self.model.config.levels),
            batches,
            AdamW(self.model.parameters(), lr=rate, weight_decay=decay),
            config,
        )

    def finish(self) -> None:
        """Keep of the training what validation bears out, and widen the intervals to it."""
        model, windows = self.model, self.windows(Part.VALIDATION)
        shrink(model, self.before, ForecastObjective(windows, model.config.levels, limit=_JUDGED))
        calibrate(model, windows)

    def artifact(self) -> dict[str, Any]:
        """The end of each series, from which `predict` goes on, and the path fitted to all rows."""
        tree = to_tree(self.panel, self.model.config.rows)
        return tree if self.settings.as_scored else {**tree, "latest": latest(self)}

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        return describe.introduction(self)

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        return describe.summary(self)

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        return describe.facts(self, result)

    def time_at(self, series: Series, row: int) -> Any:
        """The time of a row of a series, which may be the one after its last."""
        if row < len(series.time):
            return series.time[row]
        return self.panel.frequency.future(series.time[-1], 1)[0]

    @property
    def left_out(self) -> tuple[str, ...]:
        """Series too short to be cut: they are not scored."""
        parts = zip(self.panel.series, self.cuts, strict=True)
        return tuple(s.id for s, cut in parts if cut.train_end == len(s.target))

    @property
    def tested(self) -> bool:
        """Whether there are test rows."""
        parts = zip(self.panel.series, self.cuts, strict=True)
        return any(cut.validation_end < len(s.target) for s, cut in parts)

    @property
    def scored(self) -> Part:
        """The part that is scored: without test rows it is the validation."""
        return Part.TEST if self.tested else Part.VALIDATION

    def record(self, data: DataReference) -> ForecastRun:
        """What `config.json` says of it."""
        return ForecastRun(
            segue=__version__,
            columns=self.panel.columns,
            settings=self.settings,
            data=data,
            frequency=self.panel.frequency,
            season=self.season,
            cuts=tuple(
                SeriesCut(
                    series=series.id,
                    validation=time_text(self.time_at(series, cut.train_end)),
                    test=time_text(self.time_at(series, cut.validation_end)),
                )
                for series, cut in zip(self.panel.series, self.cuts, strict=True)
            ),
            model=self.model.config,
            training=self.training,
        )


@torch.no_grad()
def latest(prepared: Prepared) -> dict[str, Any]:
    """The weights of the path, fitted to all rows: what training changed in them stays.

    The network, the scales and the spread of the quantiles stay as validation found them good.
    """
    model, ends = prepared.model, [len(series.target) for series in prepared.panel.series]
    with torch.random.fork_rng(devices=[]):
        found = ForecastModel(model.config)
    found.load_state_dict(model.state_dict())
    table = found.smoothed(prepared.table, ends)
    cuts = [Cut(end, end) for end in ends]
    found.fit_path(Windows.of_part(table, model.config.shape, cuts, Part.TRAIN))
    learned = model.highway.weight - prepared.before["highway.weight"]
    weight = (found.highway.weight + learned).numpy()
    return {"weight": weight, "own": found.highway.own.numpy()}


@torch.no_grad()
def quantiles(model: ForecastModel, batch: WindowBatch) -> NDArray[np.float64]:
    """Quantiles `[B, H, Q]` in the unit of the data."""
    model.eval()
    found: NDArray[np.float64] = model(batch).values.numpy()
    return found
