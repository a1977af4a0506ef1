"""Rolling-origin backtest: train anew before each origin, forecast the horizon after it.

L. J. Tashman, "Out-of-sample tests of forecasting accuracy: an analysis and review", International
Journal of Forecasting 16 (2000).
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.errors import DataError
from segue.tasks.forecast.data import Panel, Series
from segue.tasks.forecast.scores import Scores
from segue.tasks.forecast.settings import Settings
from segue.tasks.forecast.task import prepare, train
from segue.training import RunFolder, Silent


@dataclass(frozen=True)
class Fold:
    """One origin: the first time that was forecast, and the scores of the horizon from there."""

    origin: np.datetime64 | int
    scores: Scores


def backtest(panel: Panel, settings: Settings, origins: int, source: str) -> Iterator[Fold]:
    """Train and score at `origins` origins, a horizon apart, the last one a horizon from the end.

    Each training sees only rows before its origin.

    Raises:
        DataError: too few rows for so many origins.
    """
    horizon = settings.horizon
    held = settings.model_copy(update={"test": horizon})
    for number in reversed(range(origins)):
        cut = _shortened(panel, number * horizon)
        try:
            prepared = prepare(cut, held, source)
        except DataError as error:
            raise DataError(f"{error}; or ask for fewer than {origins} origins") from None
        with tempfile.TemporaryDirectory() as folder:
            run = RunFolder.create(Path(folder) / "run")
            scores = train(prepared, run, Silent()).scores
        first = prepared.cuts[0].validation_end
        yield Fold(cut.series[0].time[first], scores)


def _shortened(panel: Panel, rows: int) -> Panel:
    """Without the last `rows` rows of each series; the rows ahead that this leaves stay known."""
    series = []
    for s in panel.series:
        end = len(s.target) - rows
        if end < 1:
            raise DataError(f"{len(s.target)} rows are too few for the backtest; give more rows")
        series.append(Series(s.id, s.time, s.target[:end], s.known, s.past[:end], s.static))
    return Panel(panel.columns, panel.frequency, tuple(series), panel.filled)
