"""How results look: a table for people, JSON for programs, both on stdout."""

import json
import math
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from segue.tasks.forecast.scores import Method, Scores
from segue.training.run import RunFolder

_MEASURES = {"mae": "MAE", "rmse": "RMSE", "smape": "sMAPE", "mase": "MASE", "owa": "OWA"}


def show_scores(scores: Scores, run: RunFolder | None, as_json: bool) -> None:
    """Print the verdict, the table of model and baselines, and where the report lies."""
    if as_json:
        print(json.dumps(scores_as_json(scores, run), indent=2, allow_nan=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(scores.verdict, style="bold green" if scores.beats else "bold red"))
    console.print()
    console.print(_table(scores))
    pairs = [f"{nominal:.0%}: {observed:.1%}" for nominal, observed in scores.coverage]
    console.print(
        f"Truths inside the central intervals (nominal: observed): {', '.join(pairs)}."
        f" Season of {scores.season} steps."
    )
    if run is not None and run.report_path.is_file():
        console.print(f"Report: {run.report_path}")


def scores_as_json(scores: Scores, run: RunFolder | None) -> dict[str, Any]:
    """Everything that was measured; what does not exist is null."""
    return {
        "task": "forecast",
        "run": None if run is None else str(run.path),
        "verdict": scores.verdict,
        "beats_best_baseline": scores.beats,
        "best_baseline": scores.best_baseline.name,
        "skill": _number(scores.skill),
        "windows": scores.windows,
        "season": scores.season,
        "model": _method(scores.model),
        "baselines": {method.name: _method(method) for method in scores.baselines},
        "coverage": [{"nominal": n, "observed": o} for n, o in scores.coverage],
    }


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
