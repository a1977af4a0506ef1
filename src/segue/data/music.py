"""Pieces of music as events, one at a time: what a language model of music reads and writes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from segue.data.midi import DRUMS, TEMPO, TICKS, Note, Score
from segue.data.units import BOS, EOS, SPECIAL

STEPS = (*range(1, TICKS + 1), 30, 32, 36, 40, 42, 48, 60, 64, 72, 84, 96, 120, 144, 168, 192)
"""Lengths in ticks: all up to a quarter note, then those of longer notes, to two bars of four."""

WAITS = (*STEPS, 384, 768, 1536, 3072, 6144)
TEMPOS = tuple(round(15 * 2 ** (k / 8), 1) for k in range(32))
"""Quarter notes a minute, an eighth of an octave apart."""

LOUDNESS = 32  # steps of velocity
KINDS = ("wait", "tempo", "instrument", "velocity", "pitch", "duration")
COUNTS = (len(WAITS), len(TEMPOS), DRUMS + 1, LOUDNESS, 128, len(STEPS))
FIRST = dict(zip(KINDS, accumulate(COUNTS, initial=len(SPECIAL)), strict=False))


@dataclass(frozen=True)
class Event:
    """One event: its kind (`KINDS`), and its number among those of that kind."""

    kind: str
    value: int


class MusicVocabulary:
    """Events and their ids; the same for all music, so nothing is learned.

    A piece is: begin; for each moment with notes, how long to wait for it, its tempo where that
    changes, and each note as (instrument where it changes, velocity where it changes, pitch,
    duration); end. Any sequence of ids is music: a pitch without a duration sounds a sixteenth,
    a duration without a pitch is silent.

    Times are kept to 1/24 of a quarter note up to a quarter note, durations above it to the
    nearest usual length, waits exactly, velocities to 1/32 of their range, tempos to 4.5%.
    """

    bos, eos = BOS, EOS
    size = len(SPECIAL) + sum(COUNTS)

    def token(self, index: int) -> str:
        """Return the name of an id.

        >>> MusicVocabulary().token(FIRST["pitch"] + 60)
        'pitch 60'
        """
        if index < len(SPECIAL):
            return SPECIAL[index]
        event = self.event(index)
        value = {"wait": WAITS, "duration": STEPS, "tempo": TEMPOS}.get(event.kind)
        return f"{event.kind} {event.value if value is None else value[event.value]}"

    def event(self, index: int) -> Event:
        """Return what an id above the special ones says."""
        kind = KINDS[bisect_right(list(FIRST.values()), index) - 1]
        return Event(kind, index - FIRST[kind])

    def encode(self, score: Score) -> np.ndarray:
        """Return int32 `[t]`, with its begin and end.

        >>> music = MusicVocabulary()
        >>> ids = music.encode(Score((Note(0, 0, 60, 24, 64), Note(24, 0, 62, 24, 64))))
        >>> [music.token(i) for i in ids[1:-1]]  # doctest: +NORMALIZE_WHITESPACE
        ['tempo 120.0', 'instrument 0', 'velocity 16', 'pitch 60', 'duration 24', 'wait 24',
         'pitch 62', 'duration 24']
        """
        return np.fromiter(self._ids(score), np.int32)

    def _ids(self, score: Score) -> Iterator[int]:
        yield self.bos
        now, tempo, instrument, velocity = 0, -1, -1, -1
        changes = [(0, TEMPO), *score.tempos]
        for note in score.notes:
            for wait in _waits(note.start - now):
                yield FIRST["wait"] + wait
            now = note.start
            latest = changes[bisect_right(changes, (now, float("inf"))) - 1][1]
            for kind, value, before in (
                ("tempo", _nearest(TEMPOS, latest), tempo),
                ("instrument", note.instrument, instrument),
                ("velocity", note.velocity * LOUDNESS // 128, velocity),
            ):
                if value != before:
                    yield FIRST[kind] + value
            tempo = _nearest(TEMPOS, latest)
            instrument, velocity = note.instrument, note.velocity * LOUDNESS // 128
            yield FIRST["pitch"] + note.pitch
            yield FIRST["duration"] + _nearest(STEPS, note.duration)
        yield self.eos

    def decode(self, ids: Iterable[int]) -> Score:
        """Return the music of any ids.

        >>> music = MusicVocabulary()
        >>> tune = Score((Note(0, 40, 60, 24, 66), Note(30, DRUMS, 38, 12, 66)), ((0, 60.0),))
        >>> music.decode(music.encode(tune)) == tune
        True
        """
        notes: list[Note] = []
        tempos: dict[int, float] = {}
        now, instrument, velocity = 0, 0, LOUDNESS // 2
        pitch: int | None = None

        def sound(duration: int) -> None:
            if pitch is not None:
                loud = velocity * 128 // LOUDNESS + 128 // LOUDNESS // 2
                notes.append(Note(now, instrument, pitch, duration, loud))

        for index in ids:
            if index < len(SPECIAL):
                continue
            event = self.event(index)
            if event.kind == "duration":
                sound(STEPS[event.value])
                pitch = None
                continue
            sound(TICKS // 4)
            pitch = event.value if event.kind == "pitch" else None
            if event.kind == "wait":
                now += WAITS[event.value]
            elif event.kind == "tempo":
                tempos[now] = TEMPOS[event.value]
            elif event.kind == "instrument":
                instrument = event.value
            elif event.kind == "velocity":
                velocity = event.value
        sound(TICKS // 4)
        return Score(tuple(sorted(notes)), tuple(tempos.items()))


def transpose(score: Score, semitones: int) -> Score:
    """The piece higher by some semitones, its drums as they are; None of its notes is lost.

    Raises:
        ValueError: a note would leave the range of MIDI.

    >>> transpose(Score((Note(0, 0, 60, 24, 64),)), 2).notes[0].pitch
    62
    """
    moved = []
    for note in score.notes:
        pitch = note.pitch if note.instrument == DRUMS else note.pitch + semitones
        if not 0 <= pitch < 128:
            raise ValueError(f"pitch {note.pitch} moved by {semitones} leaves 0 to 127")
        moved.append(Note(note.start, note.instrument, pitch, note.duration, note.velocity))
    return Score(tuple(sorted(moved)), score.tempos)


def _nearest(values: tuple[float, ...], value: float) -> int:
    """The index of the value nearest by ratio; the lower one of two as near."""
    above = bisect_right(values, value)
    if above == 0:
        return 0
    if above == len(values):
        return above - 1
    return above if value / values[above - 1] > values[above] / value else above - 1


def _waits(ticks: int) -> Iterator[int]:
    """Indices of waits, the longest first, that sum to `ticks`."""
    while ticks > 0:
        index = bisect_right(WAITS, ticks) - 1
        yield index
        ticks -= WAITS[index]
