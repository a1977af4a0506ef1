"""`Forecaster`: the application from Python, by scikit-learn's habits."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import polars as pl
import safetensors
import safetensors.torch

from segue.errors import DataError, RunError
from segue.tasks.forecast.backtest import Fold, folds
from segue.tasks.forecast.columns import Columns, Fill, Grid
from segue.tasks.forecast.data import Panel, panel_from_frame, read_panel
from segue.tasks.forecast.future import evaluation, forecast_frame
from segue.tasks.forecast.guess import guess_columns
from segue.tasks.forecast.history import history_path, load_panel
from segue.tasks.forecast.scores import Scores
from segue.tasks.forecast.settings import Settings
from segue.tasks.forecast.task import (
    Fitted,
    load_fitted,
    prepare,
    read_config,
    train,
    write_config,
)
from segue.training import Progress, RunFolder, Silent

_KEPT = ("config.json", "weights.safetensors", "history.safetensors", "metrics.jsonl")


class Forecaster:
    """Forecasts of one or many time series, as quantiles.

    Args:
        horizon: steps to forecast.
        time: the time column; None when the frame has just one column of dates.
        target: what to forecast, one column or several; None when the frame has just one column
            of numbers.
        series: which series a row belongs to, in a long frame.
        known: columns of numbers that are known in the future.
        past: columns of numbers that are known only in the past.
        static: columns that a series never changes, text or numbers.
        context: steps that the model sees; None lets the data decide, here and below.
        cell: "gru", "gru_original", "lstm" or "rnn".
        hidden: features of the state.
        layers: recurrent layers.
        epochs: most passes over the training windows.
        minutes: most minutes of training.
        seed: of weights, order and dropout.
        fill: "forward", "linear" or "zero" fills missing values; None refuses them.
        observed: rows are observations one after another, as trading days are.
        season: steps of a season, for the baselines.
        validation: rows at the end of each series, before the test rows, to choose the weights by.
        test: rows at the end of each series to score on.

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

    def __init__(
        self,
        horizon: int,
        *,
        time: str | None = None,
        target: str | Sequence[str] | None = None,
        series: str | None = None,
        known: Sequence[str] = (),
        past: Sequence[str] = (),
        static: Sequence[str] = (),
        context: int | None = None,
        cell: str = "gru",
        hidden: int | None = None,
        layers: int | None = None,
        epochs: int | None = None,
        minutes: float | None = None,
        seed: int = 0,
        fill: str | None = None,
        observed: bool = False,
        season: int | None = None,
        validation: int | None = None,
        test: int | None = None,
    ) -> None:
        self._time = time
        self._target = (target,) if isinstance(target, str) else tuple(target or ())
        self._series = series
        self._known, self._past, self._static = tuple(known), tuple(past), tuple(static)
        placeholder = Columns("time", ("target",))
        self._settings = Settings(
            columns=placeholder,
            horizon=horizon,
            context=context,
            cell=cell,
            hidden=hidden,
            layers=layers,
            epochs=epochs,
            minutes=minutes,
            seed=seed,
            fill=None if fill is None else Fill(fill),
            grid=Grid.OBSERVED if observed else Grid.REGULAR,
            season=season,
            validation=validation,
            test=test,
        )
