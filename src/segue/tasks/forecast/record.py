"""`config.json` of a forecast."""

from typing import Any, Literal

from segue.tasks.forecast.columns import Columns, Grid
from segue.tasks.forecast.defaults import TrainSettings
from segue.tasks.forecast.frequency import Frequency
from segue.tasks.forecast.model import ModelConfig
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.record import Kept, Record
from segue.tasks.settings import Count


class SeriesCut(Kept):
    """Where a series was cut: the times (or indices) at which validation and test begin."""

    series: str
    validation: str
    test: str


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
