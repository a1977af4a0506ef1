"""What a user asks of a forecast. Needs no heavy library, so that help comes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from segue.errors import OptionError
from segue.tasks.forecast.columns import Columns, Fill, Grid
from segue.tasks.settings import BY_DATA, Asked, Count, Option
from segue.tasks.table_settings import TableSettings

if TYPE_CHECKING:
    from segue.tasks.forecast.guess import Roles

Names = Annotated[tuple[str, ...], Option("COL")]
Name = Annotated[str, Option("COL")]


class ForecastSettings(TableSettings):
    """What is asked; None leaves a choice to `suggest`, which goes by the data."""

    time: Annotated[str, Option("COL", required=True)] | None = Field(
        default=None, description="The time: dates or whole numbers."
    )
    target: Annotated[tuple[str, ...], Option("COL", required=True)] = Field(
        default=(), description="A number to forecast; repeatable."
    )
    horizon: Annotated[Count, Option("N", positional=True)] = Field(
        description="Steps to forecast."
    )
    series: Name | None = Field(
        default=None, description="Which series a row belongs to, if there are several."
    )
    known: Names = Field(
        default=(), description="A number known in the future as well; repeatable."
    )
    past: Names = Field(default=(), description="A number known only in the past; repeatable.")
    static: Names = Field(
        default=(), description="Text or a number that a series never changes; repeatable."
    )
    context: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Steps that the model sees."
    )
    fill: Annotated[Fill, Option("METHOD")] | None = Field(
        default=None,
        description="Fill missing values and rows: forward, linear or zero. Without it they are an"
        " error.",
    )
    observed: bool = Field(
        default=False,
        description="Rows are observations one after another, whatever lies between their times,"
        " as trading days are.",
    )
    season: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Steps of a season, of the model, of seasonal naive and of MASE."
    )
    validation: Annotated[Count, Option("N", "a tenth")] | None = Field(
        default=None,
        description="Rows of each series to choose the weights by, before the test rows.",
    )
    test: Annotated[int, Field(ge=0), Option("N", "a fifth")] | None = Field(
        default=None,
        description="Rows at the end of each series to score on. With 0 the validation rows are"
        " scored, which chose the weights.",
    )

    positive: bool = Field(
        default=False,
        description="The values are never negative, so no quantile is. By itself where all"
        " training rows are above 0.",
    )
    as_scored: bool = Field(
        default=False,
        description="Forecast with the weights that were scored. Without it the linear path is"
        " fitted to all rows once more, the newest included.",
    )

    @field_validator("target", "known", "past", "static", mode="before")
    @classmethod
    def _one_name(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else () if given is None else given

    @model_validator(mode="after")
    def _parts_hold_a_horizon(self) -> Self:
        for name, rows in (("validation", self.validation), ("test", self.test)):
            if rows is not None and rows < self.horizon and (name, rows) != ("test", 0):
                raise ValueError(
                    f"{name} of {rows} rows is less than a horizon, {self.horizon}; give more"
                )
        return self

    @property
    def grid(self) -> Grid:
        """Whether a row is a step in time or merely the next observation."""
        return Grid.OBSERVED if self.observed else Grid.REGULAR

    @property
    def roles(self) -> Roles:
        """What the columns are for, as far as that was said."""
        from segue.tasks.forecast.guess import Roles

        return Roles(self.time, self.target, self.series, self.known, self.past, self.static)

    @property
    def columns(self) -> Columns:
        """The roles of all columns.

        Raises:
            OptionError: the time or the target was not named.
        """
        if self.time is None or not self.target:
            raise OptionError("name the columns of a file: time and target")
        return Columns(self.time, *self.roles.named)


class ForecastPredict(Asked):
    """What can be asked of a prediction."""

    raw_text: bool = Field(
        default=False,
        description="Write ids as they are; else ' goes before one that a spreadsheet would take"
        " for a formula.",
    )
