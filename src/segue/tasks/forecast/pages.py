"""From a finished training to what the report shows of a forecast alone."""

from collections.abc import Sequence

import numpy as np

from segue.data.wording import count
from segue.insight.curves import Curve
from segue.insight.report import Section
from segue.tasks.forecast import describe
from segue.tasks.forecast.baselines import BASELINES
from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.drawing import DataSeries, ForecastPages, ForecastWindow
from segue.tasks.forecast.prepared import Prepared, quantiles
from segue.tasks.forecast.scores import ForecastScores
from segue.tasks.forecast.windows import Rows, Windows
from segue.tasks.forecast.wording import channel_name, time_text
from segue.tasks.task import Trained

MOST_WINDOWS = 6


def pages(trained: Trained) -> tuple[Sequence[Section], str]:
    """The sections of the report, and the note under the scores."""
    prepared: Prepared = trained.prepared
    scores: ForecastScores = trained.scores
    windows = prepared.windows(prepared.scored)
    part = prepared.scored.value
    drawn = _spread(windows, MOST_WINDOWS)
    methods = (scores.model, *scores.baselines)
    found = ForecastPages(
        model=scores.model.name,
        data=_data(prepared),
        windows=_windows(prepared, windows, drawn, scores),
        window_note=f"{len(drawn)} of {scores.windows:,} {part} windows, evenly spaced over series"
        " and time, none chosen by its result.",
        error_by_step=tuple(
            Curve(m.name, np.arange(1, len(m.error_by_step) + 1), m.error_by_step) for m in methods
        ),
        coverage=scores.coverage,
        coverage_by_step=scores.coverage_by_step,
    )
    notes = (_score_note(prepared.panel, scores, part), *describe.unscored(prepared))
    return found.sections(), " ".join(notes)


def _score_note(panel: Panel, scores: ForecastScores, part: str) -> str:
    unit = "the unit of the data"
    if len(panel.columns.targets) > 1:
        unit = "the units of the data, averaged over targets"
    return (
        f"Every window of the {part} part, {scores.windows:,} in all. MAE and RMSE are in {unit},"
        " sMAPE is in percent, and MASE is relative to the error of repeating the value of"
        f" {count(scores.season, 'step')} before, on all rows before that part."
    )


def _spread(windows: Windows, most: int) -> Rows:
    """Evenly spaced windows: the first and last of all are among them."""
    count = min(most, len(windows))
    return np.unique(np.linspace(0, len(windows) - 1, count).round()).astype(np.int64)


def _windows(
    prepared: Prepared, windows: Windows, index: Rows, scores: ForecastScores
) -> tuple[ForecastWindow, ...]:
    forecast = quantiles(prepared.model, windows.batch(index))
    best = scores.best_baseline.name
    panel, shape = prepared.panel, windows.shape
    found = []
    for row, (s, column, origin) in enumerate(zip(*windows.locate(index), strict=True)):
        series = panel.series[s]
        past = slice(max(origin - shape.context, 0), origin)
        ahead = slice(origin, origin + shape.horizon)
        values = series.target[:, column]
        history = values[None, :origin]
        found.append(
            ForecastWindow(
                title=f"{channel_name(panel, s, column)}, from {time_text(series.time[origin])}",
                context_time=series.time[past],
                context=values[past],
                time=series.time[ahead],
                truth=values[ahead],
                levels=prepared.model.config.levels,
                quantiles=forecast[row],
                baseline_name=best,
                baseline=BASELINES[best](history, shape.horizon, scores.season)[0],
            )
        )
    return tuple(found)


def _data(prepared: Prepared) -> tuple[DataSeries, ...]:
    panel, cuts = prepared.panel, prepared.cuts
    columns = len(panel.columns.targets)
    channels = [(s, c) for s in range(len(panel.series)) for c in range(columns)]
    found = []
    for s, column in channels:
        series, cut = panel.series[s], cuts[s]
        time = series.time[: len(series.target)]
        starts = [prepared.time_at(series, row) for row in (cut.train_end, cut.validation_end)]
        values = series.target[:, column]
        found.append(DataSeries(channel_name(panel, s, column), time, values, *starts))
    return tuple(found)
