"""What the report shows of a recogniser alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from segue.data.audio.features import SHIFT
from segue.insight.markup import Html, element
from segue.insight.matrix import word_table
from segue.insight.page import left_out, nothing, section
from segue.insight.report import Section
from segue.insight.spectrogram import Heard, spectrogram
from segue.insight.tables import share
from segue.tasks.speech.reading import Given
from segue.tasks.speech.scores import TranscribeScores

_PICTURES, _CONFUSIONS, _WORST, _SPEAKERS, _GROUPS = 3, 20, 15, 20, 4
_LONGEST = 12.0  # seconds of a recording that is drawn


def pages(data: Given, scores: TranscribeScores) -> tuple[Sequence[Section], str]:
    """The sections of the report, and the note under the scores."""
    low, high = scores.words.interval()
    kinds = ", ".join(f"{share(value, 1)} {name}" for name, value in scores.kinds.items())
    note = (
        f"{scores.scored:,} held-back recordings, {int(scores.words.said.sum()):,} words: {kinds}."
        f" 95% interval of the WER: {share(low, 1)} to {share(high, 1)} (bootstrap over"
        f" recordings). Texts are compared {scores.writing}. {scores.speakers.capitalize()}."
    )
    return (
        lambda detail: _pictures(data, scores),
        lambda detail: _groups(data, scores),
        lambda detail: _confusions(scores),
        lambda detail: _worst(scores),
        lambda detail: _left_out(data),
    ), note


def _pictures(data: Given, scores: TranscribeScores) -> Html:
    """Recordings from the best to the worst, with the words where they were heard."""
    frames = data.test.frames
    short = np.flatnonzero(frames.lengths * SHIFT <= _LONGEST)
    order = short[np.argsort(_rates(scores)[short], kind="stable")]
    chosen = order[np.unique(np.linspace(0, len(order) - 1, _PICTURES).round().astype(int))]
    content: list[Html] = []
    for row in chosen.tolist() if len(order) else []:
        answer, item = scores.answers[row], scores.utterances.items[row]
        seconds = float(frames.lengths[row]) * SHIFT
        words = [Heard(one.word, one.start, one.end) for one in answer.words]
        content.append(element("p", {}, f"{item.id}, {seconds:.1f} s; said: {item.text}"))
        content.append(
            spectrogram(f"{item.id}: {answer.text}", np.asarray(frames[row]), seconds, words)
        )
    words_before = [
        "The best, the middle and the worst recording; over each the words, where they were heard.",
        "Low sounds are at the bottom; the darker, the louder.",
    ]
    shown = content or [nothing(f"Every recording lasts more than {_LONGEST:g} s.")]
    return section("spectrograms", "What was heard, and where", words_before, *shown)


def _groups(data: Given, scores: TranscribeScores) -> Html:
    """The error rate by speaker, and by how long a recording is."""
    seconds = data.test.frames.lengths * SHIFT
    edges = np.unique(np.quantile(seconds, np.linspace(0, 1, _GROUPS + 1)))
    rows = []
    for low, high in pairwise(edges):
        inside = (seconds >= low) & ((seconds < high) | (high == edges[-1]))
        rows.append([f"{low:.1f} to {high:.1f} s", *_figures(scores, inside)])
    speakers = np.array([item.speaker for item in scores.utterances])
    named = sorted(set(speakers.tolist()) - {""}, key=lambda s: -_rate(scores, speakers == s))
    for name in named[:_SPEAKERS]:
        rows.append([f"speaker {name}", *_figures(scores, speakers == name)])
    words = [
        "By the length of a recording, and by who speaks, the worst first.",
        left_out(len(named), min(len(named), _SPEAKERS), "speakers"),
    ]
    heads = ["recordings", "number", "words", "WER"]
    table = word_table("Errors by length and speaker", heads, rows)
    return section("groups", "Whom and what it hears worst", words, table)


def _confusions(scores: TranscribeScores) -> Html:
    """The words that were taken for others, left out, or heard without cause."""
    common = scores.words.confused.most_common(_CONFUSIONS)
    rows = [
        [said or "nothing", heard or "nothing", f"{number:,}"] for (said, heard), number in common
    ]
    words = [
        "What was said, and what was heard in its place, the most frequent first.",
        left_out(len(scores.words.confused), len(rows), "confusions"),
    ]
    heads = ["said", "heard", "times"]
    content = word_table("Confusions", heads, rows) if rows else nothing("There is none.")
    return section("confusions", "Confusions", words, content)


def _worst(scores: TranscribeScores) -> Html:
    rates = _rates(scores)
    order = [row for row in np.argsort(-rates, kind="stable").tolist() if rates[row] > 0]
    rows = [
        [
            scores.utterances.items[row].id,
            scores.utterances.items[row].text or "",
            scores.answers[row].text,
            share(float(rates[row])),
        ]
        for row in order[:_WORST]
    ]
    words = [
        "The recordings with the highest word error rate: look here for wrong transcripts.",
        left_out(len(order), len(rows), "recordings with an error"),
    ]
    heads = ["recording", "said", "heard", "WER"]
    content = word_table("Worst", heads, rows) if rows else nothing("Every text is right.")
    return section("worst", "Worst recordings", words, content)


def _left_out(data: Given) -> Html:
    """What was not used, and why."""
    lines = data.left_out
    shown = lines[:200]
    words = ["Recordings that could not be used.", left_out(len(lines), len(shown), "recordings")]
    items = [element("li", {}, line) for line in shown]
    content = element("ul", {}, *items) if items else nothing("All recordings were used.")
    return section("left-out", "Left out", words, content)


def _rates(scores: TranscribeScores) -> NDArray[np.float64]:
    found: NDArray[np.float64] = scores.words.edits / np.maximum(scores.words.said, 1)
    return found


def _rate(scores: TranscribeScores, inside: NDArray[np.bool_]) -> float:
    words = scores.words
    return float(words.edits[inside].sum() / max(int(words.said[inside].sum()), 1))


def _figures(scores: TranscribeScores, inside: NDArray[np.bool_]) -> list[str]:
    said = int(scores.words.said[inside].sum())
    return [f"{int(inside.sum()):,}", f"{said:,}", share(_rate(scores, inside), 1)]
