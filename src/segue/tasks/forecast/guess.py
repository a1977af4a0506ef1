"""The roles of a frame's columns, where they are plain to see."""

from dataclasses import dataclass
from typing import Self

import polars as pl

from segue.data.wording import shorten
from segue.errors import DataError
from segue.tasks.forecast.columns import Columns

_LISTED = 10


@dataclass(frozen=True)
class Roles:
    """What the columns of a frame are for, as far as that has been said.

    >>> frame = pl.DataFrame({"day": [1, 2], "sold": [0.5, 1.5]})
    >>> Roles(time="day").find(frame).targets
    ('sold',)
    """

    time: str | None = None
    targets: tuple[str, ...] = ()
    series: str | None = None
    known: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    @classmethod
    def of(cls, columns: Columns) -> Self:
        """All roles, as they were found before."""
        return cls(
            columns.time,
            columns.targets,
            columns.series,
            columns.known,
            columns.past,
            columns.static,
        )

    @property
    def named(
        self,
    ) -> tuple[tuple[str, ...], str | None, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Every role but the time, in the order of `Columns`."""
        return self.targets, self.series, self.known, self.past, self.static

    def find(self, frame: pl.DataFrame) -> Columns:
        """All roles: the time and the target that were not named are the only candidates.

        Raises:
            DataError: none or several columns would do.
        """
        named = {self.time, self.series, *self.targets, *self.known, *self.past, *self.static}
        free = [name for name in frame.columns if name not in named]
        schema = frame.schema
        time = self.time
        if time is None:
            time = _only([n for n in free if schema[n].is_temporal()], "time", "dates")
        targets = self.targets
        if not targets:
            numbers = [n for n in free if schema[n].is_numeric() and n != time]
            targets = (_only(numbers, "target", "numbers"),)
        return Columns(time, targets, self.series, self.known, self.past, self.static)


def _only(candidates: list[str], role: str, kind: str) -> str:
    if len(candidates) == 1:
        return candidates[0]
    listed = ", ".join(map(shorten, candidates[:_LISTED]))
    more = " and more" if len(candidates) > _LISTED else ""
    found = f"{listed}{more} would do" if candidates else f"there is no column of {kind}"
    raise DataError(f"frame: which column is the {role}? {found}; name it: {role}=...")
