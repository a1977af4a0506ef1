"""`segue train classify` and what follows, on small files made here."""

import csv
import io
import json
import random
from pathlib import Path

import numpy as np
import pytest
from commands import Outcome, segue, typed, write

QUICK = ("--hidden", "8", "--members", "1", "--epochs", "6")


def reviews(rows: int = 240) -> str:
    """A mood that one word decides, among words that do not."""
    chance = random.Random(0)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["key", "review", "mood"])
    for row in range(rows):
        mood, word = chance.choice([("good", "lovely"), ("good", "fine"), ("bad", "dull")])
        words = [
            *chance.choices(["the", "film", "was", "a", "story"], k=chance.randint(1, 9)),
            word,
        ]
        chance.shuffle(words)
        table.writerow([f"r{row}", " ".join(words), mood])
    return out.getvalue()


@pytest.fixture(scope="module")
def text_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Outcome]:
    folder = tmp_path_factory.mktemp("reviews")
    file = write(folder / "reviews.csv", reviews())
    words = ("--text", "review", "--label", "mood", "--id", "key", *QUICK, "--json")
    return file, folder / "run", segue("train", "classify", file, *words, "--out", folder / "run")


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_training_beats_what_knows_nothing(text_run: tuple[Path, Path, Outcome]) -> None:
    _, run, outcome = text_run
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["task"] == "classify"
    assert found["accuracy"] == found["model"]["accuracy"] == 1.0
    assert set(found["baselines"]) == {"most frequent class", "linear model on TF-IDF"}
    assert found["baselines"]["most frequent class"]["accuracy"] < 0.8
    assert found["examples"] == np.sum(found["confusion"]) == 48
    assert found["per_class"]["bad"]["support"] == found["confusion"][0][0]
    page = (run / "report.html").read_text()
    for title in ("Class by class", "Confusions", "Calibration", "Surest mistakes"):
        assert f">{title}<" in page
    assert "segue train classify reviews.csv" in page.replace("<span>", "").replace("</span>", "")


def test_predictions_keep_order_and_ids_and_ignore_neighbours(
    text_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    file, run, _ = text_run
    whole = lines(segue("predict", run, file).out)
    assert [row["id"] for row in whole] == [f"r{n}" for n in range(240)]
    rows = file.read_text().splitlines()
    few = write(tmp_path / "few.csv", "\n".join([rows[0], rows[200], rows[3]]) + "\n")
    alone = lines(segue("predict", run, few).out)
    assert [row["id"] for row in alone] == ["r199", "r2"]
    for row, same in zip(alone, (whole[199], whole[2]), strict=True):
        assert row["label"] == same["label"]
        assert row["probability"] == pytest.approx(same["probability"], abs=2e-6)
    assert sum(whole[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)  # type: ignore[attr-defined]


def test_the_word_that_decides_is_named(
    text_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    file = write(tmp_path / "one.csv", "key,review,mood\na,the film was a dull story,\n")
    (row,) = lines(segue("predict", text_run[1], file, "--explain").out)
    assert row["label"] == "bad"
    because = row["because"]
    assert isinstance(because, list)
    assert max(because, key=lambda pair: pair[1])[0] == "dull"
    assert [token for token, _ in because] == ["the", "film", "was", "a", "dull", "story"]


def test_a_stream_is_answered_line_by_line(
    text_run: tuple[Path, Path, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", typed(b"a lovely film\na dull film\n"))
    found = lines(segue("predict", text_run[1], "-").out)
    assert [(row["id"], row["label"]) for row in found] == [("1", "good"), ("2", "bad")]
    monkeypatch.setattr("sys.stdin", typed(b"a lovely film\n\n"))
    broken = segue("predict", text_run[1], "-")
    assert broken.status == 2
    assert "error: standard input: line 2: is empty" in broken.err
    monkeypatch.setattr("sys.stdin", typed(b"a lovely film\na \xff film\n"))
    broken = segue("predict", text_run[1], "-")
    assert broken.status == 2
    assert "not UTF-8" in broken.err


def test_evaluate_fits_the_baselines_to_the_training_again(
    text_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    file, run, _ = text_run
    newer = write(tmp_path / "newer.csv", reviews(60))
    found = json.loads(segue("evaluate", run, newer, "--json").out)
    assert found["accuracy"] == 1.0
    assert len(found["baselines"]) == 2
    before = file.read_text()
    file.write_text(before + "x,one more,good\n")
    changed = segue("evaluate", run, newer, "--json")
    file.write_text(before)
    assert "the baseline is the most frequent class alone" in changed.err
    assert set(json.loads(changed.out)["baselines"]) == {"most frequent class"}


def test_a_resumed_run_gives_its_result_again(
    text_run: tuple[Path, Path, Outcome],
) -> None:
    _, run, outcome = text_run
    again = segue("train", "--resume", run, "--json")
    assert json.loads(again.out) == json.loads(outcome.out)


def waves(folder: Path, classes: int = 2) -> Path:
    """Long form: two channels, unequal lengths; the class is the frequency."""
    chance = np.random.default_rng(0)
    rows = ["trial,tick,a,b,kind"]
    for trial in range(60):
        kind = trial % classes
        for tick in range(int(chance.integers(15, 25))):
            a = np.sin(tick * (0.4 + kind)) + chance.normal(0, 0.1)
            rows.append(f"t{trial},{tick},{a:.3f},{chance.normal():.3f},k{kind}")
    return write(folder / "waves.csv", "\n".join(rows) + "\n")


def test_series_of_several_channels(tmp_path: Path) -> None:
    file, run = waves(tmp_path), tmp_path / "run"
    roles = ("--channel", "a", "--channel", "b", "--series", "trial", "--time", "tick")
    made = segue("train", "classify", file, *roles, "--label", "kind", *QUICK, "--out", run)
    assert made.status == 0, made.err
    assert "1-nearest neighbour, DTW" in made.out
    rows = lines(segue("predict", run, file).out)
    assert [row["id"] for row in rows] == [f"t{n}" for n in range(60)]
    right = np.mean([row["label"] == f"k{n % 2}" for n, row in enumerate(rows)])
    assert right > 0.9


DEFECTS = {
    "one class": ("key,review,mood\na,x y,good\nb,z,good\n", "of one class, 'good'"),
    "lone class": ("key,review,mood\na,x,good\nb,y,good\nc,z,bad\n", "row 4: the only example"),
    "no label": ("key,review,mood\na,x,good\nb,y,\nc,z,bad\nd,w,bad\n", "row 3"),
    "empty text": ("key,review,mood\na,x,good\nb,,good\nc,z,bad\nd,w,bad\n", "row 3"),
    "same id": ("key,review,mood\na,x,good\na,y,good\nc,z,bad\nd,w,bad\n", "'a' is there twice"),
    "no column": ("key,text,mood\na,x,good\n", "'review'"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_bad_input_is_one_line(name: str, tmp_path: Path) -> None:
    text, says = DEFECTS[name]
    file = write(tmp_path / "bad.csv", text)
    words = ("--text", "review", "--label", "mood", "--id", "key", "--out", tmp_path / "run")
    outcome = segue("train", "classify", file, *words)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert str(file) in outcome.err
    assert says in outcome.err
    assert not (tmp_path / "run").exists()
