"""What the columns of a table are for, and how its holes are dealt with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from segue.data.wording import shorten
from segue.errors import DataError


class Fill(StrEnum):
    """How missing values are filled, each series by itself.

    `FORWARD` repeats the last value before (a hole at the start is an error). `LINEAR` draws a
    straight line between the values around the hole; at either end, where there is only one, it
    repeats that one. It looks ahead, so a hole across the start of a test period lets the past
    see a little of the future. `ZERO` writes 0.
    """

    FORWARD = "forward"
    LINEAR = "linear"
    ZERO = "zero"


class Grid(StrEnum):
    """What the rows of a series are.

    `REGULAR`: one row for every step in time; a step without its row is a defect. `OBSERVED`: one
    observation after the other, whatever lies between their times, as with trading days.
    """

    REGULAR = "regular"
    OBSERVED = "observed"


@dataclass(frozen=True)
class Columns:
    """The roles of a table's columns.

    Args:
        time: when a row was observed.
        targets: what is to be forecast, one or more.
        series: in long format, which series a row belongs to; None when there is only one.
        known: covariates that are known ahead, such as prices and holidays.
        past: covariates that are known only as far as the targets are.
        static: what does not change within a series: text or numbers.

    Raises:
        DataError: no target, or a column with two roles.

    >>> Columns("day", ("sales",), known=("price",)).numeric
    ('sales', 'price')
    """

    time: str
    targets: tuple[str, ...]
    series: str | None = None
    known: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.targets:
            raise DataError("no target column is named; name at least one")
        seen: dict[str, str] = {}
        for role, name in self.roles():
            if name in seen:
                raise DataError(
                    f"column {shorten(name)} is named twice, as {seen[name]} and as {role}; "
                    "give each column one role"
                )
            seen[name] = role

    def roles(self) -> tuple[tuple[str, str], ...]:
        """Every (role, column), as the command line calls the roles."""
        series = () if self.series is None else (("series", self.series),)
        return (
            ("time", self.time),
            *series,
            *(("target", name) for name in self.targets),
            *(("known", name) for name in self.known),
            *(("past", name) for name in self.past),
            *(("static", name) for name in self.static),
        )

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that hold numbers along time: targets, known, past."""
        return self.targets + self.known + self.past
