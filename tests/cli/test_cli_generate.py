"""`segue train generate` and `segue generate`, from files to text."""

import json
import runpy
from pathlib import Path

import pytest
from commands import segue

TEXT = "".join(f"row {n % 7} has {'ab' * (n % 3 + 1)} and é\n" for n in range(400))
SMALL = ("--hidden", "16", "--embedding", "8", "--epochs", "2")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "rows.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def run(file: Path) -> Path:
    folder = file.parent / "run"
    done = segue("train", "generate", file, *SMALL, "--out", folder, "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["perplexity"] < 25
    assert told["baselines"]["5-grams, Kneser-Ney"]["perplexity"] < 3
    assert told["bits_per_byte"] < told["bits_per_character"]
    return folder


@pytest.mark.parametrize("unit", ["word", "token", "piece", "byte"])
def test_every_unit_is_trained_and_written(tmp_path: Path, file: Path, unit: str) -> None:
    words = ("--unit", unit, *SMALL, "--out", tmp_path / "run", "--json")
    done = segue("train", "generate", file, *words)
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert found["unit"] == unit
    grams = found["baselines"]["5-grams, Kneser-Ney"]
    assert grams["bits_per_byte"] < 1
    said = segue("generate", tmp_path / "run", "--prompt", "row", "--length", "60")
    assert said.status == 0, said.err
    assert said.out.startswith("row")
    assert len(said.out) > 20
    assert "<" not in said.out


@pytest.mark.parametrize("output", [("--adaptive",), ("--sampled", "8"), ("--untied",)])
def test_outputs_of_large_vocabularies_are_trained_and_scored_exactly(
    tmp_path: Path, output: tuple[str, ...]
) -> None:
    file, folder = tmp_path / "numbers.txt", tmp_path / "run"
    file.write_text("".join(f"{n % 40} {n % 40 + 1} {n % 40 + 2}\n" for n in range(1200)))
    words = ("--unit", "word", "--hidden", "48", "--epochs", "12", "--dropout", "0", *output)
    done = segue("train", "generate", file, *words, "--out", folder, "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert told["perplexity"] < told["baselines"]["unit frequencies"]["perplexity"] / 2
    found = segue("generate", folder, "--prompt", "7 8", "--length", "1", "--temperature", "0")
    assert found.out.removeprefix("7 8 ").isdigit()


def test_outputs_that_do_not_fit_are_one_line(tmp_path: Path, file: Path) -> None:
    for words, message in [
        (("--adaptive",), "--adaptive is for words"),
        (("--sampled", "9", "--unit", "piece"), "--sampled is for words"),
        (("--sampled", "9", "--adaptive", "--unit", "word"), "name one"),
        (("--adaptive", "--unit", "word"), "needs 40 units"),
    ]:
        done = segue("train", "generate", file, *words, "--out", tmp_path / "run")
        assert (done.status, done.err.count("\n")) == (2, 1), done.err
        assert message in done.err
        assert not (tmp_path / "run").exists()


def test_a_seed_writes_one_text_and_greed_needs_none(run: Path) -> None:
    one, two, other = (
        segue("generate", run, "--length", "80", "--seed", seed).out for seed in (1, 1, 2)
    )
    assert one == two != other
    greedy = [
        segue("generate", run, "--temperature", "0", "--length", "50", "--seed", seed).out
        for seed in (1, 2)
    ]
    assert greedy[0] == greedy[1]


def test_lines_end_a_text(run: Path) -> None:
    out = segue("generate", run, "--lines", "3", "--length", "5000").out
    assert out.count("\n") == 3
    assert out.endswith("\n")


def test_what_goes_on_is_what_was_never_stopped(tmp_path: Path, run: Path) -> None:
    options = ("--seed", "4", "--repetition-penalty", "1.3", "--top-k", "9")
    whole = segue("generate", run, "--prompt", "row 1", "--length", "60", *options).out
    first = segue(
        "generate", run, "--prompt", "row 1", "--length", "25", *options, "--state", tmp_path / "s"
    ).out
    rest = segue("generate", run, "--length", "35", *options, "--state", tmp_path / "s").out
    assert first + rest == whole


def test_a_state_that_is_damaged_or_of_another_run_is_refused(
    tmp_path: Path, file: Path, run: Path
) -> None:
    state = tmp_path / "s"
    assert segue("generate", run, "--length", "5", "--state", state).status == 0
    data = bytearray(state.read_bytes())
    data[-3] ^= 1
    (tmp_path / "bad").write_bytes(data)
    done = segue("generate", run, "--state", tmp_path / "bad")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert segue("train", "generate", file, *SMALL, "--out", tmp_path / "other").status == 0
    done = segue("generate", tmp_path / "other", "--state", state)
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert str(state) in done.err


def test_lines_are_as_likely_as_the_model_says(tmp_path: Path, run: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("row 1 has abab and é\nzzzz\n\n")
    done = segue("predict", run, lines)
    assert done.status == 0, done.err
    found = [json.loads(line) for line in done.out.splitlines()]
    assert [each["id"] for each in found] == ["1", "2", "3"]
    assert found[0]["units"] == 21
    assert found[0]["bits_per_character"] < found[1]["bits_per_character"]


def test_a_file_is_scored_beside_n_grams_of_the_training(run: Path, file: Path) -> None:
    done = segue("evaluate", run, file, "--json")
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert found["tokens"] == len(TEXT) - 1
    assert set(found["baselines"]) == {"5-grams, Kneser-Ney", "unit frequencies"}


def test_a_training_goes_on_to_the_same_weights(tmp_path: Path, file: Path, run: Path) -> None:
    again = tmp_path / "run"
    assert segue("train", "generate", file, *SMALL, "--out", again).status == 0
    first = sorted((again / "checkpoints").glob("step-*"))
    for path in first[1:]:
        path.unlink()
    assert segue("train", "--resume", again).status == 0
    import safetensors.torch

    one, two = (safetensors.torch.load_file(each / "weights.safetensors") for each in (run, again))
    assert all((one[name] == two[name]).all() for name in one)


def test_other_tasks_have_no_such_command(
    tmp_path: Path, daily_run: tuple[Path, Path, object]
) -> None:
    done = segue("generate", daily_run[1])
    assert (done.status, done.err) == (
        2, f"error: {daily_run[1]}: is a run of forecast, not of generate\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "there is no text"),
        (b"abc\0def\n" * 50, "NUL"),
        (b"\xfe\xfd\n" * 50, "UTF-8"),
        (b"a", "too few"),
        (b"x" * (3 << 20) + b"\n", "longer than"),
    ],
)
def test_a_bad_text_is_one_line_and_makes_nothing(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    done = segue("train", "generate", tmp_path / "bad.txt", "--out", tmp_path / "run")
    assert done.status == 2
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    done = segue("train", "generate", tmp_path / "texts", "--out", tmp_path / "run")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "holds no text" in done.err


def test_a_text_is_written_from_a_label(tmp_path: Path) -> None:
    rows = [(f"{a * 2}{b}", kind) for a, b, kind in
            [*((a, b, "front") for a in "abcd" for b in "efgh"),
             *((a, b, "back") for a in "uvwx" for b in "qrst")]] * 8  # fmt: skip
    file, folder = tmp_path / "names.tsv", tmp_path / "run"
    file.write_text("name\tkind\n" + "".join(f"{name}\t{kind}\n" for name, kind in rows))
    asked = ("--text", "name", "--label", "kind", "--hidden", "24", "--epochs", "40",
             "--dropout", "0", "--learning-rate", "0.02")  # fmt: skip
    done = segue("train", "generate", file, *asked, "--out", folder, "--json")
    assert done.status == 0, done.err
    told = json.loads(done.out)
    # A name is one of 16 once its label is known, which nobody has to foretell.
    assert told["perplexity"] < 16 ** (2 / 4) * 1.2
    for label, first, last in (("front", "abcd", "efgh"), ("back", "uvwx", "qrst")):
        made = segue("generate", folder, "--label", label, "--lines", "8", "--temperature", "0.5")
        lines = made.out.splitlines()
        assert len(lines) == 8
        assert sum(line[0] in first and line[-1] in last for line in lines) >= 7, lines
    (tmp_path / "new.tsv").write_text("name\tkind\naae\tfront\naae\tback\n")
    right, wrong = map(json.loads, segue("predict", folder, tmp_path / "new.tsv").out.splitlines())
    assert right["units"] == 4
    assert right["log_probability"] > wrong["log_probability"] + 3
    whole = segue("generate", folder, "--label", "back", "--length", "30", "--seed", "2").out
    state = ("--label", "back", "--seed", "2", "--state", tmp_path / "s")
    parts = [segue("generate", folder, "--length", n, *state).out for n in (12, 18)]
    assert "".join(parts) == whole
    (tmp_path / "new.tsv").write_text("name\tkind\naae\tside\n")
    for words, message in [
        (("generate", folder), "it was trained with: 'back', 'front'"),
        (("generate", folder, "--label", "side"), "it was trained with: 'back', 'front'"),
        (("predict", folder, tmp_path / "new.tsv"), "'side' is none of the labels"),
        (("predict", folder, "-"), "read from a table"),
        (("train", "generate", file, "--label", "kind", "--out", tmp_path / "r"), "name both"),
    ]:
        refused = segue(*words)
        assert (refused.status, refused.err.count("\n"), refused.out) == (2, 1, ""), refused.err
        assert message in refused.err


def test_lines_have_no_labels(run: Path) -> None:
    refused = segue("generate", run, "--label", "front")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "it was trained without" in refused.err


def test_the_example_trains_scores_and_writes(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Path(__file__).parents[2] / "examples" / "generate.py"
    written = runpy.run_path(str(script))["main"](str(file), prompt="row 3", epochs=4)
    assert written.startswith("row 3")
    assert written.count("\n") == 3
    assert capsys.readouterr().out.startswith("The model ")
