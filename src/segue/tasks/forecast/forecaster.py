"""`Forecaster`: the application from Python, by scikit-learn's habits."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import polars as pl

from segue.errors import RunError
from segue.tasks.forecast.backtest import Fold, backtest
from segue.tasks.forecast.columns import Columns, Fill, Grid
from segue.tasks.forecast.data import Panel, panel_from_frame, read_panel
from segue.tasks.forecast.future import Loaded, evaluation, forecast_frame, load
from segue.tasks.forecast.guess import guess_columns
from segue.tasks.forecast.scores import Scores
from segue.tasks.forecast.settings import Settings
from segue.tasks.forecast.task import prepare, score_part, train, write_record
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
        self._targets = (target,) if isinstance(target, str) else tuple(target or ())
        self._series = series
        self._known, self._past, self._static = tuple(known), tuple(past), tuple(static)
        self._settings: Callable[..., Settings] = partial(
            Settings,
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
        self._loaded: Loaded | None = None
        self._run: RunFolder | None = None
        self._frame_type: Callable[..., Any] = pl.DataFrame
        self._scores: Scores | None = None

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
        if self._run is None:
            raise RunError("this Forecaster has no run yet: fit or load one")
        return self._run

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
            run: folder to keep the run in; a temporary one when None.
            resume: go on with the training in `run` that was interrupted, on the same frame.
            progress: what to show meanwhile; nothing when None.

        Raises:
            DataError: the frame cannot be used as it is.
            RunError: the folder holds something already.
        """
        settings = self._ask(frame)
        panel = panel_from_frame(frame, settings.columns, fill=settings.fill, grid=settings.grid)
        prepared = prepare(panel, settings, "frame")
        if run is None:
            self._folder = tempfile.TemporaryDirectory(prefix="segue-")
            run = Path(self._folder.name) / "run"
        folder = RunFolder.create(run, resume=resume)
        if not resume:
            write_record(folder, prepared, None)
        trained = train(prepared, folder, progress or Silent(), resume=resume)
        self._run, self._scores, self._loaded = folder, trained.scores, load(folder)
        self._frame_type = pl.DataFrame if isinstance(frame, pl.LazyFrame) else type(frame)
        return self

    def predict(self, frame: Any = None) -> Any:
        """Forecast the steps after the last row of each series.

        Args:
            frame: series to go on from; those of the training when None.

        Returns:
            A frame of the kind that was fitted: `series`, `target`, `time`, and a column for each
            quantile level.
        """
        if frame is None:
            found = forecast_frame(self._model, self._model.history, "the run's history")
        else:
            found = forecast_frame(self._model, self._panel(frame), "frame")
        return self._frame_type(found.to_dict(as_series=False))

    def predict_file(self, path: str | Path) -> pl.DataFrame:
        """As `predict`, from a file."""
        return forecast_frame(self._model, self._read(path), str(path))

    def evaluate(self, frame: Any) -> Scores:
        """Score the model on every window that its training did not see."""
        return score_part(evaluation(self._model, self._panel(frame), "frame"), Part.TEST)

    def evaluate_file(self, path: str | Path) -> Scores:
        """As `evaluate`, on a file."""
        return score_part(evaluation(self._model, self._read(path), str(path)), Part.TEST)

    def backtest(self, frame: Any, *, origins: int = 3) -> list[Fold]:
        """Train anew before each of several origins, and score the horizon after it.

        Args:
            frame: polars or pandas.
            origins: how many, a horizon apart; the last one is a horizon from the end.

        Returns:
            Origin and scores, from the earliest on. This Forecaster itself stays as it is.
        """
        settings = self._ask(frame)
        panel = panel_from_frame(frame, settings.columns, fill=settings.fill, grid=settings.grid)
        return list(backtest(panel, settings, origins, "frame"))

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
        run = RunFolder.open(path)
        loaded = load(run)
        settings = loaded.record.settings
        columns = settings.columns
        forecaster = cls(
            settings.horizon,
            time=columns.time,
            target=columns.targets,
            series=columns.series,
            known=columns.known,
            past=columns.past,
            static=columns.static,
        )
        forecaster._settings = partial(_with_columns, settings)
        forecaster._loaded, forecaster._run = loaded, run
        return forecaster

    @property
    def _model(self) -> Loaded:
        if self._loaded is None:
            raise RunError("this Forecaster has no model yet: fit or load one")
        return self._loaded

    def _ask(self, frame: Any) -> Settings:
        others = [*self._known, *self._past, *self._static]
        others += [] if self._series is None else [self._series]
        time, targets = guess_columns(frame, others, self._time, self._targets)
        columns = Columns(time, targets, self._series, self._known, self._past, self._static)
        return self._settings(columns=columns)

    def _panel(self, frame: Any) -> Panel:
        asked = self._model.record.settings
        return panel_from_frame(frame, asked.columns, fill=asked.fill, grid=asked.grid)

    def _read(self, path: str | Path) -> Panel:
        asked = self._model.record.settings
        return read_panel(path, asked.columns, fill=asked.fill, grid=asked.grid)


def _with_columns(settings: Settings, *, columns: Columns) -> Settings:
    return settings.model_copy(update={"columns": columns})
