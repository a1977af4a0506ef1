"""`Forecaster`: the application from Python, by scikit-learn's habits."""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import polars as pl

from segue.data.frames import to_polars
from segue.errors import OptionError, RunError
from segue.tasks.forecast.backtest import Fold, backtest
from segue.tasks.forecast.columns import Grid
from segue.tasks.forecast.data import Panel, panel_from_frame
from segue.tasks.forecast.future import Loaded, evaluation, forecast_frame, load
from segue.tasks.forecast.guess import Roles
from segue.tasks.forecast.scores import Scores
from segue.tasks.forecast.settings import ForecastRun, Settings
from segue.tasks.forecast.task import begin, go_on, prepare, score_part
from segue.tasks.forecast.windows import Part
from segue.training import Progress, RunFolder, Silent
from segue.training.files import write_whole

_KEPT = (
    "weights.safetensors",
    "history.safetensors",
    "metrics.jsonl",
    "report.html",
    "config.json",
)


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
        cell: a name of `segue.cells.by_name()`, such as "gru" or "lstm".
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

    Raises:
        OptionError: an argument has a value that cannot be used.

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
        self._roles = Roles(
            time, _names(target), series, _names(known), _names(past), _names(static)
        )
        self._settings = Settings.of(
            {
                "horizon": horizon,
                "context": context,
                "cell": cell,
                "hidden": hidden,
                "layers": layers,
                "epochs": epochs,
                "minutes": minutes,
                "seed": seed,
                "fill": fill,
                "grid": Grid.OBSERVED if observed else Grid.REGULAR,
                "season": season,
                "validation": validation,
                "test": test,
            }
        )
        self._loaded: Loaded | None = None
        self._scores: Scores | None = None
        self._fitted_on: Any = None

    @property
    def scores(self) -> Scores:
        """How the model did on the test rows, beside the baselines.

        Raises:
            RunError: nothing was fitted here.
        """
        if self._scores is None:
            raise RunError("no scores: fit this Forecaster, or call evaluate on new rows")
        return self._scores

    @property
    def run(self) -> RunFolder:
        """The run's folder, with its report.

        Raises:
            RunError: nothing was fitted or loaded.
        """
        return self._model.run

    def fit(
        self,
        frame: Any,
        *,
        run: str | Path | None = None,
        resume: bool = False,
        progress: Progress | None = None,
    ) -> Self:
        """Train on a polars or pandas frame.

        Args:
            frame: the series.
            run: folder to keep the run in; a temporary one, gone with this object, when None.
            resume: go on with the training in `run` that was interrupted, on the same frame and
                with the same arguments.
            progress: what to show meanwhile; nothing when None.

        Raises:
            DataError: the frame cannot be used as it is.
            OptionError: an argument does not fit the frame.
            RunError: the folder holds something already, or is not a run of this frame.
        """
        panel = self._panel(frame)
        shown = Silent() if progress is None else progress
        if resume:
            if run is None:
                raise OptionError("resume=True needs run=..., the folder to go on in")
            folder = RunFolder.open(run)
            record = ForecastRun.read(folder)
            if record.settings != self._settings:
                raise OptionError(f"{folder.path}: was begun with other arguments; give the same")
            trained = go_on(record, panel, "frame", folder, shown)
        else:
            prepared = prepare(panel, self._settings, "frame")
            if run is None:
                run = tempfile.mkdtemp(prefix="segue-")
                weakref.finalize(self, shutil.rmtree, run, ignore_errors=True)
            folder = RunFolder.create(run)
            trained = begin(prepared, folder, None, shown)
        self._loaded, self._scores = load(folder), trained.scores
        self._fitted_on = type(frame)
        return self

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
        loaded = self._model
        if frame is None:
            found = forecast_frame(loaded, loaded.history, str(loaded.run.path))
            return _as(self._fitted_on, found)
        return _as(type(frame), forecast_frame(loaded, loaded.take(frame), "frame"))

    def evaluate(self, frame: Any) -> Scores:
        """Score the model on every window that its training did not see.

        Raises:
            DataError: the frame does not fit the training, or has no rows that are new to it.
        """
        loaded = self._model
        return score_part(evaluation(loaded, loaded.take(frame), "frame"), Part.TEST)

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
        return list(backtest(self._panel(frame), self._settings, origins, "frame"))

    def save(self, path: str | Path) -> None:
        """Copy what predicting needs, and the report, to a folder that does not exist yet.

        Raises:
            RunError: nothing was fitted, or the folder holds something already.
        """
        source = self.run
        folder = RunFolder.create(path)
        for name in _KEPT:
            if (source.path / name).is_file():
                write_whole(folder.path / name, (source.path / name).read_bytes())

    @classmethod
    def load(cls, path: str | Path) -> "Forecaster":
        """Bring back a run, from `save` or from the command line.

        Raises:
            RunError: there is no run, or it is damaged or not finished.
        """
        loaded = load(RunFolder.open(path))
        forecaster = cls(loaded.record.settings.horizon)
        forecaster._settings = loaded.record.settings
        forecaster._roles = Roles.of(loaded.record.columns)
        forecaster._loaded = loaded
        return forecaster

    @property
    def _model(self) -> Loaded:
        if self._loaded is None:
            raise RunError("this Forecaster has no model yet: fit or load one")
        return self._loaded

    def _panel(self, frame: Any) -> Panel:
        asked, table = self._settings, to_polars(frame, "frame")
        return panel_from_frame(table, self._roles.find(table), fill=asked.fill, grid=asked.grid)


def _names(given: str | Sequence[str] | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


def _as(kind: Callable[..., Any] | None, found: pl.DataFrame) -> Any:
    """A forecast as the kind of frame that was given: polars, or else pandas."""
    if kind is None or kind in (pl.DataFrame, pl.LazyFrame):
        return found
    return kind({name: found[name].to_numpy() for name in found.columns})
