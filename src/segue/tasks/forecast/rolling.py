"""Classical methods at many origins: each forecasts from what came before its origin.

Histories that are equally long are forecast together. A method with parameters has them found at
every origin, where that is few rows in all, else once for each channel: what comes later is taken
in with these, as a model, too, is trained once and then goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from segue.tasks.forecast.baselines import BASELINES, FITTED, Baseline, naive2
from segue.tasks.forecast.smoothing import PARAMETERS

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

NAIVE2 = "naive2"
_ROWS, _SEASONS = 512, 4  # what a baseline looks back on: the most rows, or seasons if that is more
_BATCH = 4096  # histories at a time
_REFIT = 1 << 21  # rows before all origins up to which parameters are found at each
_EXACT, _COARSE = 64, 16  # rows up to which every length of a history to smooth is its own, and by
# how many (or by a season) longer ones differ: their oldest rows are left out
_HIGHEST = 600.0  # logarithm above which a forecast is cut


@dataclass(frozen=True)
class Method:
    """A baseline with its season; `fitted` names it in `FITTED` where it has parameters.

    With `log` it smooths logarithms.
    """

    name: str
    baseline: Baseline
    season: int
    fitted: str | None = None
    log: bool = False


class Rolling:
    """Forecasts by classical methods at any origins of the channels of a table.

    Args:
        values: `[R, columns]`, all series end to end.
        start: `[S]`, the first row of each series.
        horizon: H.
        methods: what forecasts.
        limit: the most rows that a method looks back on.
        refit: whether parameters are found at every origin; else by `fit`.
        least: what lower values count as where logarithms are taken.
    """

    def __init__(
        self,
        values: Array,
        start: Rows,
        horizon: int,
        methods: Sequence[Method],
        *,
        limit: int,
        refit: bool,
        least: float = 0.0,
    ) -> None:
        self.values, self.start, self.horizon = values, start, horizon
        self.methods, self.limit, self.least = tuple(methods), limit, least
        self.refit = refit
        shape = (len(start), values.shape[1], PARAMETERS)
        self._parameters = {m.name: np.zeros(shape) for m in methods if m.fitted}

    def fit(self, series: Rows, column: Rows, origin: Rows) -> None:
        """Find the parameters of channels `[N]`, each from the rows before an origin of its own."""
        for method in self.methods:
            if method.fitted and not self.refit:
                for chosen, history in self._histories(method, series, column, origin):
                    seen = self._seen(method, history)
                    found = FITTED[method.fitted].parameters(seen, method.season)
                    self._parameters[method.name][series[chosen], column[chosen]] = found

    def forecasts(self, series: Rows, column: Rows, origin: Rows) -> Array:
        """Each method's forecasts `[B, H, methods]` from origins `[B]`."""
        found = np.empty((len(series), self.horizon, len(self.methods)))
        for number, method in enumerate(self.methods):
            for chosen, history in self._histories(method, series, column, origin):
                seen = self._seen(method, history)
                if method.fitted and not self.refit:
                    known = self._parameters[method.name][series[chosen], column[chosen]]
                    forecast = FITTED[method.fitted].forecast(
                        seen, self.horizon, method.season, known
                    )
                else:
                    forecast = method.baseline(seen, self.horizon, method.season)
                if method.log:
                    forecast = np.exp(np.minimum(forecast, _HIGHEST))
                found[chosen, :, number] = forecast
        return found

    def order(self, origin: Rows) -> Rows:
        """The order of windows at origins `[B]` in which forecasts cost least: shortest first."""
        return np.argsort(np.minimum(origin, self.limit), kind="stable")

    def _seen(self, method: Method, history: Array) -> Array:
        return np.log(np.maximum(history, self.least)) if method.log else history

    def _histories(
        self, method: Method, series: Rows, column: Rows, origin: Rows
    ) -> Iterator[tuple[Rows, Array]]:
        """Groups of windows, and their histories `[n, T]` of one length."""
        lengths = np.minimum(origin, self.limit)
        if method.fitted:
            step = 1 if self.refit else max(_COARSE, method.season)
            lengths = np.where(lengths > max(_EXACT, step), lengths // step * step, lengths)
        order = np.argsort(lengths, kind="stable")
        edges = np.flatnonzero(np.diff(lengths[order], prepend=-1, append=-1))
        for first, last in pairwise(edges.tolist()):
            for start in range(first, last, _BATCH):
                chosen = order[start : min(start + _BATCH, last)]
                end = (self.start[series] + origin)[chosen, None]
                rows = end + np.arange(-lengths[chosen[0]], 0)
                yield chosen, self.values[rows, column[chosen, None]]


def few(windows: int, rows: float) -> bool:
    """Whether parameters can be found at every one of so many origins with so many rows before."""
    return windows * rows <= _REFIT


def yardsticks(
    values: Array,
    start: Rows,
    horizon: int,
    season: int,
    channels: tuple[Rows, Rows, Rows],
    *,
    refit: bool = False,
) -> Rolling:
    """The baselines and Naive2, fitted to each channel before its first origin, or at each.

    Args:
        values: `[R, columns]`, all series end to end.
        start: `[S]`, the first row of each series.
        horizon: H.
        season: steps of a season.
        channels: series, column and first origin of each channel.
        refit: at each origin.
    """
    methods = [
        Method(name, baseline, season, name if name in FITTED else None)
        for name, baseline in (*BASELINES.items(), (NAIVE2, naive2))
    ]
    limit = max(_ROWS, _SEASONS * season)
    found = Rolling(values, start, horizon, methods, limit=limit, refit=refit)
    found.fit(*channels)
    return found


def smoothing(
    values: Array,
    start: Rows,
    horizon: int,
    seasons: Sequence[int],
    *,
    memory: int,
    refit: bool,
    log: bool,
    least: float,
) -> Rolling:
    """Theta with the longest season, and STL + ETS with each: inputs of the linear path.

    Args:
        values: `[R, columns]`, all series end to end.
        start: `[S]`, the first row of each series.
        horizon: H.
        seasons: in steps, 1 for none.
        memory: the most rows that they look back on.
        refit: whether parameters are found at every origin.
        log: whether STL + ETS goes by logarithms.
        least: what lower values count as in a logarithm.
    """
    methods = [Method("Theta", BASELINES["Theta"], max(seasons), "Theta")]
    for season in seasons:
        name = "STL + ETS"
        methods.append(Method(f"{name}, {season}", BASELINES[name], season, name, log))
    return Rolling(values, start, horizon, methods, limit=memory, refit=refit, least=least)
