"""`segue train tag` and what follows, on small files made here."""

import json
import random
from pathlib import Path

import pytest
from commands import Outcome, segue, typed, write

from segue.data.timetable import column_file, questions

QUICK = (
    "--hidden",
    "32",
    "--embedding",
    "32",
    "--characters",
    "16",
    "--epochs",
    "12",
    "--batch-size",
    "8",
    "--learning-rate",
    "0.01",
)


@pytest.fixture(scope="module")
def tag_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Outcome]:
    folder = tmp_path_factory.mktemp("questions")
    file = write(folder / "questions.conll", column_file(300, seed=1))
    words = ("--intent", "intent", *QUICK, "--json", "--out", folder / "run")
    return file, folder / "run", segue("train", "tag", file, *words)


def test_a_training_beats_what_costs_little(tag_run: tuple[Path, Path, Outcome]) -> None:
    _, run, outcome = tag_run
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert (found["task"], found["measure"], found["scheme"]) == ("tag", "f1", "iob2")
    assert found["f1"] == found["model"]["f1"] > 0.8
    assert found["label_accuracy"] > 0.7
    assert set(found["baselines"]) == {"most frequent tag", "linear CRF"}
    assert found["baselines"]["most frequent tag"]["f1"] < found["f1"]
    assert found["sentences"] == 30
    assert set(found["per_type"]) == {"from", "to", "date", "time", "person"}
    assert 0 < found["unknown_tokens"] < found["tokens"]
    page = (run / "report.html").read_text()
    for title in ("Type by type", "Confusions", "Mistakes in their sentences", "Learning"):
        assert f">{title}<" in page


def test_a_column_file_comes_back_with_a_column_more(
    tag_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    file, run, _ = tag_run
    outcome = segue("predict", run, file)
    assert outcome.status == 0, outcome.err
    said = [line for line in outcome.out.split("\n") if not line.startswith("# predicted_intent")]
    before = file.read_text().split("\n")
    assert len(said) == len(before)
    right = 0
    for one, other in zip(before, said, strict=True):
        if " " in one and not one.startswith("#"):
            text, _, tag = other.rpartition(" ")
            assert text == one
            right += tag == one.split(" ")[1]
        else:
            assert one == other
    tokens = sum(len(tokens) for _, tokens, _ in questions(300, seed=1))
    assert right > 0.9 * tokens
    untagged = write(tmp_path / "tokens.txt", "to\nMarburg\n\nfrom\nUlaton\n")
    alone = segue("predict", run, untagged).out
    assert [line.split(" ")[0] for line in alone.splitlines() if not line.startswith("#")] == [
        "to", "Marburg", "", "from", "Ulaton",
    ]  # fmt: skip


def test_json_lines_come_back_as_json_lines(
    tag_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    text = '{"id": "b", "tokens": ["to", "Marburg"], "n": 1.0}\n\n{"tokens": []}\n'
    outcome = segue("predict", tag_run[1], write(tmp_path / "a.jsonl", text), "--probabilities")
    first, last = outcome.out.splitlines()
    assert first.startswith('{"id": "b", "tokens": ["to", "Marburg"], "n": 1.0, "predicted": [')
    found = json.loads(first)
    assert len(found["predicted"]) == len(found["probabilities"]) == 2
    assert all(0 < p <= 1 for p in found["probabilities"])
    assert found["predicted_intent"] in {"train", "fare", "booking", "delay"}
    assert json.loads(last) == {"tokens": [], "predicted": []}


def test_a_stream_is_answered_as_a_file_is(
    tag_run: tuple[Path, Path, Outcome], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sentences = [tokens for _, tokens, _ in questions(5, seed=2)]
    lines = "".join(" ".join(one) + "\n" for one in sentences)
    monkeypatch.setattr("sys.stdin", typed(lines.encode()))
    spoken = [json.loads(line) for line in segue("predict", tag_run[1], "-").out.splitlines()]
    file = "".join(json.dumps({"tokens": one}) + "\n" for one in sentences)
    whole = segue("predict", tag_run[1], write(tmp_path / "a.jsonl", file)).out.splitlines()
    assert spoken == [json.loads(line) for line in whole]
    monkeypatch.setattr("sys.stdin", typed(b"to Rome\n\n"))
    broken = segue("predict", tag_run[1], "-")
    assert (broken.status, broken.err.count("\n")) == (2, 1)
    assert "standard input: line 2: is empty" in broken.err


def test_evaluate_fits_the_baselines_to_the_training_again(
    tag_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    file, run, _ = tag_run
    newer = write(tmp_path / "newer.conll", column_file(60, seed=3))
    found = json.loads(segue("evaluate", run, newer, "--json").out)
    assert found["sentences"] == 60
    assert {"accuracy", "f1", "precision", "recall", "unknown_accuracy"} <= set(found)
    assert len(found["baselines"]) == 2
    before = file.read_text()
    file.write_text(before + "# intent = fare\nx O\n")
    changed = segue("evaluate", run, newer, "--json")
    file.write_text(before)
    assert "the baseline is the most frequent tag alone" in changed.err
    assert set(json.loads(changed.out)["baselines"]) == {"most frequent tag"}


def test_a_resumed_run_gives_its_result_again(tag_run: tuple[Path, Path, Outcome]) -> None:
    _, run, outcome = tag_run
    assert json.loads(segue("train", "--resume", run, "--json").out) == json.loads(outcome.out)


DEFECTS = {
    "mixed scheme": ("a B-X\nb I-X\n\nc I-X\n" * 9, "IOB1 and IOB2 are mixed"),
    "one tag": ("a N\nb N\n\n" * 12, "all tokens have the tag 'N'"),
    "few": ("a N\nb V\n\n" * 3, "has 3 sentences; give 10 or more"),
    "short row": ("a N\nb\n\n" * 12, "row 2: has 1 column where the first row has 2"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_bad_input_is_one_line(name: str, tmp_path: Path) -> None:
    text, says = DEFECTS[name]
    file = write(tmp_path / "bad.conll", text)
    outcome = segue("train", "tag", file, "--out", tmp_path / "run")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert str(file) in outcome.err
    assert says in outcome.err
    assert not (tmp_path / "run").exists()


def test_what_the_demo_ships_is_made_by_rule() -> None:
    from importlib.resources import files

    sample = files("segue.data") / "samples" / "timetable.conll"
    assert sample.read_text() == column_file(1000)


def test_vectors_tell_of_words_that_the_training_did_not_have(tmp_path: Path) -> None:
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefgh", k=6)) for _ in range(400)]
    kind = {word: chance.choice("XY") for word in words}
    rows = []
    for word in words:
        near = 1.0 if kind[word] == "X" else -1.0
        rows.append(
            f"{word} {' '.join(f'{near * s + chance.gauss(0, 0.3):.3f}' for s in (1, -1, 1))}"
        )
    vectors = write(tmp_path / "vectors.txt", "\n".join(rows) + "\n")

    def sentences(some: list[str]) -> str:
        return "\n".join(
            f"{word} {kind[word]}" + "\n" * (k % 3 == 2) for k, word in enumerate(some)
        )

    file = write(tmp_path / "train.conll", sentences(chance.choices(words[:200], k=600)) + "\n")
    test = write(tmp_path / "test.conll", sentences(words[200:]) + "\n")
    common = ("train", "tag", file, "--test", test, *QUICK, "--json")
    found = json.loads(segue(*common, "--vectors", vectors, "--out", tmp_path / "with").out)
    without = json.loads(segue(*common, "--out", tmp_path / "without").out)
    assert (found["measure"], found["scheme"]) == ("accuracy", "plain")
    assert found["unknown_accuracy"] > 0.9
    assert without["unknown_accuracy"] < 0.8
    vectors.unlink()
    lines = segue("predict", tmp_path / "with", test).out.splitlines()
    right = [line.split()[1] == line.split()[2] for line in lines if line]
    assert sum(right) / len(right) == pytest.approx(found["accuracy"])
