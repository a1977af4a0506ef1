"""`segue train generate --unit midi` and `segue generate`, from MIDI files to MIDI files."""

import json
from pathlib import Path

import mido
import pytest
from commands import segue

from segue.data.midi import DRUMS, midi_bytes, read_midi
from segue.data.tunes import tunes

SMALL = ("--unit", "midi", "--hidden", "16", "--embedding", "8", "--epochs", "3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("music") / "tunes"
    (place / "more").mkdir(parents=True)
    for number, tune in enumerate(tunes(24)):
        name = f"more/{number:02}.MID" if number % 2 else f"{number:02}.mid"
        (place / name).write_bytes(midi_bytes(tune))
    (place / "readme.txt").write_text("no music")
    return place


@pytest.fixture(scope="module")
def run(folder: Path) -> Path:
    made = folder.parent / "run"
    done = segue("train", "generate", folder, *SMALL, "--out", made, "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    grams = told["baselines"]["5-grams, Kneser-Ney"]
    # An untrained model would need 8.8 bits for each of three to four events of a note.
    assert 1 < grams["bits_per_note"] < told["bits_per_note"] < 25
    assert told["bits_per_beat"] == pytest.approx(
        told["bits_per_note"] * told["notes"] / told["beats"]
    )
    page = (made / "report.html").read_text()
    assert 'class="roll"' in page
    assert "velocity" in page
    return made


def written(tmp_path: Path, run: Path, *words: object) -> Path:
    done = segue("generate", run, *words)
    assert done.status == 0, done.err
    (tmp_path / "out.mid").write_bytes(done.raw)
    return tmp_path / "out.mid"


def test_a_prompt_is_gone_on_with_its_tempo_band_and_drums(
    tmp_path: Path, folder: Path, run: Path
) -> None:
    prompt = folder / "00.mid"
    path = written(tmp_path, run, "--prompt", prompt, "--length", "300", "--seed", "3")
    before, after = read_midi(prompt), read_midi(path)
    assert set(before.notes) <= set(after.notes)
    assert len(after.notes) > len(before.notes) + 30
    assert abs(after.tempos[0][1] / before.tempos[0][1] - 1) < 0.05
    played = mido.MidiFile(path)
    assert {note.instrument for note in before.notes} <= {note.instrument for note in after.notes}
    assert DRUMS in {note.instrument for note in after.notes}
    assert played.length > mido.MidiFile(prompt).length


def test_a_seed_writes_one_piece_and_a_state_goes_on_with_it(tmp_path: Path, run: Path) -> None:
    whole = written(tmp_path, run, "--length", "200", "--seed", "1").read_bytes()
    assert whole == written(tmp_path, run, "--length", "200", "--seed", "1").read_bytes()
    state = tmp_path / "state"
    first = segue("generate", run, "--length", "90", "--seed", "1", "--state", state).raw
    both = segue("generate", run, "--length", "110", "--seed", "1", "--state", state).raw
    assert first != both == whole


def test_pieces_are_as_likely_as_the_model_says(folder: Path, run: Path, tmp_path: Path) -> None:
    (tmp_path / "odd.mid").write_bytes(mirrored(folder / "00.mid"))
    done = segue("predict", run, folder / "00.mid", tmp_path / "odd.mid")
    usual, odd = (json.loads(line) for line in done.out.splitlines())
    assert usual["id"] == str(folder / "00.mid")
    assert usual["bits_per_note"] < odd["bits_per_note"]
    told = json.loads(segue("evaluate", run, folder / "00.mid", "--json").out)
    total = told["bits_per_note"] * told["notes"]
    assert total == pytest.approx(usual["bits_per_note"] * told["notes"], rel=0.02)


def mirrored(path: Path) -> bytes:
    """The file with its pitches upside down."""
    file = mido.MidiFile(path)
    for track in file.tracks:
        for message in track:
            if hasattr(message, "note"):
                message.note = 127 - message.note
    file.save(path.parent.parent / "mirror.mid")
    return (path.parent.parent / "mirror.mid").read_bytes()


def test_what_is_no_music_is_one_line_and_makes_nothing(tmp_path: Path, folder: Path) -> None:
    cut, empty = tmp_path / "cut", tmp_path / "empty"
    cut.mkdir()
    empty.mkdir()
    (cut / "a.mid").write_bytes((folder / "00.mid").read_bytes()[:-40])
    for words, message in [
        ((cut,), f"{cut / 'a.mid'}: cannot be read as MIDI (it is cut short); fetch it again"),
        ((empty,), f"{empty}: the folder holds no music; put .mid files in it"),
        ((folder / "00.mid",), "there is 1 piece: too few for 3 parts"),
        ((folder, "--lower"), "--lower is for text: leave it out with --unit midi"),
    ]:
        done = segue("train", "generate", *words, "--unit", "midi", "--out", tmp_path / "run")
        assert (done.status, done.err.count("\n")) == (2, 1), done.err
        assert message in done.err
        assert not (tmp_path / "run").exists()


def test_what_cannot_be_asked_of_music_is_one_line(tmp_path: Path, run: Path) -> None:
    for words, message in [
        (("generate", run, "--lines", "2"), "music has none"),
        (("generate", run, "--length", "1"), "no note was written"),
        (("generate", run, "--prompt", "row 1"), "row 1: No such file"),
        (("predict", run, "-"), "name MIDI files"),
    ]:
        done = segue(*words)
        assert (done.status, done.err.count("\n"), done.raw) == (2, 1, b""), done.err
        assert message in done.err
