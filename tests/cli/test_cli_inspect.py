"""`segue inspect`: what a run's layers do, from the run alone or with a file."""

import json
from pathlib import Path

import pytest
from commands import segue

WORDS = ("--hidden", "12", "--embedding", "6", "--context", "16", "--epochs", "1")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("inspect")
    (place / "a.txt").write_text("".join(f"row {n % 7} has {n % 3}\n" for n in range(300)))
    done = segue("train", "generate", place / "a.txt", *WORDS, "--out", place / "run")
    assert done.status == 0, done.err
    return place / "run"


def test_a_run_is_inspected_on_its_own_data(run: Path) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    done = segue("inspect", run)
    assert done.status == 0, done.err
    assert "layers.layers.0: " in done.out
    assert "half-life" in done.out
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    told = json.loads(segue("inspect", run, "--json").out)
    (layer,) = told["layers"]
    assert layer["steps"] == 16
    assert layer["units"] == 12
    assert layer["verdict"] in {"vanishing", "healthy", "exploding"}
    assert told["sentences"][0] in done.out


def test_other_data_are_named_and_missing_ones_told(tmp_path: Path, run: Path) -> None:
    text = run.parent / "a.txt"
    assert segue("inspect", run, text).status == 0
    moved = text.rename(tmp_path / "moved.txt")
    try:
        done = segue("inspect", run)
    finally:
        moved.rename(text)
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "are gone or have changed; name the files: segue inspect RUN FILE..." in done.err
    (tmp_path / "other.txt").write_text("zq xy\n" * 200)
    done = segue("inspect", run, tmp_path / "other.txt")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "other.txt is not what it was trained on" in done.err
