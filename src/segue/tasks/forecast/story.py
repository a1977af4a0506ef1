"""From a finished training to the report that tells of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.tasks.forecast.baselines import BASELINES
from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.report import (
    Curve,
    DataSeries,
    ForecastReport,
    ForecastWindow,
    ScoreRow,
    render,
)
from segue.tasks.forecast.scores import Predict, Scores
from segue.tasks.forecast.windows import Cut, Rows, Windows
from segue.training.files import write_whole

MOST_WINDOWS = 6
MOST_SERIES = 12
_SHOWN = {"mae": "MAE", "rmse": "RMSE", "smape": "sMAPE", "mase": "MASE", "owa": "OWA"}


def write_report(
    path: Path,
    *,
    title: str,
    facts: Sequence[tuple[str, str]],
    recipe: Sequence[tuple[str, str]],
    scores: Scores,
    windows: Windows,
    cuts: Sequence[Cut],
    predict: Predict,
    levels: Sequence[float],
    training: Sequence[Mapping[str, Any]],
    clip: float | None,
) -> None:
    """Write the report of one training to `path`.

    Args:
        path: of the html file.
        title: what was forecast.
        facts: label and value of what was asked and done.
        recipe: label and command of what to do next.
        scores: on the test windows.
        windows: the test windows, of which some are drawn.
        cuts: where each series was cut.
        predict: the model.
        levels: its quantile levels.
        training: the lines of metrics.jsonl.
        clip: the norm at which gradients were clipped.
    """
    drawn = _spread(windows, MOST_WINDOWS)
    report = ForecastReport(
        title=title,
        verdict=scores.verdict,
        beats=scores.beats,
        facts=tuple(facts),
        recipe=tuple(recipe),
        data=_data(windows.table.panel, cuts),
        training=_losses(training),
        gradient_norm=_gradient_norm(training),
        clip=clip,
        windows=_windows(windows, drawn, predict, tuple(levels), scores),
        window_note=f"{len(drawn)} of {scores.windows:,} test windows, evenly spaced over series"
        " and time, none chosen by its result.",
        error_by_step=tuple(
            Curve(m.name, np.arange(1, len(m.error_by_step) + 1), m.error_by_step)
            for m in (scores.model, *scores.baselines)
        ),
        scores=tuple(
            ScoreRow(
                m.name,
                m is scores.model,
                {_SHOWN[k]: m.metrics[k] for k in _SHOWN if k in m.metrics},
            )
            for m in (scores.model, *scores.baselines)
        ),
        score_note=_score_note(windows.table.panel, scores),
        coverage=scores.coverage,
    )
    write_whole(path, render(report).encode())


def _score_note(panel: Panel, scores: Scores) -> str:
    unit = "the unit of the data"
    if len(panel.columns.targets) > 1:
        unit = "the units of the data, averaged over targets"
    return (
        f"All {scores.windows:,} windows of the test part, one from every row and channel. MAE and"
        f" RMSE are in {unit}; sMAPE in percent; MASE is relative to the error of repeating the"
        f" value of {scores.season} step{'s' if scores.season > 1 else ''} before, on the training"
        " rows."
    )


def _spread(windows: Windows, most: int) -> Rows:
    """Evenly spaced windows: the first and last of all are among them."""
    count = min(most, len(windows))
    return np.unique(np.linspace(0, len(windows) - 1, count).round()).astype(np.int64)


def _windows(
    windows: Windows,
    index: Rows,
    predict: Predict,
    levels: tuple[float, ...],
    scores: Scores,
) -> tuple[ForecastWindow, ...]:
    quantiles = predict(windows.batch(index))
    best = scores.best_baseline.name
    panel, shape = windows.table.panel, windows.shape
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
                levels=levels,
                quantiles=quantiles[row],
                baseline_name=best,
                baseline=BASELINES[best](history, shape.horizon, scores.season)[0],
            )
        )
    return tuple(found)


def _data(panel: Panel, cuts: Sequence[Cut]) -> tuple[DataSeries, ...]:
    columns = len(panel.columns.targets)
    channels = [(s, c) for s in range(len(panel.series)) for c in range(columns)]
    step = max(1, -(-len(channels) // MOST_SERIES))
    found = []
    for s, column in channels[::step]:
        series, cut = panel.series[s], cuts[s]
        time = series.time[: len(series.target)]
        starts = (time[cut.train_end], time[cut.validation_end])
        values = series.target[:, column]
        found.append(DataSeries(channel_name(panel, s, column), time, values, *starts))
    return tuple(found)


def _losses(lines: Sequence[Mapping[str, Any]]) -> tuple[Curve, ...]:
    epochs = [line for line in lines if line["kind"] == "epoch"]
    if not epochs:
        return ()
    x = np.array([line["epoch"] for line in epochs])
    return tuple(
        Curve(name, x, np.array([line[key] for line in epochs], dtype=object))
        for name, key in (("training", "train_loss"), ("validation", "loss"))
    )


def _gradient_norm(lines: Sequence[Mapping[str, Any]]) -> Curve | None:
    steps = [line for line in lines if line["kind"] == "step"]
    if not steps:
        return None
    return Curve(
        "gradient norm",
        np.array([line["step"] for line in steps]),
        np.array([line["grad_norm"] for line in steps], dtype=object),
    )


def channel_name(panel: Panel, series: int, column: int) -> str:
    """Series and target, as far as there are several."""
    target, name = panel.columns.targets[column], panel.series[series].id
    if not name:
        return target
    return f"{name}, {target}" if len(panel.columns.targets) > 1 else name


def time_text(time: np.datetime64 | np.int64) -> str:
    """A time as the file would write it: a date, a date with its time, or a number.

    >>> time_text(np.datetime64("2024-03-01T00:00:00.000000"))
    '2024-03-01'
    >>> time_text(np.datetime64("2024-03-01T06:30:00.000000"))
    '2024-03-01T06:30:00'
    """
    if not isinstance(time, np.datetime64):
        return str(int(time))
    day = time.astype("datetime64[D]")
    if day == time:
        return str(day)
    second = time.astype("datetime64[s]")
    return str(second if second == time else time.astype("datetime64[us]"))
