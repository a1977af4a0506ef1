"""How results look: a table for people, JSON for programs, both on stdout."""

import json
import math
import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from segue.data.wording import count
from segue.tasks.forecast.facts import summary
from segue.tasks.forecast.prepared import Prepared
from segue.tasks.forecast.scores import Method, Scores
from segue.tasks.forecast.story import Trained
from segue.training import RunFolder

_MEASURES = {"mae": "MAE", "rmse": "RMSE", "smape": "sMAPE", "mase": "MASE", "owa": "OWA"}


def show_training(trained: Trained, as_json: bool) -> None:
    """Print what a training came to, and what to do next."""
    run, scores = trained.run, trained.scores
    if as_json:
        result = trained.result
        training = {
            "epochs": result.epochs,
            "best_epoch": result.best_epoch,
            "best_loss": result.best_loss,
            "steps": result.steps,
            "stopped": result.stopped.value,
        }
        _print_json({**scores_as_json(scores, trained.prepared, run), "training": training})
        return
    out = console()
    _print_scores(out, scores)
    out.print(f"Report: {run.report_path}")
    out.print(f"Forecast: {shlex.join(['segue', 'predict', str(run.path)])}")


def show_scores(scores: Scores, prepared: Prepared, run: RunFolder, as_json: bool) -> None:
    """Print the verdict and the table of model and baselines."""
    if as_json:
        _print_json(scores_as_json(scores, prepared, run))
    else:
        _print_scores(console(), scores)


def scores_as_json(scores: Scores, prepared: Prepared, run: RunFolder) -> dict[str, Any]:
    """Everything that was measured; what does not exist is null."""
    return {
        "task": "forecast",
        "run": str(run.path),
        "verdict": scores.verdict,
        "beats_best_baseline": scores.beats,
        "best_baseline": scores.best_baseline.name,
        "measure": scores.measure,
        "skill": _number(scores.skill),
        "windows": scores.windows,
        **summary(prepared),
        "model": _method(scores.model),
        "baselines": {method.name: _method(method) for method in scores.baselines},
        "coverage": [{"nominal": n, "observed": o} for n, o in scores.coverage],
    }


def console() -> Console:
    """Where results go. A terminal wraps at words; where a program reads, a line stays a line."""
    made = Console(highlight=False)
    made.soft_wrap = not made.is_terminal
    return made


def _print_json(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, indent=2, allow_nan=False))


def _print_scores(console: Console, scores: Scores) -> None:
    console.print(Text(scores.verdict, style="bold green" if scores.beats else "bold red"))
    console.print()
    console.print(_table(scores))
    console.print()
    held = ", ".join(f"the {n:.0%} interval {o:.1%}" for n, o in scores.coverage)
    console.print(Text(f"Of the truths, {held.replace('interval ', 'interval held ', 1)}."))
    if scores.season > 1:
        console.print(f"Season, for seasonal naive and MASE: {count(scores.season, 'step')}.")


def _table(scores: Scores) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    measures = [m for m in _MEASURES if m in scores.model.metrics]
    table.add_column("")
    for measure in measures:
        table.add_column(_MEASURES[measure], justify="right")
    rows = (scores.model, *scores.baselines)
    best = {m: min(row.metrics.get(m, math.inf) for row in rows) for m in measures}
    for row in rows:
        cells = [
            Text(_figure(row.metrics.get(m)), "bold" if row.metrics.get(m) == best[m] else "")
            for m in measures
        ]
        table.add_row(row.name, *cells)
    return table


def _figure(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:,.4g}"


def _method(method: Method) -> dict[str, Any]:
    figures: dict[str, Any] = {name: _number(value) for name, value in method.metrics.items()}
    return {**figures, "mae_by_step": [_number(v) for v in method.error_by_step.tolist()]}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
