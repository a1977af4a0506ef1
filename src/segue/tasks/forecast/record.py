"""`config.json` of a forecast."""

from typing import Any, Literal, Self

import numpy as np
from pydantic import model_validator

from segue.tasks.forecast.columns import Columns, Grid
from segue.tasks.forecast.defaults import TrainSettings
from segue.tasks.forecast.frequency import Frequency, Unit
from segue.tasks.forecast.model import ModelConfig
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.record import Kept, Record
from segue.tasks.settings import Count


class SeriesCut(Kept):
    """Where a series was cut: the times (or indices) at which validation and test begin."""

    series: str
    validation: str
    test: str

    def at(self, kind: Unit) -> tuple[np.datetime64 | int, np.datetime64 | int]:
        """Both as times, or as numbers of rows.

        Raises:
            ValueError: one is neither.
        """
        if kind is Unit.INDEX:
            return int(self.validation), int(self.test)
        return np.datetime64(self.validation, "us"), np.datetime64(self.test, "us")


class ForecastRun(Record[ForecastSettings]):
    """`config.json`: what was asked, of which data, and what was chosen for it.

    Attributes:
        columns: the roles of the table's columns.
        frequency: the step in time.
        season: steps of a season.
        cuts: where each series was cut.
        model: what the model is built from.
        training: how it is trained.
    """

    task: Literal["forecast"] = "forecast"
    columns: Columns
    frequency: Frequency
    season: Count
    cuts: tuple[SeriesCut, ...]
    model: ModelConfig
    training: TrainSettings

    @model_validator(mode="after")
    def _agree(self) -> Self:
        model, columns = self.model, self.columns
        mine = (model.targets, model.known, model.past, len(model.vocabulary.statics))
        roles = (columns.targets, columns.known, columns.past, columns.static)
        if mine != tuple(map(len, roles)):
            raise ValueError("model: does not fit the columns")
        if model.shape.horizon != self.settings.horizon:
            raise ValueError("model.shape.horizon: is not that of the settings")
        for number, cut in enumerate(self.cuts):
            try:
                cut.at(self.frequency.unit)
            except (ValueError, OverflowError):
                raise ValueError(f"cuts.{number}: is not at a time") from None
        return self


def migrated(document: dict[str, Any]) -> dict[str, Any]:
    """`config.json` of a version that had the roles of columns outside the settings."""
    settings = document.get("settings")
    if not isinstance(settings, dict) or "grid" not in settings:
        return document
    rest = {name: value for name, value in settings.items() if name != "grid"}
    columns = document.get("columns")
    roles = dict(columns) if isinstance(columns, dict) else {}
    roles["target"] = roles.pop("targets", ())
    observed = settings["grid"] == Grid.OBSERVED
    return {**document, "settings": {**rest, **roles, "observed": observed, "as_scored": True}}
