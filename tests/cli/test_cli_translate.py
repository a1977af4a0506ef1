"""`segue train translate` and what follows, on small files made here."""

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Outcome, segue, write

WORDS = {"eins": "one", "zwei": "two", "drei": "three", "vier": "four", "rot": "red"}
QUICK = ("--hidden", "32", "--epochs", "6", "--source-unit", "token", "--target-unit", "token",
         "--learning-rate", "0.01")  # fmt: skip


def sentences(rows: int, seed: int) -> list[tuple[str, str]]:
    """Words, each with its own translation, in the opposite order."""
    chance = random.Random(seed)
    made = {}
    while len(made) < rows:
        words = chance.choices(list(WORDS), k=chance.randint(2, 6))
        made[" ".join(words)] = " ".join(WORDS[word] for word in reversed(words))
    return list(made.items())


def two_files(folder: Path, name: str, pairs: list[tuple[str, str]]) -> tuple[Path, Path]:
    left = write(folder / f"{name}.de", "".join(f"{a}\n" for a, _ in pairs))
    return left, write(folder / f"{name}.en", "".join(f"{b}\n" for _, b in pairs))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    folder = tmp_path_factory.mktemp("pairs")
    files = two_files(folder, "train", sentences(500, 0))
    outcome = segue("train", "translate", *files, *QUICK, "--json", "--out", folder / "run")
    return folder, outcome


def test_a_training_beats_the_dictionary(trained: tuple[Path, Outcome]) -> None:
    folder, outcome = trained
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["bleu"] > 90
    assert found["word_accuracy"] > 0.8
    assert set(found["baselines"]) == {"copy of the source", "word-for-word dictionary"}
    assert found["baselines"]["word-for-word dictionary"]["chrf"] > 50
    assert found["signature"].startswith("nrefs:1|case:mixed")
    page = (folder / "run" / "report.html").read_text()
    for title in ("Translations", "Attention"):
        assert f">{title}<" in page
    assert 'class="heatmap"' in page


def test_a_file_comes_back_line_by_line(trained: tuple[Path, Outcome]) -> None:
    folder, _ = trained
    new = write(folder / "new.de", "eins zwei\n\ndrei rot\n")
    outcome = segue("predict", folder / "run", new)
    assert outcome.out.splitlines() == ["two one", "", "red three"], outcome.err
    best = segue("predict", folder / "run", new, "--n-best", "2", "--attention")
    rows = [json.loads(line) for line in best.out.splitlines()]
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    first = rows[0]
    assert first["source_units"] == ["eins", "zwei", "<eos>"]
    assert first["target_units"] == ["two", "one", "<eos>"]
    assert first["n_best"][0]["score"] >= first["n_best"][1]["score"]
    for row in first["attention"]:
        assert sum(row) == pytest.approx(1, abs=1e-3)


def test_a_table_comes_back_with_its_ids(trained: tuple[Path, Outcome]) -> None:
    folder, _ = trained
    new = write(folder / "new.tsv", "key\ttext\nb\tvier eins\na\trot\n")
    outcome = segue("predict", folder / "run", new, "--source", "text", "--id", "key")
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    assert [row["id"] for row in rows] == ["b", "a"]
    assert rows[0]["translation"] == "one four"


def test_lines_are_answered_one_by_one(trained: tuple[Path, Outcome]) -> None:
    folder, _ = trained
    start = [sys.executable, "-c", "from segue.cli.main import main; main()"]
    command = [*start, "predict", str(folder / "run"), "-", "--beam", "1"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for text, wanted in (("eins zwei", "two one"), ("vier drei rot", "red three four")):
        process.stdin.write(text + "\n")
        assert process.stdout.readline().strip() == wanted
    process.stdin.close()
    assert process.wait() == 0


def test_evaluation_of_other_pairs(trained: tuple[Path, Outcome]) -> None:
    folder, _ = trained
    files = two_files(folder, "other", sentences(60, 1))
    outcome = segue("evaluate", folder / "run", *files, "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert {"bleu", "chrf", "word_accuracy", "signature"} <= set(found)
    assert found["texts"] == 60
    one = segue("evaluate", folder / "run", files[0])
    assert one.status == 2
    assert "name the file of the other language" in one.err


def test_defects_end_with_one_line_and_nothing_written(tmp_path: Path) -> None:
    left, right = write(tmp_path / "a.de", "ja\nnein\n"), write(tmp_path / "a.en", "yes\n")
    for words, message in (
        ((left, right), "ends after row 1"),
        ((left,), "name the file of the other language"),
        ((left, tmp_path / "b.en"), "no such file"),
    ):
        outcome = segue("train", "translate", *words, "--out", tmp_path / "run")
        assert outcome.status == 2
        assert outcome.err.count("\n") == 1
        assert message in outcome.err
        assert not (tmp_path / "run").exists()


def test_a_word_with_several_pronunciations(tmp_path: Path) -> None:
    letters = {"a": "AH", "b": "B", "k": "K", "o": "OW"}
    words = {"".join(random.Random(i).choices("abko", k=5)) for i in range(300)}
    rows = [(word, " ".join(letters[x] for x in word)) for word in sorted(words)]
    rows += [(word, sounds.replace("AH", "EY")) for word, sounds in rows if word[0] == "a"]
    table = write(tmp_path / "lexicon.tsv", "".join(f"{a}\t{b}\n" for a, b in rows))
    words_asked = ("--source", "1", "--target", "2", "--hidden", "24", "--epochs", "3", "--json",
                   "--scheduled-sampling", "0.2", "--learning-rate", "0.01",
                   "--attention", "additive")  # fmt: skip
    outcome = segue("train", "translate", table, *words_asked, "--out", tmp_path / "run")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert (found["source_unit"], found["target_unit"]) == ("char", "token")
    assert found["measure"] == "word_accuracy"
    assert found["word_accuracy"] > 0.9
    assert found["edit_distance"] < 0.1


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    place = Path(__file__).parents[2] / "examples" / "translate.py"
    spec = importlib.util.spec_from_file_location("example_translate", place)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    example.main(epochs=1)
    assert "21 March 1987 -> " in capsys.readouterr().out
