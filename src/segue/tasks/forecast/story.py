"""From a finished training to the report that tells of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segue.data.wording import count
from segue.tasks.forecast import facts
from segue.tasks.forecast.baselines import BASELINES
from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.prepared import Prepared, quantiles
from segue.tasks.forecast.report import (
    Curve,
    DataSeries,
    ForecastReport,
    ForecastWindow,
    ScoreRow,
    render,
)
from segue.tasks.forecast.scores import Method, Scores
from segue.tasks.forecast.settings import ForecastRun
from segue.tasks.forecast.windows import Cut, Part, Rows, Windows
from segue.tasks.forecast.wording import channel_name, step_text, time_text
from segue.training import FitResult, RunFolder
from segue.training.files import write_whole
from segue.training.progress import duration

MOST_WINDOWS = 6
_SHOWN = {"mae": "MAE", "rmse": "RMSE", "smape": "sMAPE", "mase": "MASE", "owa": "OWA"}


@dataclass(frozen=True)
class Trained:
    """What a training leaves."""

    run: RunFolder
    record: ForecastRun
    prepared: Prepared
    result: FitResult
    scores: Scores


def write_report(trained: Trained, clip: float | None) -> None:
    """Write the run's report; `clip` is the norm at which gradients were clipped."""
    prepared, scores, run = trained.prepared, trained.scores, trained.run
    windows, lines = prepared.windows(Part.TEST), run.metrics()
    drawn = _spread(windows, MOST_WINDOWS)
    methods = (scores.model, *scores.baselines)
    report = ForecastReport(
        title=f"Forecast of {', '.join(prepared.panel.columns.targets)}",
        verdict=scores.verdict,
        beats=scores.beats,
        facts=_facts(trained),
        recipe=_recipe(trained.record),
        data=_data(prepared.panel, prepared.cuts),
        training=_losses(lines),
        gradient_norm=_gradient_norm(lines),
        clip=clip,
        windows=_windows(prepared, windows, drawn, scores),
        window_note=f"{len(drawn)} of {scores.windows:,} test windows, evenly spaced over series"
        " and time, none chosen by its result.",
        error_by_step=tuple(
            Curve(m.name, np.arange(1, len(m.error_by_step) + 1), m.error_by_step) for m in methods
        ),
        scores=tuple(ScoreRow(m.name, m is scores.model, _shown(m)) for m in methods),
        score_note=_score_note(prepared.panel, scores),
        coverage=scores.coverage,
    )
    write_whole(run.report_path, render(report).encode())


def _shown(method: Method) -> dict[str, float | None]:
    return {_SHOWN[key]: method.metrics[key] for key in _SHOWN if key in method.metrics}


def _facts(trained: Trained) -> tuple[tuple[str, str], ...]:
    prepared, result = trained.prepared, trained.result
    panel, config = prepared.panel, prepared.model.config
    shape = config.shape
    return (
        ("data", facts.rows(panel)),
        ("from, to", facts.span(panel)),
        ("step", step_text(panel.frequency)),
        ("season", count(prepared.season, "step")),
        ("horizon", count(shape.horizon, "step")),
        ("context", f"{count(shape.context, 'step')} in segments of {shape.segment}"),
        ("cell", f"{config.cell}, {config.hidden} features"),
        ("training", f"{count(result.epochs, 'epoch')} in {duration(result.seconds)}"),
        ("weights", f"of epoch {result.best_epoch}"),
        ("parameters", f"{prepared.parameters:,}"),
        ("layers", str(config.layers)),
        ("seed", str(prepared.settings.seed)),
        ("values filled", f"{panel.filled:,}"),
    )


def _recipe(record: ForecastRun) -> tuple[tuple[str, str], ...]:
    lines = [
        ("Forecast what comes next", "segue predict RUN"),
        ("Score it on newer rows", "segue evaluate RUN FILE"),
    ]
    if record.data.file is not None:
        command = facts.train_command(Path(record.data.file).name, record.columns, record.settings)
        lines.append(("Train it again", command))
    return tuple(lines)


def _score_note(panel: Panel, scores: Scores) -> str:
    unit = "the unit of the data"
    if len(panel.columns.targets) > 1:
        unit = "the units of the data, averaged over targets"
    return (
        f"Every window of the test part, {scores.windows:,} in all. MAE and RMSE are in {unit},"
        " sMAPE is in percent, and MASE is relative to the error of repeating the value of"
        f" {count(scores.season, 'step')} before, on the training rows."
    )


def _spread(windows: Windows, most: int) -> Rows:
    """Evenly spaced windows: the first and last of all are among them."""
    count = min(most, len(windows))
    return np.unique(np.linspace(0, len(windows) - 1, count).round()).astype(np.int64)


def _windows(
    prepared: Prepared, windows: Windows, index: Rows, scores: Scores
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


def _data(panel: Panel, cuts: Sequence[Cut]) -> tuple[DataSeries, ...]:
    columns = len(panel.columns.targets)
    channels = [(s, c) for s in range(len(panel.series)) for c in range(columns)]
    found = []
    for s, column in channels:
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
