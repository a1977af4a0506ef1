"""A panel cut by time, with the model to train or to score on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim import AdamW

from segue.data.sampling import Rows
from segue.data.splits import Part
from segue.tasks.forecast import describe
from segue.tasks.forecast.conformal import calibrate
from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.defaults import TrainSettings
from segue.tasks.forecast.history import to_tree
from segue.tasks.forecast.model import ForecastModel
from segue.tasks.forecast.objective import ForecastObjective
from segue.tasks.forecast.record import ForecastRun, SeriesCut
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.forecast.windows import Cut, Table, WindowBatch, Windows
from segue.tasks.forecast.wording import time_text
from segue.tasks.record import DataReference
from segue.tasks.task import Facts, Fitting
from segue.training import FitResult, TrainConfig
from segue.version import __version__


@dataclass(frozen=True)
class Prepared:
    """A panel cut by time, and the model to train or to score on it.

    `source` names the file or frame in what people read.
    """

    source: str
    settings: ForecastSettings
    panel: Panel
    cuts: tuple[Cut, ...]
    table: Table
    model: ForecastModel
    training: TrainSettings
    season: int

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
        """Widen the intervals to what validation shows; the margins are part of the weights."""
        calibrate(self.model, self.windows(Part.VALIDATION))

    def artifact(self) -> dict[str, Any]:
        """The end of each series, from which `predict` goes on."""
        return to_tree(self.panel, self.model.config.shape.context)

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        return describe.introduction(self)

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        return describe.summary(self)

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        return describe.facts(self, result)

    @property
    def parameters(self) -> int:
        """How many numbers the model learns."""
        return sum(parameter.numel() for parameter in self.model.parameters())

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
                    validation=time_text(series.time[cut.train_end]),
                    test=time_text(series.time[cut.validation_end]),
                )
                for series, cut in zip(self.panel.series, self.cuts, strict=True)
            ),
            model=self.model.config,
            training=self.training,
        )


@torch.no_grad()
def quantiles(model: ForecastModel, batch: WindowBatch) -> NDArray[np.float64]:
    """Quantiles `[B, H, Q]` in the unit of the data."""
    model.eval()
    found: NDArray[np.float64] = model(batch).values.numpy()
    return found
