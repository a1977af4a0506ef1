"""MIDI files and the events that a language model of music reads."""

import random
import struct
from pathlib import Path

import mido
import numpy as np
import pytest

from segue.data.midi import DRUMS, Note, Score, midi_bytes, read_midi
from segue.data.music import STEPS, TEMPOS, MusicVocabulary, transpose
from segue.data.tunes import tunes
from segue.errors import DataError


def piece(seed: int, instruments: int = 4) -> Score:
    """A piece at random in which no note meets another of its instrument and pitch."""
    chance = random.Random(seed)
    band = [*chance.sample(range(128), instruments - 1), DRUMS]
    notes = []
    for instrument in band:
        for pitch in chance.sample(range(128), 9):
            now = chance.randrange(60)
            for _ in range(4):
                duration = chance.choice(STEPS)
                velocity = chance.randrange(32) * 4 + 2
                notes.append(Note(now, instrument, pitch, duration, velocity))
                now += duration + chance.randrange(300)
    # A vocabulary names a tempo only with a note.
    starts = sorted({note.start for note in notes})
    first, second = chance.sample(TEMPOS, 2)
    return Score(tuple(sorted(notes)), ((starts[0], first), (starts[7], second)))


@pytest.mark.parametrize("seed", range(20))
def test_a_piece_survives_events(seed: int) -> None:
    music = MusicVocabulary()
    score = piece(seed)
    ids = music.encode(score)
    assert ids.min() >= 0
    assert ids.max() < music.size
    assert music.decode(ids) == score


@pytest.mark.parametrize("seed", range(20))
def test_a_piece_survives_a_file(seed: int, tmp_path: Path) -> None:
    score = piece(seed)
    path = tmp_path / "piece.mid"
    path.write_bytes(midi_bytes(score))
    again = read_midi(path)
    assert again.notes == score.notes
    assert [tick for tick, _ in again.tempos] == [tick for tick, _ in score.tempos]
    assert [b for _, b in again.tempos] == pytest.approx([b for _, b in score.tempos], abs=0.01)


def test_more_instruments_than_channels(tmp_path: Path) -> None:
    score = Score(tuple(Note(24 * i, i, 60, 12, 64) for i in range(40)))
    path = tmp_path / "orchestra.mid"
    path.write_bytes(midi_bytes(score))
    assert read_midi(path).notes == score.notes


def test_any_ids_are_music(tmp_path: Path) -> None:
    music = MusicVocabulary()
    rng = np.random.default_rng(0)
    for _ in range(50):
        score = music.decode(rng.integers(0, music.size, 300).tolist())
        path = tmp_path / "any.mid"
        path.write_bytes(midi_bytes(score))
        assert len(mido.MidiFile(path).tracks) >= 2


def test_drums_keep_their_pitch_when_transposed() -> None:
    score = transpose(Score((Note(0, 0, 60, 24, 64), Note(0, DRUMS, 38, 6, 64))), -5)
    assert [note.pitch for note in score.notes] == [55, 38]
    with pytest.raises(ValueError, match="leaves 0 to 127"):
        transpose(score, 100)


def header(kind: int = 0, tracks: int = 1, division: int = 480) -> bytes:
    return b"MThd" + struct.pack(">Ihhh", 6, kind, tracks, division)


def track(body: bytes) -> bytes:
    return b"MTrk" + struct.pack(">I", len(body)) + body


NOTE = b"\x00\x90\x3c\x40\x60\x80\x3c\x00\x00\xff\x2f\x00"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no MIDI file"),
        (b"RIFF" * 10, "is no MIDI file"),
        (b"MThd", "cut short"),
        (header() + track(NOTE)[:-5], "cut short"),
        (header(kind=2, tracks=1) + track(NOTE), "independent sequences"),
        (header(division=-7400) + track(NOTE), "frames of film"),
        (header(division=0) + track(NOTE), "frames of film"),
        (header() + track(b"\x00\xff\x2f\x00"), "has no notes"),
        (header() + track(b"\x00\x90\xfc\x40" + NOTE), "cannot be read as MIDI"),
        (header(division=1) + track(b"\xff\xff\xff\x7f" + NOTE[1:]), "is longer than"),
    ],
)
def test_bad_files_get_one_line(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(data)
    with pytest.raises(DataError, match=words) as caught:
        read_midi(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def outcome(path: Path) -> str:
    try:
        return f"{len(read_midi(path).notes)} notes"
    except DataError as error:
        return str(error)


def test_damaged_files_are_named_or_read(tmp_path: Path) -> None:
    good = midi_bytes(piece(3))
    chance = random.Random(1)
    path = tmp_path / "damaged.mid"
    for _ in range(300):
        data = bytearray(good[: chance.randrange(8, len(good))])
        for _ in range(chance.randrange(4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        assert "\n" not in outcome(path)


def test_tunes_are_the_same_for_a_seed(tmp_path: Path) -> None:
    first, again, other = list(tunes(3, 1)), list(tunes(3, 1)), list(tunes(3, 2))
    assert first == again != other
    for tune in first:
        assert len({note.instrument for note in tune.notes}) == 3
        assert MusicVocabulary().decode(MusicVocabulary().encode(tune)).end == tune.end


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_midi(tmp_path / "none.mid")
