"""How results look: a table for people, JSON for programs, both on stdout."""

import io
import json
import math
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from segue.data.wording import one_line
from segue.tasks.scores import Measure, Scores, as_json
from segue.tasks.task import AnyTask, Trained
from segue.training import RunFolder

_GAP = 2  # blanks between columns
_NAME = 12  # the least for the names of methods, where they are wider
_ENDLESS = 10_000  # columns of what is no terminal


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
    command = shlex.join(["segue", task.about.shown, str(run.path)])
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
    if not made.is_terminal:
        made.soft_wrap, made.width = True, _ENDLESS
    return made


def _print_json(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, indent=2, allow_nan=False))


def _print_scores(console: Console, scores: Scores) -> None:
    console.print(
        Text(one_line(scores.verdict), style="bold green" if scores.beats else "bold red")
    )
    console.print()
    for table in tables(scores, console.width):
        console.print(table)
        console.print()
    for line in scores.remarks:
        console.print(Text(one_line(line)))


@dataclass(frozen=True)
class _Column:
    """The figures of one measure, from the model down."""

    label: str
    cells: Sequence[Text]

    def width(self, *, folded: bool) -> int:
        """What it needs: no figure is cut. `folded` puts each word of its heading into a line."""
        heads = self.label.split() if folded else [self.label]
        return max(cell_len(text) for text in (*heads, *(cell.plain for cell in self.cells)))


def tables(scores: Scores, width: int) -> Iterator[Table]:
    """Model and baselines, a row each; what does not fit into `width` stands in a further table."""
    names = [one_line(row.name) for row in (scores.model, *scores.baselines)]
    columns = [_column(scores, measure) for measure in scores.shown]
    named = max(map(cell_len, names))
    folded = named + sum(_GAP + column.width(folded=False) for column in columns) > width
    if folded:
        named = min(named, max(_NAME, width // 3))
    while columns:
        room, fit = width - named, 0
        for column in columns:
            room -= _GAP + column.width(folded=folded)
            fit += room >= 0
        some, columns = columns[: max(fit, 1)], columns[max(fit, 1) :]
        table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
        table.add_column("", width=named, overflow="fold")
        for column in some:
            size = column.width(folded=folded)
            table.add_column(Text(column.label), justify="right", width=size)
        for name, *cells in zip(names, *(column.cells for column in some), strict=True):
            table.add_row(Text(name), *cells)
        yield table


def _column(scores: Scores, measure: Measure) -> _Column:
    values = [row.metrics.get(measure.key) for row in (scores.model, *scores.baselines)]
    finite = [value for value in values if value is not None and math.isfinite(value)]
    best = (max if measure.higher else min)(finite, default=None)
    styles = ["bold" if value is not None and value == best else "" for value in values]
    cells = [Text(measure.figure(v), style) for v, style in zip(values, styles, strict=True)]
    return _Column(measure.label, cells)
