"""From a finished training to the page that tells of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.insight.curves import Curve
from segue.insight.report import Report, render
from segue.insight.tables import ScoreRow
from segue.tasks.scores import Scores
from segue.tasks.settings import command
from segue.tasks.task import Trained


def report_of(task: Any, trained: Trained, clip: float | None) -> bytes:
    """The content of a run's report; `clip` is the norm at which gradients were clipped."""
    scores, run, prepared = trained.scores, trained.run, trained.prepared
    lines = run.metrics()
    sections, note = task.pages(trained)
    report = Report(
        task=task.name,
        title=prepared.title,
        verdict=scores.verdict,
        beats=scores.beats,
        facts=prepared.facts(trained.result),
        scores=_rows(scores),
        score_note=note,
        higher_is_better=frozenset(m.label for m in scores.shown if m.higher),
        sections=sections,
        training=_losses(lines),
        gradient_norm=_gradient_norm(lines),
        clip=clip,
        recipe=_recipe(task, trained.record),
    )
    return render(report).encode()


def _rows(scores: Scores) -> tuple[ScoreRow, ...]:
    return tuple(
        ScoreRow(
            method.name,
            method is scores.model,
            {m.label: method.metrics[m.key] for m in scores.shown if m.key in method.metrics},
        )
        for method in (scores.model, *scores.baselines)
    )


def _recipe(task: Any, record: Any) -> tuple[tuple[str, str], ...]:
    lines = [
        (task.about.predicting, "segue predict RUN"),
        (task.about.evaluating, "segue evaluate RUN FILE"),
    ]
    if record.data.files:
        names = [Path(file).name for file in record.data.files]
        lines.append(("Train it again", command(task.name, names, record.settings)))
    return tuple(lines)


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
