"""The baselines at many origins: each window from what came before it.

Windows whose histories are equally long are forecast together. A baseline with parameters finds
them once for each channel, from the rows before its first window, and takes in what comes after
with these; a model, too, is trained once and then goes on.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from segue.tasks.forecast.baselines import FITTED, Baseline
from segue.tasks.forecast.smoothing import PARAMETERS
from segue.tasks.forecast.windows import Rows, Windows

Array = NDArray[np.float64]

_ROWS = 512  # the most rows that a baseline looks back on, in seasons below a quarter of it
_SEASONS = 4  # the most seasons, above
_BATCH = 4096  # histories that parameters are found for at a time


class Rolling:
    """Forecasts of the baselines for windows, in an order in which they cost least.

    Args:
        windows: what to forecast.
        baselines: by name.
        season: steps of a season.
    """

    def __init__(self, windows: Windows, baselines: Mapping[str, Baseline], season: int) -> None:
        self.windows, self.baselines, self.season = windows, baselines, season
        self._limit = max(_ROWS, _SEASONS * season)
        table = windows.table
        # A series' windows lie column by column; the first one of each has the shortest history.
        ends = np.cumsum(windows.counts * table.target.shape[1])
        first = np.concatenate(
            [
                end - count * np.arange(table.target.shape[1], 0, -1)
                for end, count in zip(ends, windows.counts, strict=True)
                if count
            ]
        )
        self._parameters: dict[str, Array] = {}
        for name in baselines:
            if name in FITTED:
                self._parameters[name] = self._fit(name, first)

    def chunks(self, size: int) -> Iterator[Rows]:
        """Every window once, those with short histories first."""
        _, _, origin = self.windows.locate(np.arange(len(self.windows), dtype=np.int64))
        order = np.argsort(np.minimum(origin, self._limit), kind="stable")
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def forecasts(self, where: tuple[Rows, Rows, Rows]) -> Iterator[tuple[str, Array]]:
        """Each baseline's name and forecast `[B, H]` of windows at series, column and origin."""
        horizon = self.windows.shape.horizon
        found = {name: np.empty((len(where[0]), horizon)) for name in self.baselines}
        for chosen, history in self._histories(where):
            for name, baseline in self.baselines.items():
                if name in self._parameters:
                    known = self._parameters[name][where[0][chosen], where[1][chosen]]
                    forecast = FITTED[name].forecast(history, horizon, self.season, known)
                else:
                    forecast = baseline(history, horizon, self.season)
                found[name][chosen] = forecast
        yield from found.items()

    def _fit(self, name: str, first: Rows) -> Array:
        """The parameters `[S, columns, P]` of one baseline."""
        table = self.windows.table
        found = np.zeros((len(table.steps), table.target.shape[1], PARAMETERS))
        series, column, origin = self.windows.locate(first)
        order = np.argsort(np.minimum(origin, self._limit), kind="stable")
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            where = series[part], column[part], origin[part]
            for chosen, history in self._histories(where):
                parameters = FITTED[name].parameters(history, self.season)
                found[where[0][chosen], where[1][chosen]] = parameters
        return found

    def _histories(self, where: tuple[Rows, Rows, Rows]) -> Iterator[tuple[Rows, Array]]:
        """Groups of windows, and their histories `[n, T]` of one length."""
        series, column, origin = where
        table = self.windows.table
        lengths = np.minimum(origin, self._limit)
        for length in np.unique(lengths):
            chosen = np.flatnonzero(lengths == length)
            end = (table.start[series] + origin)[chosen, None]
            rows = end + np.arange(-length, 0)
            yield chosen, table.target[rows, column[chosen, None]]
