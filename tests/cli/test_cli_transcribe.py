"""`segue train transcribe` and what follows, on voices that are made here."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import Outcome, segue, write

from segue.data.audio.voices import RATE, Voice, speak, write_digits

WORDS = ("one", "six", "nine")
QUICK = ("--hidden", "24", "--speeds", "1", "--batch-size", "8", "--learning-rate", "0.01")


def say(folder: Path, texts: list[list[str]], voices: int = 6) -> list[str]:
    """Recordings of texts; the names of their files."""
    chance = np.random.default_rng(4)
    known = [Voice.drawn(chance) for _ in range(voices)]
    found = []
    for number, words in enumerate(texts):
        name = f"{number:03d}.wav"
        soundfile.write(folder / name, speak(words, known[number % voices], chance), RATE)
        found.append(name)
    return found


@pytest.fixture(scope="module")
def texts_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """Texts of one or two of three words, by six voices."""
    folder = tmp_path_factory.mktemp("texts")
    chance = np.random.default_rng(0)
    texts = [chance.choice(WORDS, size=1 + n % 2).tolist() for n in range(120)]
    names = say(folder, texts)
    rows = [
        f"{a}\t{' '.join(t).title()}!\t{n % 6}"
        for n, (a, t) in enumerate(zip(names, texts, strict=True))
    ]
    write(folder / "list.tsv", "\n".join(["file\ttext\tspeaker", *rows]) + "\n")
    words = ("train", "transcribe", folder / "list.tsv", *QUICK, "--epochs", "12", "--json")
    return folder, segue(*words, "--out", folder / "run")


@pytest.fixture(scope="module")
def names_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A folder for each of three words."""
    folder = tmp_path_factory.mktemp("names")
    for word in WORDS:
        (folder / "words" / word).mkdir(parents=True)
        say(folder / "words" / word, [[word]] * 30)
    words = ("train", "transcribe", folder / "words", *QUICK, "--epochs", "8", "--json")
    return folder, segue(*words, "--out", folder / "run")


def test_texts_are_learned(texts_run: tuple[Path, Outcome]) -> None:
    folder, outcome = texts_run
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["wer"] < 0.5
    assert found["baselines"]["most frequent text"]["wer"] > 0.5
    assert found["wer_interval"][0] <= found["wer"] <= found["wer_interval"][1]
    kinds = found["substitutions"] + found["deletions"] + found["insertions"]
    assert kinds == pytest.approx(found["wer"])
    assert found["speakers"].startswith("none of ")
    assert "without punctuation" in found["compared"]
    page = (folder / "run" / "report.html").read_text()
    for title in ("What was heard, and where", "Confusions", "Worst recordings"):
        assert f">{title}<" in page
    assert 'class="spectrogram"' in page


def test_a_recording_comes_back_as_words_with_times(texts_run: tuple[Path, Outcome]) -> None:
    folder, _ = texts_run
    outcome = segue("predict", folder / "run", folder / "001.wav", folder / "002.wav")
    assert outcome.status == 0, outcome.err
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    assert [row["id"] for row in rows] == ["001.wav", "002.wav"]
    for row in rows:
        assert row["text"].split() == [word["word"] for word in row["words"]]
        assert 0 < row["confidence"] <= 1
        ends = [time for word in row["words"] for time in (word["start"], word["end"])]
        assert ends == sorted(ends)
        assert ends[-1] <= soundfile.info(folder / row["id"]).duration


def test_a_list_and_a_folder_come_back_alike(texts_run: tuple[Path, Outcome]) -> None:
    folder, _ = texts_run
    by_list = segue("predict", folder / "run", folder / "list.tsv").out.splitlines()
    alone = segue("predict", folder / "run", folder / "007.wav").out.splitlines()
    assert len(by_list) == 120
    assert by_list[7] == alone[0]


def test_other_recordings_are_scored(texts_run: tuple[Path, Outcome]) -> None:
    folder, _ = texts_run
    other = write_digits_as_list(folder / "other")
    outcome = segue("evaluate", folder / "run", other, "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["recordings"] == 12
    assert found["wer"] > 0.5  # most of these words were never heard


def write_digits_as_list(folder: Path) -> Path:
    folder.mkdir()
    return write_digits(folder, 12)


def test_names_are_told_apart(names_run: tuple[Path, Outcome]) -> None:
    folder, outcome = names_run
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["accuracy"] > 0.7
    assert set(found["baselines"]) == {"nearest mean sound", "most frequent name"}
    assert found["classes"] == ["nine", "one", "six"]
    outcome = segue("predict", folder / "run", folder / "words" / "six" / "000.wav")
    row = json.loads(outcome.out)
    assert row["text"] in WORDS
    assert 0.3 < row["probability"] <= 1
    outcome = segue("evaluate", folder / "run", folder / "words", "--json")
    assert json.loads(outcome.out)["accuracy"] > 0.7


def test_a_name_that_was_not_learned_is_refused(names_run: tuple[Path, Outcome]) -> None:
    folder, _ = names_run
    listed = write(folder / "new.tsv", "file\ttext\nwords/six/000.wav\tseven\n")
    outcome = segue("evaluate", folder / "run", listed)
    assert outcome.status == 2
    assert "row 2: says 'seven'" in outcome.err


def test_features_that_others_computed_are_heard_as_a_stream_would(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    rows = []
    for n in range(24):
        values = chance.normal(size=(40, 13)) + 3 * (n % 2)
        content = np.array([values.size], ">i4").tobytes() + values.astype(">f4").tobytes()
        (tmp_path / f"{n:02d}.mfc").write_bytes(content)
        rows.append(f"{n:02d}.mfc\t{('no', 'yes')[n % 2]}")
    listed = write(tmp_path / "list.tsv", "\n".join(["file\ttext", *rows]) + "\n")
    words = ("train", "transcribe", listed, "--streaming", "--hidden", "8", "--epochs", "1")
    outcome = segue(*words, "--out", tmp_path / "run")
    assert outcome.status == 0, outcome.err
    heard = json.loads((tmp_path / "run" / "config.json").read_text())["hearing"]
    assert heard["running"]
    assert not heard["deltas"]  # they look ahead
    outcome = segue("transcribe", tmp_path / "run", "--live")
    assert outcome.status == 2
    assert "train it with --streaming on sound" in outcome.err
