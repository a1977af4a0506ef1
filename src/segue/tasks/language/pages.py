"""What a report shows of a language model of text alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from segue.data.speaker import Speaker
from segue.data.units import Vocabulary
from segue.insight.markup import Html, element
from segue.insight.page import section
from segue.insight.passage import passage
from segue.insight.report import Section
from segue.tasks.language.scores import LanguageScores

_PASSAGE = 600  # units
_DARKEST = 8.0  # bits


def text_sections(
    vocabulary: Vocabulary, written: Callable[[], Iterable[tuple[str, str]]], scores: LanguageScores
) -> Sequence[Section]:
    """What a model of text writes, and where it is surprised.

    Args:
        vocabulary: its units.
        written: titles, and what was written.
        scores: of a text.
    """
    return (
        lambda detail: _written(written()),
        lambda detail: _surprise(vocabulary, scores),
    )


def _written(samples: Iterable[tuple[str, str]]) -> Html:
    words = [
        "Written from nothing, with seed 0. At a low temperature the likely comes more often.",
    ]
    content = []
    for title, said in samples:
        parts = [said[start : start + 500] for start in range(0, len(said), 500)]
        content.append(element("h3", {}, title))
        content.append(element("pre", {"class": "passage"}, *parts))
    return section("samples", "What it writes", words, *content)


def _surprise(vocabulary: Vocabulary, scores: LanguageScores) -> Html:
    """A held-back passage, shaded by how little it was foretold."""
    stretch = scores.stretch
    first = max(stretch.start, 1)
    tokens = stretch.corpus.tokens[first : first + _PASSAGE].astype(np.int64)
    tokens = tokens[tokens < vocabulary.size]  # without labels
    bits = scores.surprise[: len(tokens)] / np.log(2)
    speaker = Speaker(vocabulary)
    parts, titles = [], []
    for token, bit in zip(tokens.tolist(), bits, strict=True):
        parts.append(speaker.say(int(token)))
        titles.append(f"{bit:.1f} bits")
    words = [
        "The beginning of the held-back text: the darker a unit, the less it was expected."
        f" The darkest took {_DARKEST:g} bits or more; the mean is {bits.mean():.2f}.",
    ]
    return section(
        "surprise", "Where it is surprised", words, passage(parts, bits / _DARKEST, titles)
    )
