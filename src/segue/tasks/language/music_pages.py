"""What the report shows of a language model of music alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from segue.data.midi import TEMPO, TICKS, Score, instrument_name
from segue.data.music import KINDS, MusicVocabulary
from segue.data.units import SPECIAL
from segue.data.wording import count
from segue.insight.markup import Html, element
from segue.insight.page import section
from segue.insight.piano_roll import Bar, Voice, piano_roll
from segue.insight.report import Section
from segue.insight.tables import scroller
from segue.tasks.language.scores import LanguageScores

_TEMPERATURES = (0.8, 1.0)
_WRITTEN = 1500  # events
_SHOWN = 128  # beats


def music_sections(
    events: MusicVocabulary, written: Callable[[float, int], Score], scores: LanguageScores
) -> Sequence[Section]:
    """What a model of music writes, and where it is surprised.

    Args:
        events: its units.
        written: a piece at a temperature, of so many events at most.
        scores: of held-back pieces.
    """
    return (lambda detail: _written(written), lambda detail: _surprise(events, scores))


def _written(written: Callable[[float, int], Score]) -> Html:
    words = [
        "Written from nothing, with seed 0: a strip for each instrument, a line every four beats,"
        " loud notes dark. At a low temperature the likely comes more often.",
    ]
    content: list[Html] = []
    for temperature in _TEMPERATURES:
        score = written(temperature, _WRITTEN)
        tempo = score.tempos[0][1] if score.tempos else TEMPO
        title = f"Temperature {temperature:g}"
        said = f"{count(len(score.notes), 'note')}, {tempo:g} beats a minute"
        content.append(element("h3", {}, f"{title}: {said}"))
        if score.notes:
            content.append(piano_roll(title, _voices(score), _beats(score)))
    return section("samples", "What it writes", words, *content)


def _beats(score: Score) -> float:
    return min(score.end / TICKS, _SHOWN)


def _voices(score: Score) -> list[Voice]:
    """The notes of each instrument in the beats that are shown."""
    found: defaultdict[int, list[Bar]] = defaultdict(list)
    for note in score.notes:
        start, length = note.start / TICKS, note.duration / TICKS
        if start < _SHOWN:
            seen = min(length, _SHOWN - start)
            found[note.instrument].append(Bar(start, seen, note.pitch, note.velocity / 128))
    return [
        Voice(instrument_name(instrument), notes) for instrument, notes in sorted(found.items())
    ]


def _surprise(events: MusicVocabulary, scores: LanguageScores) -> Html:
    """Bits by kind of event."""
    stretch = scores.stretch
    tokens = stretch.corpus.tokens[max(stretch.start, 1) : stretch.end]
    kinds = np.array(
        ["end"] * len(SPECIAL) + [events.event(n).kind for n in range(len(SPECIAL), events.size)]
    )
    told, bits = kinds[tokens], scores.surprise / np.log(2)
    rows = []
    for kind in (*KINDS, "end"):
        of = bits[told == kind]
        if not len(of):
            continue
        cells = (f"{len(of):,}", f"{of.mean():.2f}", f"{of.sum() / bits.sum():.0%}")
        rows.append(
            element(
                "tr",
                {},
                element("th", {"scope": "row"}, kind),
                *(element("td", {}, cell) for cell in cells),
            )
        )
    head = ("Event", "Count", "Bits each", "Share of all bits")
    table = element(
        "table",
        {},
        element(
            "thead", {}, element("tr", {}, *(element("th", {"scope": "col"}, h) for h in head))
        ),
        element("tbody", {}, *rows),
    )
    words = ["How many bits it takes to say which event comes, by the kind of the event that came."]
    return section("surprise", "Where it is surprised", words, scroller("Surprise by kind", table))
