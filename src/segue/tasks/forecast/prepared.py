"""A panel cut by time, with the model to train or to score on it."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.defaults import TrainSettings
from segue.tasks.forecast.model import ForecastModel
from segue.tasks.forecast.settings import DataReference, ForecastRun, SeriesCut, Settings
from segue.tasks.forecast.windows import Cut, Part, Table, WindowBatch, Windows
from segue.tasks.forecast.wording import time_text
from segue.version import __version__


@dataclass(frozen=True)
class Prepared:
    """A panel cut by time, and the model to train or to score on it.

    `source` names the file or frame in what people read.
    """

    source: str
    settings: Settings
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
