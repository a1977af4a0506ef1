"""`segue transcribe RUN --live`: samples on standard input, texts as they are said."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import Outcome, segue

from segue.data.audio.voices import RATE, write_digits


@pytest.fixture(scope="module")
def live_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    folder = tmp_path_factory.mktemp("live")
    listed = write_digits(folder, 80)
    words = ("--streaming", "--hidden", "32", "--epochs", "14", "--speeds", "1", "--stride", "4",
             "--learning-rate", "0.01", "--batch-size", "4")  # fmt: skip
    return folder, segue("train", "transcribe", listed, *words, "--out", folder / "run")


def raw(samples: np.ndarray) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO((samples * 32768).astype("<i2").tobytes()))


def test_a_run_listens(live_run: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, outcome = live_run
    assert outcome.status == 0, outcome.err
    samples, _ = soundfile.read(folder / "0003.flac")
    monkeypatch.setattr("sys.stdin", raw(samples))
    rows = [
        json.loads(line) for line in segue("transcribe", folder / "run", "--live").out.splitlines()
    ]
    said = [row for row in rows if "text" in row]
    by_file = json.loads(segue("predict", folder / "run", folder / "0003.flac").out)
    assert by_file["text"]
    assert " ".join(row["text"] for row in said) == by_file["text"]
    assert [word for row in said for word in row["words"]] == by_file["words"]
    assert rows[-1]["seconds"] == pytest.approx(len(samples) / RATE, abs=1e-3)
    assert rows[-1]["delay_ms"]["50%"] <= rows[-1]["delay_ms"]["99%"]


def test_what_does_not_fit_a_run_that_listens(live_run: tuple[Path, Outcome]) -> None:
    folder, _ = live_run
    outcome = segue("transcribe", folder / "run")
    assert outcome.status == 2
    assert "--live listens to standard input" in outcome.err
    for count in (0, 3):
        samples = np.zeros(count)
        soundfile.write(folder / "short.wav", samples, RATE)
        outcome = segue("predict", folder / "run", folder / "short.wav")
        assert outcome.status == 2
        assert outcome.err.count("\n") == 1


def test_a_transducer_says_live_what_it_says_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = write_digits(tmp_path, 40)
    (tmp_path / "noise").mkdir()
    hiss = np.random.default_rng(0).normal(size=RATE) * 0.1
    soundfile.write(tmp_path / "noise" / "hiss.wav", hiss.clip(-1, 1), RATE)
    words = ("--transducer", "--streaming", "--hidden", "16", "--epochs", "4", "--beam", "4",
             "--speeds", "1", "--stride", "4", "--learning-rate", "0.02", "--batch-size", "4",
             "--noise", tmp_path / "noise")  # fmt: skip
    outcome = segue("train", "transcribe", listed, *words, "--out", tmp_path / "run")
    assert outcome.status == 0, outcome.err
    assert "1 copy" in outcome.err
    path = max(tmp_path.glob("*.flac"), key=lambda path: path.stat().st_size)
    by_file = json.loads(segue("predict", tmp_path / "run", path).out)
    monkeypatch.setattr("sys.stdin", raw(soundfile.read(path)[0]))
    rows = [
        json.loads(line)
        for line in segue("transcribe", tmp_path / "run", "--live").out.splitlines()
    ]
    said = [row for row in rows if "text" in row]
    assert by_file["text"]
    assert [word for row in said for word in row["words"]] == by_file["words"]
    outcome = segue("train", "transcribe", listed, "--commands", "--transducer")
    assert outcome.status == 2
    assert "names are told apart without one" in outcome.err
