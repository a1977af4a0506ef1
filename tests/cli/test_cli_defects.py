"""Whatever is wrong with a file or an option: one line on stderr, status 2, nothing touched."""

import gzip
import hashlib
import io
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from commands import SHOPS, SMALL, Outcome, daily, process, segue, write

ROWS = daily(60).splitlines()
ASKED = ("--time", "day", "--target", "sold", "--horizon", "7", *SMALL)


def changed(row: int, text: str) -> bytes:
    """The daily file with another text in a row, counted from 1."""
    return "\n".join([*ROWS[: row - 1], text, *ROWS[row:]]).encode()


def parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()


FILES: dict[str, tuple[bytes, str]] = {
    "unsorted": (changed(9, "2023-05-01,1"), "row 9, column 'day': the time 2023-05-01 comes"),
    "twice": (changed(9, "2024-01-07,1"), "row 9, column 'day': the time 2024-01-07 is there"),
    "gap": ("\n".join(ROWS[:20] + ROWS[23:]).encode(), "row 20, column 'day': a gap after"),
    "missing value": (changed(30, "2024-01-29,"), "row 30, column 'sold': the value is missing"),
    "text": (changed(30, "2024-01-29,many"), "row 30, column 'sold': 'many' is not a number"),
    "too large": (changed(30, "2024-01-29,1e101"), "row 30, column 'sold': '1e101' is infinite or"),
    "no time": (changed(30, "soon,3"), "row 30, column 'day': 'soon' is not a time"),
    "zones": (
        b"day,sold\n2024-01-01T00:00+01:00,1\n2024-01-02T00:00,2\n2024-01-03T00:00+01:00,3\n",
        "row 3, column 'day':",
    ),
    "empty": (b"", "the file is empty"),
    "header only": (b"day,sold\n", "a header and no rows"),
    "not UTF-8": (changed(30, "2024-01-29,\xe9").decode().encode("latin-1"), "row 30"),
    "NUL": (changed(30, "2024-01-29,\x001"), "row 30"),
    "field too many": (changed(30, "2024-01-29,1,2"), "row 30"),
    "open quote": (changed(30, '2024-01-29,"1'), "row 30"),
    "column twice": (b"day,sold,sold\n2024-01-01,1,2\n", "row 1: the column name 'sold'"),
    "other columns": (b"date,sold\n2024-01-01,1\n", "there is no column 'day' (time)"),
    "too short": ("\n".join(ROWS[:22]).encode(), "21 rows where 22 are needed: 8 to train on"),
    "one row": (b"day,sold\n2024-01-01,1\n", "the step in time cannot be found"),
    "long line": (b"day,sold\n2024-01-01," + b"1" * 100_000_000 + b"\n", "row 2"),
    "damaged gzip": (gzip.compress(daily().encode())[:-20], "gzip"),
    "damaged Parquet": (parquet(pl.DataFrame({"day": [1], "sold": [1.0]}))[:-9] + b"PAR1", ""),
    "empty Parquet": (parquet(pl.DataFrame({"day": [], "sold": []})), "no rows"),
}


def refused(outcome: Outcome, place: str, says: str) -> None:
    assert outcome.status == 2
    assert outcome.out == ""
    assert outcome.err.startswith(f"error: {place}")
    assert outcome.err.endswith("\n")
    assert len(outcome.err.splitlines()) == 1, outcome.err
    assert says in outcome.err
    assert len(outcome.err) < 600


@pytest.mark.parametrize("name", FILES)
def test_a_defect_of_the_file(name: str, tmp_path: Path) -> None:
    content, says = FILES[name]
    file, run = tmp_path / "data.csv", tmp_path / "run"
    file.write_bytes(content)
    refused(segue("train", "forecast", file, *ASKED, "--out", run), f"{file}: ", says)
    assert not run.exists()
    assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(content).digest()


def test_a_defect_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(FILES["text"][0])
    command = process("train", "forecast", file, *ASKED, "--out", tmp_path / "run")
    out, err = command.communicate()
    refused(Outcome(command.returncode, out, err), f"{file}: ", FILES["text"][1])
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_no_file_or_a_folder(tmp_path: Path) -> None:
    missing, run = tmp_path / "none.csv", tmp_path / "run"
    refused(segue("train", "forecast", missing, *ASKED, "--out", run), f"{missing}: ", "no such")
    refused(segue("train", "forecast", tmp_path, *ASKED, "--out", run), f"{tmp_path}: ", "folder")
    assert not run.exists()


OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "horizon": (("--horizon", "30"), "60 rows where 91 are needed: 31 to train on, 30 to"),
    "no horizon": (("--horizon", "0"), "Invalid value for '--horizon'"),
    "column": (("--target", "Sold "), "there is no column 'Sold ' (target); did you mean 'sold'?"),
    "role twice": (("--past", "sold"), "column 'sold' is named twice, as target and as past"),
    "cell": (("--cell", "llstm"), "cell: 'llstm' is none of antisymmetric, cornn, gru, "),
    "hidden": (("--hidden", "100000"), "hidden: must be less than or equal to 8192, not '100000'"),
    "context": (("--context", "100"), "a context of 100 steps is longer than the"),
    "minutes": (("--minutes", "0"), "minutes: must be greater than 0"),
    "endless": (("--minutes", "nan"), "minutes: must be a finite number, not 'nan'"),
    "seed": (("--seed", "4294967296"), "seed: must be less than 4294967296"),
    "fill": (("--fill", "guess"), "'forward', 'linear', 'zero'"),
    "validation": (("--validation", "3"), "validation of 3 rows is less than a horizon, 7"),
    "test": (("--test", "50"), "60 rows where 65 are needed: 8 to train on, 7 to validate and 50"),
    "unknown": (("--horizn", "3"), "No such option: --horizn"),
    "text": (("--epochs", "many"), "Invalid value for '--epochs'"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_defect_of_the_options(name: str, tmp_path: Path) -> None:
    words, says = OPTIONS[name]
    file, run = write(tmp_path / "data.csv", daily(60)), tmp_path / "run"
    asked = ASKED[:2] + ASKED[4:] if "--target" in words else ASKED
    refused(segue("train", "forecast", file, *asked, *words, "--out", run), "", says)
    assert not run.exists()


def test_words_that_are_no_command(tmp_path: Path) -> None:
    refused(segue("forecast"), "", "No such command 'forecast'; see: segue --help")
    refused(
        segue("train", "dream", "x.csv"), "", "No such command 'dream'; see: segue train --help"
    )
    refused(segue("train", "forecast"), "", "Missing argument 'FILE'; see: segue train forecast")
    refused(segue("train", "forecast", "x.csv"), "", "Missing option '--time'")
    refused(segue("predict"), "", "Missing argument 'RUN'; see: segue predict --help")
    refused(segue("train", "--json", "forecast", "x.csv"), "", "--json does not go before a task")
    refused(segue("train", "--resume", tmp_path, "forecast"), "", "--resume does not go before")


@pytest.mark.parametrize("held", ["run", "other files", "a file"])
def test_a_folder_that_holds_something_stays_as_it_is(held: str, tmp_path: Path) -> None:
    file, out = write(tmp_path / "data.csv", daily(60)), tmp_path / "out"
    if held == "a file":
        out.write_text("mine")
    else:
        out.mkdir()
        write(out / ("config.json" if held == "run" else "mine.txt"), "{}")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    refused(segue("train", "forecast", file, *ASKED, "--out", out), f"{out}: ", "")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_is_no_run(tmp_path: Path) -> None:
    file = write(tmp_path / "data.csv", daily(60))
    for words in (("predict",), ("evaluate",), ("train", "--resume")):
        after = (file,) if words == ("evaluate",) else ()
        refused(segue(*words, tmp_path / "none", *after), f"{tmp_path}/none: ", "no such folder")
        refused(segue(*words, tmp_path, *after), f"{tmp_path}: is not a run", "config.json")


def copied(run: Path, to: Path) -> Path:
    to.mkdir()
    for path in run.iterdir():
        if path.is_file():
            (to / path.name).write_bytes(path.read_bytes())
    return to


DAMAGE: dict[str, tuple[str, bytes | None, str]] = {
    "no JSON": ("config.json", b"{", "cannot be read"),
    "no object": ("config.json", b"[]", "is no JSON object"),
    "not UTF-8": ("config.json", b'{"task": "\xff"}', "cannot be read"),
    "another task": ("config.json", b'{"task": "dance"}', "task: must be one of forecast, "),
    "lacks a part": ("config.json", b'{"task": "forecast"}', "segue: field required"),
    "no weights": ("weights.safetensors", None, "is missing: train again"),
    "other weights": ("weights.safetensors", b"x" * 100, "is not what the training wrote"),
    "no history": ("history.safetensors", None, "is missing: train again"),
    "damaged history": ("history.safetensors", b"x" * 100, "is not what the training wrote"),
    "empty history": ("history.safetensors", b"", "is not what the training wrote"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_run(name: str, daily_run: tuple[Path, Path, Outcome], tmp_path: Path) -> None:
    file, run, _ = daily_run
    broken = copied(run, tmp_path / "run")
    victim, content, says = DAMAGE[name]
    if content is None:
        (broken / victim).unlink()
    else:
        (broken / victim).write_bytes(content)
    if victim == "config.json":  # of a run with no digest of it, as version 0.1 made them
        (broken / "run.json").unlink()
    refused(segue("predict", broken), str(broken), says)
    refused(segue("evaluate", broken, file), str(broken), says)


def test_any_byte_of_the_weights_or_of_the_history_counts(
    daily_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    run = copied(daily_run[1], tmp_path / "run")
    for name in ("weights.safetensors", "history.safetensors"):
        whole = (run / name).read_bytes()
        for place in (len(whole) // 2, len(whole) - 1):
            flipped = bytearray(whole)
            flipped[place] ^= 1
            (run / name).write_bytes(flipped)
            refused(segue("predict", run), f"{run / name}: ", "train again")
        (run / name).write_bytes(whole)
    assert segue("predict", run).status == 0


def test_weights_that_do_not_fit_the_record(
    daily_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    run = copied(daily_run[1], tmp_path / "run")
    record = json.loads((run / "config.json").read_text())
    record["model"]["hidden"] = 9
    (run / "config.json").write_text(json.dumps(record))
    refused(segue("predict", run), f"{run}/config.json: ", "is not what the training wrote")
    (run / "run.json").unlink()
    refused(segue("predict", run), f"{run}/history.safetensors: ", "run.json is gone")


def test_weights_that_do_not_fit_the_record_of_a_run_by_0_1(tmp_path: Path) -> None:
    run = copied(Path(__file__).parent / "run_0_1", tmp_path / "run")
    record = json.loads((run / "config.json").read_text())
    record["model"]["hidden"] = 9
    (run / "config.json").write_text(json.dumps(record))
    refused(segue("predict", run), f"{run}/weights.safetensors: ", "does not fit config.json")


def test_a_file_with_another_step(daily_run: tuple[Path, Path, Outcome], tmp_path: Path) -> None:
    hours = "day,sold\n" + "".join(f"2025-01-01 {hour:02d}:00,{hour}\n" for hour in range(24))
    weeks = "day,sold\n" + "".join(f"2025-01-{1 + 7 * week:02d},{week}\n" for week in range(4))
    counted = "day,sold\n" + "".join(f"{row},{row}\n" for row in range(24))
    for number, text in enumerate((hours, weeks, counted)):
        file = write(tmp_path / f"{number}.csv", text)
        for verb in ("predict", "evaluate"):
            refused(segue(verb, daily_run[1], file), f"{file}: its step is ", "trained on 1 day")


def test_known_covariates_that_end_too_early(
    shops_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    file, run, _ = shops_run
    says = "a forecast of 7 steps needs 'promotion' for all of them"
    refused(segue("predict", run), f"{run}: series 'a': ", says)
    refused(segue("predict", run, file), f"{file}: series 'a': ", says)
    text = file.read_text() + "2024-05-30,c,1,,Rome,3,\n"
    longer = write(tmp_path / "longer.csv", text)
    refused(segue("predict", run, longer), f"{longer}: series 'a': ", "7 more rows")


def test_evaluation_needs_rows_that_are_new(
    daily_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    file = write(tmp_path / "old.csv", daily(100))
    says = "fewer than 7 rows that the training did not see"
    refused(segue("evaluate", daily_run[1], file), f"{file}: there are ", says)


def test_text_where_training_had_numbers(
    shops_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    file = write(tmp_path / "new.csv", shops_run[0].read_text().replace(",Rome,1,", ",Rome,big,"))
    refused(segue("predict", shops_run[1], file), f"{file}: column 'size' holds 'big'", "number")


@pytest.mark.parametrize("damage", ["gone", "cut short"])
def test_a_resumption_that_fails_leaves_a_run_that_predicts(
    damage: str, daily_run: tuple[Path, Path, Outcome], tmp_path: Path
) -> None:
    run = copied(daily_run[1], tmp_path / "run")
    if damage == "cut short":
        shutil.copytree(daily_run[1] / "checkpoints", run / "checkpoints")
        for path in (run / "checkpoints").iterdir():
            path.write_bytes(path.read_bytes()[:1000])
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    says = {"gone": f"{run}: its checkpoints are gone", "cut short": "every checkpoint is damaged"}
    outcome = segue("train", "--resume", run)
    assert (outcome.status, outcome.out) == (2, "")
    assert says[damage] in outcome.err.splitlines()[-1]
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before
    assert segue("predict", run).out == segue("predict", daily_run[1]).out


def test_of_two_trainings_begun_at_once_in_one_folder_one_ends(tmp_path: Path) -> None:
    file, run = write(tmp_path / "data.csv", daily(60)), tmp_path / "run"
    asked = ("train", "forecast", file, *ASKED[:6], "--hidden", "4", "--out", run)
    both = [process(*asked, "--epochs", epochs) for epochs in (1, 2)]
    said = [each.communicate() for each in both]
    assert sorted(each.returncode for each in both) == [0, 2], said
    first = 0 if both[0].returncode == 0 else 1
    out, err = said[1 - first]
    refused(Outcome(2, out, err), f"{run}: ", "")
    config = json.loads((run / "config.json").read_text())
    assert config["settings"]["epochs"] == (1, 2)[first]
    assert segue("predict", run).status == 0


def test_a_file_that_has_changed_is_not_resumed(tmp_path: Path) -> None:
    file, run = write(tmp_path / "data.csv", daily(60)), tmp_path / "run"
    assert segue("train", "forecast", file, *ASKED, "--epochs", 1, "--out", run).status == 0
    file.write_text(daily(61))
    refused(segue("train", "--resume", run), f"{file}: has changed since", "train a new run")
    file.unlink()
    refused(segue("train", "--resume", run), f"{file}: the file that", "is gone; put it back")


def test_shops_lack_an_option(tmp_path: Path, shops_run: tuple[Path, Path, Outcome]) -> None:
    words = [word for word in SHOPS if word not in ("--series", "shop")]
    says = "if the rows are several series, name their column: --series 'shop'"
    run = tmp_path / "run"
    refused(segue("train", "forecast", shops_run[0], *words, "--out", run), "", says)
