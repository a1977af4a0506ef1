"""What the report shows of a tagging alone."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segue.data.scheme import Scheme
from segue.data.spans import Span, spans
from segue.insight.curves import learning_section
from segue.insight.markup import Html
from segue.insight.matrix import confusion_table, word_table
from segue.insight.page import left_out, nothing, section
from segue.insight.report import Section
from segue.insight.tables import share
from segue.tasks.sentences.scores import TagScores

_MOST, _MOST_MISTAKES, _AROUND = 20, 20, 5
_NOTHING = "(none)"


def pages(scores: TagScores, metrics: Sequence[Mapping[str, Any]]) -> tuple[Sequence[Section], str]:
    """The sections of the report, and the note under the scores."""
    plain = scores.scheme is Scheme.PLAIN
    words = "tokens" if plain else "spans, counted as conlleval does: start, end and type are right"
    note = (
        f"{len(scores.test):,} held-back sentences, none of which the training saw; {words}."
        " Unknown words: the accuracy on those that the training did not have."
    )
    return (
        lambda detail: _types(scores),
        lambda detail: _confusions(scores),
        lambda detail: _mistakes(scores),
        lambda detail: learning_section(metrics, {"f1": "span F1", "accuracy": "accuracy"}, detail),
    ), note


def _types(scores: TagScores) -> Html:
    counts = scores.counts
    shown = sorted(counts, key=lambda name: (-counts[name].true, name))[: 2 * _MOST]
    rows = [
        [
            name or _NOTHING,
            *(share(value, 1) for value in (c.precision, c.recall, c.f1)),
            f"{c.true:,}",
            f"{c.said:,}",
        ]
        for name, c in ((name, counts[name]) for name in shown)
    ]
    words = [
        "Precision: of what was given this type, the share that has it. Recall: of what has it, the"
        " share that was given it.",
        left_out(len(counts), len(rows), "types, the most frequent,"),
    ]
    heads = ["type", "precision", "recall", "F1", "there are", "said"]
    return section("types", "Type by type", words, word_table("Types", heads, rows))


def _confusions(scores: TagScores) -> Html:
    """Of tokens, by the type of the span that they stand in, or by their tag."""
    pairs: Counter[tuple[str, str]] = Counter()
    for truth, said in zip(scores.test.tags, scores.said.tags, strict=True):
        kinds = (_kinds(tags, scores.scheme) for tags in (truth, said))
        pairs.update(zip(*kinds, strict=True))
    wrong: Counter[str] = Counter()
    for (one, other), number in pairs.items():
        if one != other:
            wrong[one] += number
            wrong[other] += number
    names = sorted({name for pair in pairs for name in pair}, key=lambda n: (-wrong[n], n))
    shown = sorted(names[:_MOST])
    matrix = np.array([[pairs[a, b] for b in shown] for a in shown], np.int64)
    words = [
        "Tokens: a row is the true tag, a column what the model said; bars are shares of the row.",
        left_out(len(names), len(shown), "tags, those with the most mistakes,"),
    ]
    return section("confusions", "Confusions", words, confusion_table(shown, matrix))


def _kinds(tags: Sequence[str], scheme: Scheme) -> list[str]:
    if scheme is Scheme.PLAIN:
        return list(tags)
    return [tag.partition("-")[2] or (tag if tag == "O" else "I") for tag in tags]


def _mistakes(scores: TagScores) -> Html:
    """Mistakes in their sentences, spread over the test."""
    every = list(_wrong(scores))
    some = np.linspace(0, len(every) - 1, min(len(every), _MOST_MISTAKES)).astype(int)
    title = "Mistakes in their sentences"
    if not every:
        return section("mistakes", title, [], nothing("There is none."))
    words = [
        "Brackets stand around what is wrong; the rows are spread evenly over the test.",
        left_out(len(every), len(some), "mistakes"),
    ]
    heads = ["in its sentence", "true", "model"]
    table = word_table(title, heads, [every[k] for k in some])
    return section("mistakes", title, words, table)


def _wrong(scores: TagScores) -> Iterator[list[str]]:
    parts = zip(scores.test.tokens, scores.test.tags, scores.said.tags, strict=True)
    for tokens, truth, said in parts:
        if scores.scheme is Scheme.PLAIN:
            for place, (one, other) in enumerate(zip(truth, said, strict=True)):
                if one != other:
                    yield [_context(tokens, place, place + 1), one, other]
            continue
        own, its = (set(spans(tags)) for tags in (truth, said))
        for start, end, _ in sorted(own ^ its):
            places = (Span(start, end, t) for t in sorted({s.type for s in own | its}))
            found = [s for s in places if s in own ^ its]
            if Span(start, end, found[0].type) in its and len(found) > 1 and found[0] in own:
                continue
            names = [
                next((s.type or "span" for s in found if s in of), "no span") for of in (own, its)
            ]
            yield [_context(tokens, start, end), *names]


def _context(tokens: Sequence[str], start: int, end: int) -> str:
    before, after = tokens[max(0, start - _AROUND) : start], tokens[end : end + _AROUND]
    return " ".join([*before, f"[{' '.join(tokens[start:end])}]", *after])
