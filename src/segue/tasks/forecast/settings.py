"""What a user asks of a forecast, and the record of it that a run keeps."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from segue.cells import by_name
from segue.data.wording import shorten
from segue.errors import OptionError, RunError
from segue.tasks.forecast.columns import Columns, Fill, Grid
from segue.tasks.forecast.defaults import TrainSettings
from segue.tasks.forecast.frequency import Frequency
from segue.tasks.forecast.model import ModelConfig
from segue.training import RunFolder

Steps = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """What is asked; None leaves a choice to `suggest`, which goes by the data.

    Attributes:
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

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    horizon: Steps
    context: Steps | None = None
    cell: str = "gru"
    hidden: Annotated[int, Field(ge=1, le=8192)] | None = None
    layers: Annotated[int, Field(ge=1, le=64)] | None = None
    epochs: Steps | None = None
    minutes: Annotated[float, Field(gt=0)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    fill: Fill | None = None
    grid: Grid = Grid.REGULAR
    season: Steps | None = None
    validation: Steps | None = None
    test: Steps | None = None

    @field_validator("cell")
    @classmethod
    def _check_cell(cls, name: str) -> str:
        if name not in by_name():
            raise ValueError(f"{name!r} is none of {', '.join(sorted(by_name()))}")
        return name

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Settings from options by name.

        Raises:
            OptionError: a value cannot be used.

        >>> Settings.of({"horizon": 7, "fill": "linear"}).fill
        <Fill.LINEAR: 'linear'>
        """
        try:
            return cls.model_validate(options)
        except ValidationError as error:
            raise OptionError(first_defect(error)) from None


class DataReference(BaseModel):
    """What was trained on: the file, None for a frame, and the SHA-256 of the values read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str | None
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
        columns: the roles of the table's columns.
        settings: what was asked.
        data: what was trained on.
        frequency: the step in time.
        season: steps of a season.
        cuts: where each series was cut.
        model: what the model is built from.
        training: how it is trained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Literal["forecast"] = "forecast"
    segue: str
    columns: Columns
    settings: Settings
    data: DataReference
    frequency: Frequency
    season: Steps
    cuts: tuple[SeriesCut, ...]
    model: ModelConfig
    training: TrainSettings

    def write(self, run: RunFolder) -> None:
        """Write the run's `config.json`."""
        run.write_config(self.model_dump(mode="json"))

    @classmethod
    def read(cls, run: RunFolder) -> Self:
        """Read the run's `config.json`.

        Raises:
            RunError: it is damaged, or another task's.
        """
        try:
            return cls.model_validate(run.read_config())
        except ValidationError as error:
            raise RunError(f"{run.config_path}: {first_defect(error)}; train again") from None


def first_defect(error: ValidationError) -> str:
    """The first thing that pydantic finds wrong, as one line: where and what."""
    first = error.errors()[0]
    place, what = ".".join(map(str, first["loc"])), first["msg"]
    if first["type"] == "value_error":
        return f"{place}: {what.removeprefix('Value error, ')}"
    what = what.replace("Input should be", "must be")
    return f"{place}: {what[:1].lower()}{what[1:]}, not {shorten(str(first['input']))}"
