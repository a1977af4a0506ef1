"""Whatever is wrong with recordings and what is said in them: one line, status 2, no run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import segue, write

from segue.data.audio.voices import RATE

NOISE = (np.random.default_rng(0).normal(size=RATE) * 0.1).clip(-0.9, 0.9)
ROWS = [f"{n:02d}.wav\ttext {'abcdefgh'[n % 8]}" for n in range(20)]
QUICK = ("--hidden", "8", "--epochs", "1", "--speeds", "1")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    for n in range(20):
        soundfile.write(tmp_path / f"{n:02d}.wav", NOISE, RATE)
    return write(tmp_path / "list.tsv", "\n".join(["file\ttext", *ROWS]) + "\n")


def changed(path: Path, row: int, text: str) -> None:
    rows = ["file\ttext", *ROWS]
    rows[row - 1] = text
    path.write_text("\n".join(rows) + "\n")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2000])


def write_sound(samples: np.ndarray) -> Callable[[Path], None]:
    return lambda path: soundfile.write(path, samples, RATE, subtype="FLOAT")


SOUNDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (lambda path: path.unlink(), "no such file"),
    "empty": (lambda path: path.write_bytes(b"") and None, "is empty"),
    "three bytes": (lambda path: path.write_bytes(b"RIF") and None, "is no sound"),
    "cut short": (cut, "is cut short"),
    "no samples": (write_sound(np.zeros(0)), "has no samples"),
    "silent": (write_sound(np.zeros(RATE)), "is silent"),
    "clipped": (write_sound(np.sign(NOISE)), "is clipped"),
    "too short for its text": (write_sound(NOISE[:500]), "its text needs 6 steps and it has 2"),
}
LISTS = {
    "empty text": ("05.wav\t", "row 7, column 'text'"),
    "marks alone": ("05.wav\t...", "row 7: its text is empty"),
    "another script": ("05.wav\tt\u0435xt", "row 7: its text has '\u0435', a letter of another"),
    "twice": ("04.wav\ttext a", "row 7: is called '04.wav' as row 6 is"),
}


@pytest.mark.parametrize("kind", SOUNDS)
def test_a_defect_of_a_recording(listed: Path, kind: str) -> None:
    spoil, says = SOUNDS[kind]
    spoil(listed.parent / "05.wav")
    outcome = segue("train", "transcribe", listed, *QUICK, "--out", listed.parent / "run")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert "row 7: " in outcome.err
    assert "05.wav" in outcome.err
    assert says in outcome.err
    assert "--skip-bad" in outcome.err
    assert not (listed.parent / "run").exists()


@pytest.mark.parametrize("kind", LISTS)
def test_a_defect_of_a_list(listed: Path, kind: str) -> None:
    text, says = LISTS[kind]
    changed(listed, 7, text)
    outcome = segue("train", "transcribe", listed, *QUICK, "--out", listed.parent / "run")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert says in outcome.err


def test_what_is_left_out_is_listed(listed: Path) -> None:
    SOUNDS["silent"][0](listed.parent / "05.wav")
    SOUNDS["cut short"][0](listed.parent / "06.wav")
    run = listed.parent / "run"
    outcome = segue("train", "transcribe", listed, *QUICK, "--skip-bad", "--out", run)
    assert outcome.status == 0, outcome.err
    assert "2 recordings left out:" in outcome.err
    assert "is silent" in (run / "report.html").read_text()


def test_options_that_do_not_fit(listed: Path) -> None:
    np.save(listed.parent / "a.npy", np.zeros((50, 13), np.float32))
    features = write(listed.parent / "features.tsv", "file\ttext\n" + "a.npy\tone\n")
    for words, says in (
        ((features,), "1 recordings are too few"),
        ((listed, "--latency", "20", "--stride", "3"), "--latency 20: a step is 30 ms"),
        ((listed, "--audio", "sound"), "there is no column 'sound'"),
        ((listed.parent / "00.wav",), "is one recording; name a list"),
    ):
        outcome = segue("train", "transcribe", *words, *QUICK, "--out", listed.parent / "run")
        assert outcome.status == 2, outcome.err
        assert says in outcome.err
