"""What can be asked of every task that reads tables: how a file writes numbers and dates."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from segue.data.notation import Dates, Notation
from segue.tasks.settings import Option, TaskSettings


class TableSettings(TaskSettings):
    """The settings of `segue.data.notation.Notation`, which the errors of reading name."""

    decimal: Annotated[str, Option("MARK")] = Field(
        default=".", description="The mark before decimals: a point or a comma."
    )
    thousands: Annotated[str, Option("MARK")] | None = Field(
        default=None,
        description="The mark between groups of digits: comma, point, blank or apostrophe.",
    )
    strip: Annotated[tuple[str, ...], Option("SIGN")] = Field(
        default=(), description="A sign around numbers to leave out, such as % or $; repeatable."
    )
    missing: Annotated[tuple[str, ...], Option("WORD")] = Field(
        default=(), description="A word that stands for a missing value; repeatable."
    )
    dates: Annotated[Dates, Option("ORDER")] | None = Field(
        default=None,
        description="How to read dates that have two readings: day-first, month-first or"
        " year-first; numbers as excel (days) or unix (seconds).",
    )
    encoding: Annotated[str, Option("NAME", "UTF-8")] | None = Field(
        default=None, description="The encoding of a text file, such as windows-1252."
    )

    @field_validator("strip", "missing", mode="before")
    @classmethod
    def _one_word(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else () if given is None else given

    @model_validator(mode="after")
    def _is_a_notation(self) -> Self:
        _ = self.notation
        return self

    @property
    def notation(self) -> Notation:
        """How the text of a table is to be read."""
        return Notation(
            self.decimal, self.thousands, self.strip, self.missing, self.dates, self.encoding
        )
