"""What people and programs are told of a forecast beside its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segue.data.wording import count, one_line, shorten
from segue.tasks.forecast.columns import Grid
from segue.tasks.forecast.data import Panel, Unit
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.forecast.windows import Vocabulary
from segue.tasks.forecast.wording import step_text, time_text
from segue.tasks.recipe import parameters_of
from segue.tasks.task import Facts
from segue.training import FitResult
from segue.training.progress import duration

if TYPE_CHECKING:
    from segue.tasks.forecast.prepared import Prepared

_NAMED = 3  # series that a remark calls by name


def introduction(prepared: Prepared) -> list[str]:
    """The lines that come before a training: what was read, what will be trained on it."""
    panel, config = prepared.panel, prepared.model.config
    number = next(i for i, series in enumerate(panel.series) if series.id not in prepared.left_out)
    shape, cut, first = config.shape, prepared.cuts[number], panel.series[number]
    rows_from = (cut.train_end, cut.validation_end)
    starts = [time_text(prepared.time_at(first, row)) for row in rows_from]
    whose = "" if len(panel.series) == 1 else f" (series {shorten(first.id)})"
    parts = (
        f"training rows before {starts[0]}, validation before {starts[1]}, then test{whose}"
        if prepared.tested
        else f"training rows before {starts[0]}, then validation{whose}: no test rows, so these are"
        " scored, which chose the weights"
    )
    return [
        f"{one_line(prepared.source)}: {rows(panel)}, {span(panel)}, {_spacing(prepared)}",
        *filled(panel, prepared.settings),
        parts,
        *unscored(prepared),
        *_unseen_season(prepared),
        f"forecast {count(shape.horizon, 'step')} from {shape.context}: {config.cell} with"
        f" {config.hidden} features, {parameters_of(prepared.model):,} parameters",
    ]


def unscored(prepared: Prepared) -> list[str]:
    """Which series are forecast but have no part in the scores."""
    short = prepared.left_out
    if not short:
        return []
    names = ", ".join(map(shorten, short[:_NAMED]))
    more = f" and {len(short) - _NAMED} more" if len(short) > _NAMED else ""
    return [
        f"{len(short)} of {len(prepared.panel.series)} series are too short to be scored, but are"
        f" forecast: {names}{more}"
    ]


def _unseen_season(prepared: Prepared) -> list[str]:
    """A season of the data that the model does not see, and what would show it."""
    season, config = prepared.season, prepared.model.config
    if season < 2 or season in config.seasons:
        return []
    if prepared.settings.context is not None and config.shape.context < season:
        return [
            f"the model does not see the season of {season} steps: its context has"
            f" {config.shape.context}; give {season} or more, {2 * season + 1} if you can"
        ]
    return [f"the model does not use the season of {season} steps: too few rows hold two of it"]


def _spacing(prepared: Prepared) -> str:
    every, frequency = step_text(prepared.panel.frequency), prepared.panel.frequency
    if prepared.settings.grid is Grid.OBSERVED:
        return f"as they come, mostly {every} apart"
    if frequency.unit is Unit.INDEX:
        return f"numbered in steps of {frequency.step}"
    return f"one for every {every.removeprefix('1 ')}"


def remarks(panel: Panel, settings: ForecastSettings, vocabulary: Vocabulary) -> list[str]:
    """What should be known of rows that a trained model is given: filled values, new series."""
    had = set(vocabulary.series)
    new = [series.id for series in panel.series if series.id not in had]
    lines = filled(panel, settings)
    if new:
        names = ", ".join(map(shorten, new[:_NAMED]))
        more = f" and {len(new) - _NAMED} more" if len(new) > _NAMED else ""
        lines.append(
            f"{len(new)} of {len(panel.series)} series were not in the training: {names}{more}"
        )
    return lines


def filled(panel: Panel, settings: ForecastSettings) -> list[str]:
    """How many values were filled, if that was asked for."""
    if settings.fill is None:
        return []
    return [f"{count(panel.filled, 'missing value')} filled ({settings.fill})"]


def rows(panel: Panel) -> str:
    """How many rows with targets there are, in how many series."""
    total = sum(len(series.target) for series in panel.series)
    several = f" in {len(panel.series):,} series" if panel.columns.series else ""
    return f"{total:,} row{'' if total == 1 else 's'}{several}"


def span(panel: Panel) -> str:
    """The first and the last time that has targets."""
    first = min(series.time[0] for series in panel.series)
    last = max(series.time[len(series.target) - 1] for series in panel.series)
    return f"{time_text(first)} to {time_text(last)}"


def summary(prepared: Prepared) -> dict[str, Any]:
    """Of what was scored: the figures that a program may want."""
    panel, config = prepared.panel, prepared.model.config
    starts = [
        s.time[cut.validation_end if prepared.tested else cut.train_end]
        for s, cut in zip(panel.series, prepared.cuts, strict=True)
        if s.id not in prepared.left_out
    ]
    return {
        "rows": sum(len(series.target) for series in panel.series),
        "series": len(panel.series),
        "targets": list(panel.columns.targets),
        "unscored": list(prepared.left_out),
        "filled": panel.filled,
        "step": panel.frequency.label,
        "season": prepared.season,
        "scored_from": time_text(np.min(starts)),
        "horizon": config.shape.horizon,
        "context": config.shape.context,
        "cell": config.cell,
        "parameters": parameters_of(prepared.model),
    }


def facts(prepared: Prepared, result: FitResult) -> Facts:
    """Labels and values for the top of the report."""
    panel, config = prepared.panel, prepared.model.config
    shape = config.shape
    return (
        ("data", rows(panel)),
        ("from, to", span(panel)),
        ("step", step_text(panel.frequency)),
        ("season", count(prepared.season, "step")),
        ("seasons seen", " and ".join(map(str, sorted(config.seasons))) or "none"),
        ("horizon", count(shape.horizon, "step")),
        ("context", f"{count(shape.context, 'step')} in segments of {shape.segment}"),
        ("cell", f"{config.cell}, {config.hidden} features"),
        ("training", f"{count(result.epochs, 'epoch')} in {duration(result.seconds)}"),
        ("weights", f"of epoch {result.best_epoch}"),
        ("forecasts", "as scored" if prepared.settings.as_scored else "path fitted to all rows"),
        ("parameters", f"{parameters_of(prepared.model):,}"),
        ("layers", str(config.layers)),
        ("seed", str(prepared.settings.seed)),
        ("values filled", f"{panel.filled:,}"),
    )
