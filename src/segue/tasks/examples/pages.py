"""What the report shows of a classification alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segue.insight import classification as measures
from segue.insight.charts import Chart, Size, figure
from segue.insight.frame import Tone
from segue.insight.lines import Line
from segue.insight.markup import Html
from segue.insight.matrix import confusion_table, word_table
from segue.insight.page import left_out, nothing, section
from segue.insight.report import Section
from segue.insight.scales import number_scale
from segue.insight.tables import share
from segue.tasks.examples.scores import ClassifyScores

_MOST_CLASSES, _MOST_MISTAKES = 20, 12
_ROWS_OF_A_BIN = 60  # about: fewer say nothing of a share


def pages(shown_as: Sequence[str], scores: ClassifyScores) -> tuple[Sequence[Section], str]:
    """The sections of the report, and the note under the scores.

    Args:
        shown_as: what stands for each example: its text, or its name.
        scores: of these examples.
    """
    shown = _shown(scores)
    note = (
        f"{scores.scored:,} held-back examples, none of which the training saw. ECE is the expected"
        " calibration error: how far probabilities are from how often they hold."
    )
    return (
        lambda detail: _classes(scores, shown),
        lambda detail: _confusions(scores, shown),
        lambda detail: _calibration(scores),
        lambda detail: _mistakes(shown_as, scores),
    ), note


def _shown(scores: ClassifyScores) -> NDArray[np.int64]:
    """The classes to show: all, or those with the most mistakes."""
    matrix = scores.confusion
    wrong = matrix.sum(0) + matrix.sum(1) - 2 * np.diag(matrix)
    worst = np.argsort(-wrong, kind="stable")[:_MOST_CLASSES]
    return np.sort(worst)


def _classes(scores: ClassifyScores, shown: NDArray[np.int64]) -> Html:
    each = measures.per_class(scores.confusion)
    rows = [
        [
            scores.classes[k],
            *(share(float(column[k]), 1) for column in (each.precision, each.recall, each.f1)),
            f"{each.support[k]:,}",
        ]
        for k in shown
    ]
    words = [
        "Precision: of those given this class, the share that has it. Recall: of those that have"
        " it, the share that was given it.",
        left_out(len(scores.classes), len(rows), "classes, those with the most mistakes,"),
    ]
    heads = ["class", "precision", "recall", "F1", "examples"]
    return section("classes", "Class by class", words, word_table("Classes", heads, rows))


def _confusions(scores: ClassifyScores, shown: NDArray[np.int64]) -> Html:
    names = [scores.classes[k] for k in shown]
    words = [
        "A row is a true class, a column what the model said; bars are shares of the row.",
        left_out(len(scores.classes), len(names), "classes"),
    ]
    table = confusion_table(names, scores.confusion[np.ix_(shown, shown)])
    return section("confusions", "Confusions", words, table)


def _calibration(scores: ClassifyScores) -> Html:
    bins = int(np.clip(scores.scored // _ROWS_OF_A_BIN, 2, 15))
    found = measures.reliability(scores.truth, scores.probabilities, bins)
    edge = np.array([0.0, 1.0])
    marks = (
        Line("as sure as right", edge, edge, Tone.BASELINE),
        Line("model", found.confidence, found.accuracy, Tone.MODEL),
    )
    error = 100 * scores.model.metrics["ece"]
    chart = Chart(
        title="Share that is right, by the probability that was said",
        summary=f"{len(found.rows)} groups of examples; off by {error:.1f} points on average.",
        x=number_scale([edge]),
        y=number_scale([edge]),
        marks=marks,
        size=Size.WIDE,
        x_label="probability",
    )
    words = [
        "Of the examples given a class with 80% probability, 80 in 100 should have it.",
        "One temperature was fitted to examples that the weights were not fitted to.",
    ]
    return section("calibration", "Calibration", words, figure(chart, "reliability"))


def _mistakes(shown_as: Sequence[str], scores: ClassifyScores) -> Html:
    """The mistakes that the model was surest of: often they are wrong labels."""
    decided = scores.probabilities.argmax(1)
    wrong = np.flatnonzero(decided != scores.truth)
    sure = scores.probabilities.max(1)
    order = wrong[np.argsort(-sure[wrong], kind="stable")][:_MOST_MISTAKES]
    title = "Surest mistakes"
    if not len(order):
        return section("mistakes", title, [], nothing("There is none."))
    rows = [
        [
            shown_as[i],
            scores.classes[scores.truth[i]],
            scores.classes[decided[i]],
            f"{100 * sure[i]:.1f}%",
        ]
        for i in order
    ]
    words = [
        "What the model was surest of and got wrong: look here for wrong labels.",
        left_out(len(wrong), len(rows), "mistakes"),
    ]
    heads = ["example", "true class", "model", "probability"]
    return section("mistakes", title, words, word_table(title, heads, rows))
