"""Rolling-origin backtest: train anew before each origin, forecast the horizon after it.

L. J. Tashman, "Out-of-sample tests of forecasting accuracy: an analysis and review", International
Journal of Forecasting 16 (2000).
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from segue.data.source import Source
from segue.data.wording import shorten
from segue.errors import DataError, OptionError
from segue.tasks import flow
from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.scores import ForecastScores
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.forecast.task import ForecastTask
from segue.training import Silent


@dataclass(frozen=True)
class Fold:
    """One origin: the first time that was forecast, and the scores of the horizon from there."""

    origin: np.datetime64 | int
    scores: ForecastScores


def backtest(panel: Panel, settings: ForecastSettings, origins: int, source: str) -> Iterator[Fold]:
    """Train and score at `origins` origins, a horizon apart, the last one a horizon from the end.

    Each training sees only rows before its origin. In a panel of series that end at different
    times, an origin lies as many rows before the end of each.

    Raises:
        DataError: too few rows for so many origins.
        OptionError: no origin is asked for, or a setting does not fit what is left.
    """
    if origins < 1:
        raise OptionError(f"{origins} origins; ask for one or more")
    task, horizon = ForecastTask(), settings.horizon
    held = settings.model_copy(update={"test": horizon})
    # The first fold has the fewest rows: what it lacks is said before anything is trained.
    for number in reversed(range(origins)):
        try:
            cut = _shortened(panel, number * horizon, source)
            prepared = flow.build(task, cut, held, source)
        except (DataError, OptionError) as error:
            raise type(error)(f"{error}; or ask for fewer than {origins} origins") from None
        with tempfile.TemporaryDirectory(prefix="segue-") as folder:
            frame = Source.of_frame(None)
            scores = flow.begin(task, prepared, frame, folder, Silent()).scores
        first = prepared.cuts[0].validation_end
        yield Fold(cut.series[0].time[first], scores)


def _shortened(panel: Panel, rows: int, source: str) -> Panel:
    """Without the last `rows` rows of each series; what is known ahead of them stays known."""
    series = []
    for s in panel.series:
        end = len(s.target) - rows
        if end < 1:
            whose = f"series {shorten(s.id)} has " if panel.columns.series else ""
            raise DataError(f"{source}: {whose}{len(s.target)} rows, too few to go back {rows}")
        series.append(replace(s, target=s.target[:end], past=s.past[:end]))
    return replace(panel, series=tuple(series))
