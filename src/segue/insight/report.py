"""The report of a run: what every task's page has, around the sections that only one has."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from segue.errors import RunError
from segue.insight.curves import Curve, gradient_section, loss_section
from segue.insight.markup import Html, clean, element
from segue.insight.page import command, facts, left_out, nothing, page, section, verdict
from segue.insight.tables import ScoreRow, score_table

LIMIT = 2_000_000
"""Bytes that a report may have at most."""

# How finely charts are drawn: the first that fits the limit is taken.
_DETAILS = (1.0, 0.4, 0.15, 0.04)
_MOST_ROWS, _MOST_CURVES, _MOST_FACTS = 40, 12, 60
_KEY_FACTS = 8

Section = Callable[[float], Html]
"""Draws a part of the page, as finely as a number from 0 to 1 says."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """Everything that the page shows. Any tuple may be empty.

    Attributes:
        task: whose report it is.
        title: of the page.
        verdict: whether the model beats the best baseline, and by how much.
        beats: True when it does.
        facts: label and value; the first eight stand at the top.
        scores: the model and each baseline.
        score_note: unit and scale of the scores, and over what they are taken.
        higher_is_better: metrics of the scores for which that is so.
        sections: what only this task has.
        training: the training loss, then the validation loss, by epoch.
        gradient_norm: by optimizer step, before clipping.
        clip: the norm that gradients were clipped at.
        recipe: what to do, and the command for it.
    """

    task: str
    title: str
    verdict: str
    beats: bool
    facts: tuple[tuple[str, str], ...] = ()
    scores: tuple[ScoreRow, ...] = ()
    score_note: str = ""
    higher_is_better: frozenset[str] = frozenset()
    sections: Sequence[Section] = ()
    training: tuple[Curve, ...] = ()
    gradient_norm: Curve | None = None
    clip: float | None = None
    recipe: tuple[tuple[str, str], ...] = ()


def render(report: Report) -> str:
    """The whole page: one HTML file under 2 MB that opens offline. Equal reports give equal bytes.

    Raises:
        RunError: the texts alone are over the limit.

    Example:
        >>> report = Report(task="forecast", title="Sales", verdict="Beats it by 12%.", beats=True)
        >>> "Beats it by 12%." in render(report)
        True
    """
    for detail in _DETAILS:
        text = page(report.title, *_parts(report, detail))
        if len(text.encode()) < LIMIT:
            return text
    raise RunError("the report is over 2 MB at its coarsest; give it fewer series and windows")


def _parts(report: Report, detail: float) -> list[Html]:
    top = element(
        "div",
        {"class": "top"},
        element("p", {"class": "kicker"}, f"segue {report.task} report"),
        element("h1", {}, clean(report.title, 120)),
        verdict(report.verdict, report.beats),
        facts(report.facts[:_KEY_FACTS]) if report.facts else "",
    )
    buckets = max(8, int(600 * detail))
    return [
        top,
        _scores(report),
        *(draw(detail) for draw in report.sections),
        loss_section(report.training[:_MOST_CURVES], buckets),
        gradient_section(report.gradient_norm, report.clip, buckets),
        _recipe(report),
        element("footer", {}, "Made by segue. This file is complete: it needs no connection."),
    ]


def _scores(report: Report) -> Html:
    rows = report.scores[:_MOST_ROWS]
    words = [
        _directions(rows, report.higher_is_better),
        "A dot marks the best value of each column. The bars start at zero.",
        left_out(len(report.scores), len(rows), "rows"),
    ]
    note = element("p", {"class": "note"}, report.score_note) if report.score_note else Html("")
    if not rows:
        return section("scores", "Scores", [], nothing("No scores were computed."))
    return section("scores", "Scores", words, score_table(rows, report.higher_is_better), note)


def _directions(rows: Sequence[ScoreRow], higher_is_better: Collection[str]) -> str:
    """Whether higher or lower is better, by measure where they differ."""
    names = list(dict.fromkeys(name for row in rows for name in row.metrics))
    higher = [clean(name, 40) for name in names if name in higher_is_better]
    lower = [clean(name, 40) for name in names if name not in higher_is_better]
    if higher and lower:
        return f"Higher is better for {', '.join(higher)}; lower for {', '.join(lower)}."
    return "Higher is better." if higher else "Lower is better."


def _recipe(report: Report) -> Html:
    pairs = report.facts[:_MOST_FACTS]
    steps = [
        element("div", {}, element("p", {}, label), command(text))
        for label, text in report.recipe[:_MOST_FACTS]
    ]
    words = ["Every setting is in config.json, in the folder of the run."]
    return section(
        "recipe",
        "How to reproduce",
        words,
        element("div", {"class": "recipe"}, *steps) if steps else "",
        facts(pairs) if pairs else "",
    )
