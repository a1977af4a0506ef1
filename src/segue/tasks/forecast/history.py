"""The end of each series, as a tree of arrays: what `predict` goes on from."""

from itertools import accumulate
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.data.times import LARGEST as LARGEST_INDEX
from segue.errors import RunError
from segue.tasks.artifact import require_array
from segue.tasks.forecast.data import ARRAYS, Columns, Frequency, Panel, Series, Unit
from segue.tasks.settings import first_defect

_YEARS = np.array(["0001-01-01", "9999-12-31"], "datetime64[us]").astype(np.int64)

Length = Annotated[int, Field(ge=1)]
End = tuple[str, tuple[str | float, ...], Length, Length]
"""Of a series: its id, its static values, its observed rows, and the rows that have a time."""


def to_tree(panel: Panel, steps: int) -> dict[str, Any]:
    """The last `steps` observed rows of each series and the rows ahead, laid end to end."""
    first = [max(len(s.target) - steps, 0) for s in panel.series]
    ends = list(zip(panel.series, first, strict=True))
    arrays = {name: np.concatenate([getattr(s, name)[i:] for s, i in ends]) for name in ARRAYS}
    return {
        **arrays,
        "time": arrays["time"].view(np.int64),
        "dates": arrays["time"].dtype.kind == "M",
        "series": [(s.id, s.static, len(s.target) - i, len(s.time) - i) for s, i in ends],
    }


class History(BaseModel):
    """What a received tree must hold: N rows with a target and M with a time, of all series."""

    model_config = ConfigDict(
        frozen=True, strict=True, arbitrary_types_allowed=True, allow_inf_nan=False
    )

    dates: bool
    series: Annotated[list[End], Field(min_length=1)]
    time: np.ndarray  # [M]
    target: np.ndarray  # [N, targets]
    known: np.ndarray  # [M, known]
    past: np.ndarray  # [N, past]
    latest: dict[str, np.ndarray] = {}  # weights of the path, fitted to all rows

    @classmethod
    def of(cls, tree: dict[str, Any], columns: Columns, frequency: Frequency) -> Self:
        """Check a tree, in which nothing is trusted.

        Raises:
            RunError: it is not what `to_tree` gives, in one line.
        """
        try:
            found = cls.model_validate(tree)
        except ValidationError as error:
            raise RunError(f"{first_defect(error)}; train again") from None
        rows = sum(rows for _, _, rows, _ in found.series)
        times = sum(times for _, _, _, times in found.series)
        require_array("time", found.time, np.int64, (times,))
        require_array("target", found.target, np.float64, (rows, len(columns.targets)))
        require_array("known", found.known, np.float64, (times, len(columns.known)))
        require_array("past", found.past, np.float64, (rows, len(columns.past)))
        found._check_series(columns)
        found._check_times(frequency)
        return found

    def _check_series(self, columns: Columns) -> None:
        for number, (_, static, rows, times) in enumerate(self.series):
            if len(static) != len(columns.static) or times < rows:
                raise RunError(f"series.{number}: does not fit the columns; train again")

    def _check_times(self, frequency: Frequency) -> None:
        if self.dates == (frequency.unit is Unit.INDEX):
            raise RunError("dates: does not fit the step in time; train again")
        low, high = _YEARS if self.dates else (-LARGEST_INDEX, LARGEST_INDEX)
        backwards = np.diff(self.time) <= 0
        backwards[np.cumsum([times for *_, times in self.series])[:-1] - 1] = False
        if bool(backwards.any()) or bool(((self.time < low) | (self.time > high)).any()):
            raise RunError("time: does not rise within each series; train again")


def from_tree(history: History, columns: Columns, frequency: Frequency) -> Panel:
    """What `to_tree` was given, cut to those rows."""
    time = history.time.view("datetime64[us]") if history.dates else history.time
    rows = accumulate((rows for _, _, rows, _ in history.series), initial=0)
    times = accumulate((times for *_, times in history.series), initial=0)
    series = []
    for (name, static, steps, ahead), row, at in zip(history.series, rows, times, strict=False):
        seen, with_ahead = slice(row, row + steps), slice(at, at + ahead)
        target, past, known = history.target[seen], history.past[seen], history.known[with_ahead]
        series.append(Series(name, time[with_ahead], target, known, past, static))
    return Panel(columns, frequency, tuple(series))
