"""`Forecaster`: forecasts from Python, by scikit-learn's habits."""

from collections.abc import Callable
from typing import Any

import polars as pl

from segue.data.source import Source
from segue.tasks.estimator import Estimator
from segue.tasks.forecast.backtest import Fold, backtest
from segue.tasks.forecast.task import ForecastTask


class Forecaster(Estimator):
    """Forecasts of one or many time series, as quantiles.

    Example:
        >>> import polars as pl
        >>> months = pl.date_range(pl.date(2010, 1, 1), pl.date(2019, 12, 1), "1mo", eager=True)
        >>> frame = pl.DataFrame({"month": months, "sold": [n % 12 + n / 9 for n in range(120)]})
        >>> forecaster = Forecaster(horizon=6, epochs=2).fit(frame)
        >>> forecaster.predict().columns[:5]
        ['series', 'target', 'time', 'q0.05', 'q0.1']
        >>> forecaster.scores.windows
        19
    """

    task = ForecastTask()

    def predict(self, frame: Any = None) -> Any:
        """Forecast the steps after the last row of each series.

        Args:
            frame: series to go on from; those of the training when None.

        Returns:
            A frame of the kind that was given, here or to `fit`: `series`, `target`, `time`, and
            a column for each quantile level.

        Raises:
            DataError: the frame does not fit the training, or lacks the known covariates ahead.
        """
        found = pl.concat(self._results(frame))
        return _as(self._fitted_on if frame is None else type(frame), found)

    def backtest(self, frame: Any, *, origins: int = 3) -> list[Fold]:
        """Train anew before each of several origins, and score the horizon after it.

        Args:
            frame: polars or pandas.
            origins: how many, a horizon apart; the last one is a horizon from the end.

        Returns:
            Origin and scores, from the earliest on. This Forecaster itself stays as it is.

        Raises:
            DataError: too few rows for so many origins.
        """
        panel = self.task.read(Source.of_frame(frame), self.settings)
        return list(backtest(panel, self.settings, origins, "frame"))


def _as(kind: Callable[..., Any] | None, found: pl.DataFrame) -> Any:
    """A forecast as the kind of frame that was given: polars, or else pandas."""
    if kind is None or kind in (pl.DataFrame, pl.LazyFrame):
        return found
    return kind({name: found[name].to_numpy() for name in found.columns})
