"""How results look: a table for people, JSON for programs, both on stdout."""

import io
import json
import math
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from segue.data.wording import one_line
from segue.tasks.scores import Scores, as_json
from segue.tasks.task import AnyTask, Trained
from segue.training import RunFolder


def show_training(task: AnyTask, trained: Trained, wants_json: bool) -> None:
    """Print what a training came to, and what to do next."""
    run, scores = trained.run, trained.scores
    if wants_json:
        result = trained.result
        training = {
            "epochs": result.epochs,
            "best_epoch": result.best_epoch,
            "best_loss": result.best_loss,
            "steps": result.steps,
            "stopped": result.stopped.value,
        }
        summary = trained.prepared.summary()
        _print_json({**as_json(scores, task.name, str(run.path), summary), "training": training})
        return
    out = console()
    _print_scores(out, scores)
    out.print(Text(one_line(f"Report: {run.report_path}")))
    verb = "predict" if task.about.perform is None else task.name
    command = shlex.join(["segue", verb, str(run.path)])
    out.print(Text(one_line(f"{task.about.verb}: {command}")))


def show_scores(
    task: AnyTask, scores: Scores, prepared: Any, run: RunFolder, wants_json: bool
) -> None:
    """Print the verdict and the table of model and baselines."""
    if wants_json:
        _print_json(as_json(scores, task.name, str(run.path), prepared.summary()))
    else:
        _print_scores(console(), scores)


def console() -> Console:
    """Where results go. A terminal wraps at words; where a program reads, a line stays a line."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a letter that it lacks loses no table
        sys.stdout.reconfigure(errors="backslashreplace")
    made = Console(highlight=False, markup=False)
    made.soft_wrap = not made.is_terminal
    return made


def _print_json(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, indent=2, allow_nan=False))


def _print_scores(console: Console, scores: Scores) -> None:
    console.print(
        Text(one_line(scores.verdict), style="bold green" if scores.beats else "bold red")
    )
    console.print()
    console.print(_table(scores))
    console.print()
    for line in scores.remarks:
        console.print(Text(one_line(line)))


def _table(scores: Scores) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for measure in scores.shown:
        table.add_column(Text(measure.label), justify="right")
    rows = (scores.model, *scores.baselines)
    for row in rows:
        cells = []
        for measure in scores.shown:
            value = row.metrics.get(measure.key)
            values = [r.metrics[measure.key] for r in rows if measure.key in r.metrics]
            finite = [v for v in values if math.isfinite(v)]
            best = (max if measure.higher else min)(finite, default=None)
            cells.append(Text(measure.figure(value), "bold" if value == best else ""))
        table.add_row(Text(one_line(row.name)), *cells)
    return table
