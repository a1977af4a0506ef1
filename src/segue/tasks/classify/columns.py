"""What can be said of a file of examples: its columns, and how it is written."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Missing(StrEnum):
    """What becomes of a missing value in a series."""

    REFUSE = "refuse"
    """It is an error."""
    MASK = "mask"
    """It stays missing; the model is told which values are."""
    LINEAR = "linear"
    """A straight line between its neighbours; at the ends the nearest value."""
    PREVIOUS = "previous"
    """The value before it; at the start the first one."""
    ZERO = "zero"
    """0."""


class Reading(BaseModel):
    """Which columns of a table are what, and how it is written.

    With `text` a row is a text. With `series` a row is a step of a series, its channels being the
    columns `channel`. With neither, a row is a whole series of one channel, a column a step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = Field(default=None, description="Column of the text.")
    label: str | None = Field(
        default=None, description="Column of the class; folders and .ts files have it already."
    )
    id: str | None = Field(
        default=None, description="Column that names each example; else its row does."
    )
    division: str | None = Field(
        default=None, description="Column that says train, validation or test."
    )
    channel: tuple[str, ...] = Field(
        default=(), description="Column of numbers, a step in each row; may be given again."
    )
    series: str | None = Field(default=None, description="Column that tells series apart.")
    time: str | None = Field(
        default=None, description="Column of the time within a series; else rows are in order."
    )
    missing: Missing = Field(
        default=Missing.REFUSE,
        description="A missing value: refuse, mask, linear, previous or zero.",
    )
    header: bool = Field(
        default=True, description="Whether row 1 names the columns; else they are 1, 2, ..."
    )
    quotes: bool = Field(
        default=True, description="Whether quote marks enclose fields; else they are text."
    )
