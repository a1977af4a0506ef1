"""Tunes made by rule: melody, bass and drums over common chords, for trials and the demo."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from segue.data.midi import DRUMS, TICKS, Note, Score

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
CHORDS = ((0, 3, 4, 0), (0, 5, 3, 4), (0, 4, 5, 3), (5, 3, 0, 4), (0, 3, 0, 4))
"""Roots of the chords of four bars, as degrees of the scale."""

RHYTHMS = ((4, 4, 4, 4), (2, 2, 4, 4, 4), (4, 2, 2, 4, 4), (6, 2, 4, 4), (2, 2, 2, 2, 4, 4), (8, 8))
"""Lengths of the notes of a bar, in sixteenths."""

SIXTEENTH = TICKS // 4
BAR = 4 * TICKS
MELODIES, BASSES = (0, 24, 40, 73), (32, 33)  # piano, guitar, violin, flute; two basses
KICK, SNARE, HAT = 36, 38, 42


def tunes(count: int, seed: int = 0) -> Iterator[Score]:
    """Make `count` tunes of 16 bars in the form A A B A, each with a key and a band of its own.

    >>> first, second = tunes(2)
    >>> first.end // BAR, {DRUMS} < {note.instrument for note in second.notes}
    (16, True)
    """
    for number in range(count):
        yield _tune(random.Random(f"{seed} {number}"))  # noqa: S311 - for music


def _tune(chance: random.Random) -> Score:
    key, scale = chance.randrange(55, 67), chance.choice((MAJOR, MAJOR, MINOR))
    lead, bass = chance.choice(MELODIES), chance.choice(BASSES)
    parts = {name: _part(chance, scale) for name in "AB"}
    notes: list[Note] = []
    for turn, name in enumerate("AABA"):
        chords, melody = parts[name]
        start = turn * 4 * BAR
        notes += [Note(start + at, lead, key + step, long, 90) for at, step, long in melody]
        for bar, root in enumerate(chords):
            low = key - 24 + scale[root]
            for beat in (0, 2):
                pitch = low if beat == 0 else low + (7 if low < 40 else -5)
                at = start + bar * BAR + beat * TICKS
                notes.append(Note(at, bass, pitch, 2 * TICKS, 74))
    notes += _drums(16)
    tempo = float(chance.choice((90, 105, 120, 135)))
    return Score(tuple(sorted(notes)), ((0, tempo),))


def _part(
    chance: random.Random, scale: tuple[int, ...]
) -> tuple[tuple[int, ...], list[tuple[int, int, int]]]:
    """Chords of four bars, and a melody over them: (tick, semitones above the key, duration)."""
    chords, rhythms = chance.choice(CHORDS), chance.sample(RHYTHMS, 2)
    melody, degree = [], chance.choice((0, 2, 4))
    for bar, root in enumerate(chords):
        at = bar * BAR
        for length in rhythms[bar % 2] if bar < 3 else (4, 4, 8):
            strong = at % (2 * TICKS) == 0
            degree += chance.choice((-2, -1, -1, 1, 1, 2))
            degree = min(max(degree, -3), 9)
            if strong:  # a note of the chord
                degree = min(
                    (root + k for k in (-7, -5, -3, 0, 2, 4, 7)), key=partial(_distance, degree)
                )
            octave, step = divmod(degree, 7)
            melody.append((at, 12 * octave + scale[step], length * SIXTEENTH))
            at += length * SIXTEENTH
    return chords, melody


def _distance(one: int, other: int) -> int:
    return abs(one - other)


def _drums(bars: int) -> list[Note]:
    hits = [(beat * TICKS, KICK if beat % 2 == 0 else SNARE, 98) for beat in range(4)]
    hits += [(eighth * TICKS // 2, HAT, 58) for eighth in range(8)]
    return [
        Note(bar * BAR + at, DRUMS, pitch, SIXTEENTH, velocity)
        for bar in range(bars)
        for at, pitch, velocity in hits
    ]
