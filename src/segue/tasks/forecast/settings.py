"""What a user asks of a forecast, and the record of it that a run keeps."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from segue.tasks.forecast.columns import Columns, Fill, Grid
from segue.tasks.forecast.defaults import TrainSettings
from segue.tasks.forecast.model import ModelConfig

Steps = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """What is asked; None leaves a choice to `suggest`, which goes by the data.

    Attributes:
        columns: the roles of the table's columns.
        horizon: steps to forecast.
        context: steps that the model sees before them.
        cell: a name of `segue.cells.by_name()`.
        hidden: features of the state.
        layers: recurrent layers.
        epochs: most passes over the training windows.
        minutes: most minutes of training.
        seed: of weights, order and dropout.
        fill: how missing values are filled; None refuses them.
        grid: whether a row is a step in time or merely the next observation.
        season: steps of a season, for seasonal naive and MASE; None finds it.
        validation: rows at the end of each series, before the test rows, to choose the weights by.
        test: rows at the end of each series to score on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Columns
    horizon: Steps
    context: Steps | None = None
    cell: str = "gru"
    hidden: Steps | None = None
    layers: Steps | None = None
    epochs: Steps | None = None
    minutes: Annotated[float, Field(gt=0)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    fill: Fill | None = None
    grid: Grid = Grid.REGULAR
    season: Steps | None = None
    validation: Steps | None = None
    test: Steps | None = None


class DataReference(BaseModel):
    """The file that was trained on, and the SHA-256 of its bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str


class SeriesCut(BaseModel):
    """Where a series was cut: the times (or indices) at which validation and test begin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    series: str
    validation: str
    test: str


class ForecastRun(BaseModel):
    """`config.json`: what was asked, of which data, and what was chosen for it.

    Attributes:
        task: "forecast".
        segue: version that wrote it.
        settings: what was asked.
        data: the file, or None for a frame.
        frequency: step, name of the unit, month end.
        season: steps of a season.
        cuts: where each series was cut.
        model: what the model is built from.
        training: how it is trained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Literal["forecast"] = "forecast"
    segue: str
    settings: Settings
    data: DataReference | None
    frequency: tuple[int, str, bool]
    season: Steps
    cuts: tuple[SeriesCut, ...]
    model: ModelConfig
    training: TrainSettings
