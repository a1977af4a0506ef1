"""Standard MIDI files: notes with their instruments, and tempos; by mido (an extra)."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.data.wording import one_line
from segue.errors import DataError

TICKS = 24
"""Ticks in a quarter note: sixteenths and triplets are whole numbers of them."""

DRUMS = 128
"""The instrument of percussion; 0 to 127 are the programs of General MIDI."""

LARGEST_FILE = 16 << 20  # bytes
LONGEST_PIECE = 100_000  # quarter notes
PERCUSSION = 9  # the channel that General MIDI gives to drums
CHANNELS = tuple(c for c in range(16) if c != PERCUSSION)
TEMPO = 120.0  # quarter notes a minute where a file names none

_FAMILIES = (
    "Piano", "Bells and mallets", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass", "Reed",
    "Pipe", "Synth lead", "Synth pad", "Synth effects", "Ethnic", "Percussive", "Sound effects",
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Note:
    """A note of a piece; times in ticks of 1/24 of a quarter note.

    Attributes:
        start: when it begins.
        instrument: program of General MIDI from 0, or `DRUMS`.
        pitch: 0 to 127, 60 is the middle C; for drums, which of them.
        duration: how long it sounds, at least 1.
        velocity: 1 to 127.
    """

    start: int
    instrument: int
    pitch: int
    duration: int
    velocity: int


@dataclass(frozen=True)
class Score:
    """A piece.

    Attributes:
        notes: by their start, then by instrument and pitch.
        tempos: from which tick on how many quarter notes a minute; 120 before the first.
    """

    notes: tuple[Note, ...]
    tempos: tuple[tuple[int, float], ...] = ()

    @property
    def end(self) -> int:
        """The tick at which the last note ends."""
        return max((note.start + note.duration for note in self.notes), default=0)


def instrument_name(instrument: int) -> str:
    """Its family in General MIDI, and its program from 1.

    >>> instrument_name(40), instrument_name(DRUMS)
    ('Strings (program 41)', 'Drums')
    """
    if instrument == DRUMS:
        return "Drums"
    return f"{_FAMILIES[instrument // 8]} (program {instrument + 1})"


def read_midi(path: str | Path) -> Score:
    """Read a Standard MIDI file of type 0 or 1.

    Times are rounded to 1/24 of a quarter note. A note that begins again before it has ended ends
    there; controllers, pitch bends, texts and key signatures are passed over.

    Raises:
        DataError: there is no such file; it is no MIDI file, cut short, has no notes, counts time
            in frames of film, or holds several independent sequences.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "c.mid"
    >>> piece = Score((Note(0, 0, 60, 24, 64), Note(24, DRUMS, 38, 12, 100)), ((0, 90.0),))
    >>> _ = path.write_bytes(midi_bytes(piece))
    >>> read_midi(path) == piece
    True
    """
    place = one_line(str(path))
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise DataError(f"{place}: {error.strerror}; check the path") from None
    if len(data) > LARGEST_FILE:
        raise DataError(f"{place}: has more than {LARGEST_FILE >> 20} MiB; this is no MIDI file")
    if not data.startswith(b"MThd"):
        raise DataError(f"{place}: is no MIDI file (it does not begin with MThd); remove it")
    return _score(_messages(data, place), place)


def _messages(data: bytes, place: str) -> Iterator[tuple[float, Any]]:
    """Each message of all tracks with its time in ticks, by time."""
    import mido

    try:
        file = mido.MidiFile(file=io.BytesIO(data))
        kind, per_quarter = file.type, file.ticks_per_beat
        merged = mido.merge_tracks(file.tracks) if kind < 2 else ()
    except Exception as error:  # mido lets a dozen kinds through
        why = "it is cut short" if isinstance(error, EOFError) else one_line(str(error))
        raise DataError(f"{place}: cannot be read as MIDI ({why}); fetch it again") from None
    if kind >= 2:
        raise DataError(
            f"{place}: holds independent sequences (type {kind}); save each as a file of its own"
        )
    if per_quarter <= 0:
        raise DataError(
            f"{place}: counts time in frames of film, not in quarter notes; export it with ticks "
            "per quarter note"
        )
    now = 0
    for message in merged:
        now += message.time
        yield now * TICKS / per_quarter, message


def _score(messages: Iterable[tuple[float, Any]], place: str) -> Score:
    import mido

    notes: list[Note] = []
    tempos: dict[int, float] = {}
    program: dict[int, int] = defaultdict(int)
    sounding: dict[tuple[int, int], tuple[int, int, int]] = {}
    last = 0

    def end(key: tuple[int, int], now: int) -> None:
        start, instrument, velocity = sounding.pop(key)
        notes.append(Note(start, instrument, key[1], max(1, now - start), velocity))

    for time, message in messages:
        last = round(time)
        if last > LONGEST_PIECE * TICKS:
            raise DataError(
                f"{place}: is longer than {LONGEST_PIECE} quarter notes; this is no piece of music"
            )
        if message.type == "set_tempo" and message.tempo:
            tempos[last] = round(mido.tempo2bpm(message.tempo), 2)
        elif message.type == "program_change":
            program[message.channel] = message.program
        elif message.type in {"note_on", "note_off"}:
            key = (message.channel, message.note)
            if key in sounding:
                end(key, last)
            if message.type == "note_on" and message.velocity:
                drums = message.channel == PERCUSSION
                instrument = DRUMS if drums else program[message.channel]
                sounding[key] = (last, instrument, message.velocity)
    for key in list(sounding):
        end(key, last)
    if not notes:
        raise DataError(f"{place}: has no notes; remove it")
    return Score(tuple(sorted(notes)), tuple(sorted(tempos.items())))


def midi_bytes(score: Score) -> bytes:
    """The piece as a Standard MIDI file of type 1: tempos first, then a track an instrument.

    With more than 15 instruments beside the drums some share a channel, whose program then changes
    before a note.

    >>> midi_bytes(Score((Note(0, 0, 60, 24, 64),)))[:4]
    b'MThd'
    """
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    file.tracks.append(
        _track(
            (tick, 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))
            for tick, bpm in score.tempos or ((0, TEMPO),)
        )
    )
    others = sorted({note.instrument for note in score.notes} - {DRUMS})
    channel = {one: CHANNELS[i % len(CHANNELS)] for i, one in enumerate(others)}
    channel[DRUMS] = PERCUSSION
    shared = len(others) > len(CHANNELS)
    for instrument in sorted({note.instrument for note in score.notes}):
        own = [note for note in score.notes if note.instrument == instrument]
        file.tracks.append(_track(_timed(own, channel[instrument], shared)))
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def _timed(notes: list[Note], channel: int, shared: bool) -> Iterator[tuple[int, int, Any]]:
    """Messages of one instrument with their ticks, and their order within a tick."""
    import mido

    drums = channel == PERCUSSION
    if not drums:
        first = mido.Message("program_change", channel=channel, program=notes[0].instrument)
        yield 0, 1, first
    for note in notes:
        if shared and not drums:
            yield note.start, 1, first
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)
        yield note.start, 2, on
        yield note.start + note.duration, 0, off


def _track(timed: Iterable[tuple[int, int, Any]]) -> Any:
    import mido

    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(timed, key=lambda one: one[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
