"""What can be said of a file of examples: its columns, and how it is written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator

from segue.tasks.settings import Asked, Option


class Missing(StrEnum):
    """What becomes of a missing value in a series."""

    REFUSE = "refuse"
    """It is an error."""
    MASK = "mask"
    """It stays missing; the model is told which values are."""
    LINEAR = "linear"
    """A straight line between its neighbours; at the ends the nearest value."""
    FORWARD = "forward"
    """The value before it; at the start the first one."""
    ZERO = "zero"
    """0."""


Column = Annotated[str, Option("COL")]


class Reading(Asked):
    """Which columns of a table are what, and how it is written.

    With `text` a row is a text. With `series` a row is a step of a series, its channels being the
    columns `channel`. With neither, a row is a whole series of one channel, a column a step.
    """

    text: Column | None = Field(default=None, description="The text.")
    label: Column | None = Field(
        default=None,
        description="The class; not for folders and .ts files, which name it already.",
    )
    id: Column | None = Field(
        default=None, description="What names an example; without it the number of its row."
    )
    division: Column | None = Field(
        default=None, description="Whether a row is for train, validation or test."
    )
    channel: Annotated[tuple[str, ...], Option("COL")] = Field(
        default=(), description="A number in each step of a series; repeatable."
    )
    series: Column | None = Field(default=None, description="Which series a row is a step of.")
    time: Column | None = Field(
        default=None, description="The time of a step, to check the order of the rows."
    )
    fill: Annotated[Missing, Option("METHOD")] = Field(
        default=Missing.REFUSE,
        description="Fill missing values of series: mask, forward, linear or zero; refuse them.",
    )
    no_header: bool = Field(
        default=False, description="The first row is data: columns are called 1, 2, ..."
    )
    no_quotes: bool = Field(
        default=False, description="Quote marks are text and enclose no fields."
    )

    @field_validator("channel", mode="before")
    @classmethod
    def _one_name(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else () if given is None else given
