"""`segue train recommend`, from logs to what is recommended, and what is wrong with them."""

import json
from pathlib import Path

import pytest
from commands import Outcome, segue, typed, write

from segue.data.outfits import write_log

SMALL = ("--hidden", "32", "--epochs", "8", "--learning-rate", "0.02")
WHERE = ("--item", "item", "--session", "visit", "--time", "when")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "visits.csv"
    write_log(path, 600)
    return path


@pytest.fixture(scope="module")
def run(log: Path) -> Path:
    folder = log.parent / "run"
    words = ("--last", "20%", "--k", "5", "--out", folder, "--json")
    done = segue("train", "recommend", log, *WHERE, *SMALL, *words)
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["model"]["recall@5"] > 2 * told["baselines"]["popularity"]["recall@5"]
    low, high = told["intervals"]["recall@5"]
    assert low < told["model"]["recall@5"] < high
    assert told["events"] > 400
    assert "VSKNN" in (folder / "report.html").read_text()
    return folder


def test_a_run_recommends_and_is_scored_again(run: Path, log: Path, tmp_path: Path) -> None:
    lines = log.read_text().splitlines()
    some = write(tmp_path / "some.csv", "\n".join([*lines[:30], "v9999,2024-12-31 00:00:00,?", ""]))
    done = segue("predict", run, some, "--k", "3")
    assert done.status == 0, done.err
    found = [json.loads(line) for line in done.out.splitlines()]
    assert found[0]["session"] == "v1"
    scores = [each["score"] for each in found[0]["items"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert found[-1]["unknown_events"] == 1
    done = segue("evaluate", run, some, "--json")
    assert done.status == 0, done.err
    assert json.loads(done.out)["baselines"].keys() >= {"popularity", "sessions alike (VSKNN)"}


def answers(run: Path, lines: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> Outcome:
    monkeypatch.setattr("sys.stdin", typed(lines.encode()))
    return segue("predict", run, "-", *words)


def test_events_are_answered_as_they_come(
    run: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [line.split(",") for line in log.read_text().splitlines()[1:60]]
    rows = 2 * (rows[::2] + rows[1::2])  # sessions that take turns
    lines = "".join(json.dumps({"visit": who, "item": what}) + "\n" for who, _, what in rows)
    told = []
    for kept in ("3", "1000"):
        done = answers(run, lines, monkeypatch, "--k", "3", "--sessions", kept)
        assert done.status == 0, done.err
        assert "99% in" in done.err
        found = [json.loads(line) for line in done.out.splitlines()]
        assert [each["session"] for each in found] == [who for who, _, _ in rows]
        told.append([[each["item"] for each in one["items"]] for one in found])
    assert told[0] == told[1]  # a state that was put away is made again


def test_a_line_that_is_no_event_is_named(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = answers(run, '{"visit": "v1"}\n', monkeypatch)
    assert done.status == 2
    assert "line 1: has no 'item'" in done.err
    assert "line 1: is no JSON object" in answers(run, "v1,hat\n", monkeypatch).err


@pytest.mark.parametrize("loss", ["bpr-max", "top1-max"])
def test_ranking_losses_learn_too(tmp_path: Path, log: Path, loss: str) -> None:
    words = ("--loss", loss, "--samples", "32", "--k", "5", "--last", "20%", "--batch-size", "16")
    words += ("--hidden", "32", "--epochs", "8", "--learning-rate", "0.03")
    done = segue("train", "recommend", log, *WHERE, *words, "--out", tmp_path / "run", "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["model"]["mrr@5"] > 1.2 * told["baselines"]["popularity"]["mrr@5"]


def test_sequences_are_trained_on_and_the_last_event_is_scored(tmp_path: Path) -> None:
    lines = "".join(f"a{n % 5} b{n % 5} c{n % 5} d{n % 5}\n" for n in range(200))
    file = write(tmp_path / "sessions.txt", lines)
    words = ("--sequences", "--leave-one-out", "--hidden", "16", "--epochs", "30", "--k", "2")
    done = segue("train", "recommend", file, *words, "--out", tmp_path / "run", "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["events"] == told["sessions"] == 200
    assert "later than those it is scored on" in done.err


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("a,b\n1,2\n", WHERE, "there is no column"),
        ("visit,item,when\nv,x,5\nv,x,4\n", WHERE, "row 3: its time is before that of row 2"),
        (
            "visit,item,when\nv,x,5\nw,y,6\n",
            (*WHERE, "--item-support", "1"),
            "every session has one event",
        ),
        ("visit,item,when\n" + "v,x,5\n" * 9, WHERE, "one item only"),
        ("visit,item,when\nv,x,5\n", ("--item", "item"), "--session"),
        ("visit,item,when\nv,x,5\n", (*WHERE, "--gap", "soon"), "30m"),
        ("visit,item,when\nv,x,5\nv,y,6\n", WHERE, "--item-support"),
    ],
)
def test_a_defect_is_one_line(tmp_path: Path, text: str, words: tuple[str, ...], said: str) -> None:
    file = write(tmp_path / "log.csv", text)
    done = segue("train", "recommend", file, *words, "--out", tmp_path / "run")
    assert done.status == 2
    assert said in done.err
    assert done.err.count("\n") <= 2
    assert not (tmp_path / "run").exists()
