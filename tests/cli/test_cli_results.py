"""What the command prints when all is well: results on stdout, all else on stderr."""

import csv
import gzip
import io
import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from commands import ENVIRONMENT, SHOPS, SMALL, Outcome, daily, segue, shops, write
from polars.testing import assert_frame_equal

from segue.tasks.forecast.baselines import BASELINES
from segue.training import RunFolder

Made = tuple[Path, Path, Outcome]
QUANTILES = ["q0.05", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.95"]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_training_ends_with_verdict_table_and_what_to_do_next(daily_run: Made) -> None:
    file, run, outcome = daily_run
    assert outcome.status == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith("The model ")
    assert " held-back windows" in lines[0]
    assert lines[2].split() == ["MAE", "RMSE", "sMAPE", "MASE", "OWA"]
    assert [line[:14].strip() for line in lines[3:10]] == [
        "gru (segue)",
        "mean",
        "naive",
        "drift",
        "seasonal naive",
        "Theta",
        "STL + ETS",
    ]
    assert lines[11].startswith("Of the truths, the 50% interval held ")
    assert lines[12:] == [
        "Season, for seasonal naive and MASE: 7 steps.",
        f"Report: {run}/report.html",
        f"Forecast: segue predict {run}",
    ]
    said = outcome.err.splitlines()
    assert said[0] == f"{file}: 200 rows, 2024-01-01 to 2024-07-18, one for every day"
    assert said[1] == "training rows before 2024-05-20, validation before 2024-06-09, then test"
    assert said[2].startswith("forecast 7 steps from 14: gru with 8 features, ")
    assert len(said) == 5
    assert said[3].startswith("epoch 1/2  train ")


def test_a_training_leaves_a_run_and_the_file_as_it_was(daily_run: Made) -> None:
    file, run, _ = daily_run
    assert file.read_text() == daily()
    assert {path.name for path in run.iterdir()} >= {
        "config.json",
        "weights.safetensors",
        "history.safetensors",
        "metrics.jsonl",
        "checkpoints",
        "report.html",
    }
    report = re.sub("</?span>", "", (run / "report.html").read_text())
    command = "segue train forecast daily.csv --time day --target sold --horizon 7 --context 14"
    assert f"{command} --hidden 8 --epochs 2 --out RUN" in report
    record = json.loads((run / "config.json").read_text())
    assert record["columns"]["targets"] == ["sold"]
    assert record["frequency"] == {"step": 1, "unit": "d", "month_end": False}


def test_json_is_one_object(shops_run: Made) -> None:
    _, run, outcome = shops_run
    assert outcome.status == 0
    found = json.loads(outcome.out)
    assert found["task"] == "forecast"
    assert found["run"] == str(run)
    assert (found["rows"], found["series"], found["targets"]) == (450, 3, ["sold"])
    assert (found["step"], found["season"], found["horizon"]) == ("1d", 7, 7)
    assert (found["filled"], found["scored_from"]) == (0, "2024-04-30")
    assert found["windows"] == 3 * (30 - 7 + 1)
    assert set(found["baselines"]) == set(BASELINES)
    for method in (found["model"], *found["baselines"].values()):
        assert len(method["mae_by_step"]) == 7
        assert method["mae"] == pytest.approx(sum(method["mae_by_step"]) / 7)
    best = min(found["baselines"], key=lambda name: found["baselines"][name]["mase"])
    assert found["best_baseline"] == best
    skill = 1 - found["model"]["mase"] / found["baselines"][best]["mase"]
    assert found["skill"] == pytest.approx(skill)
    assert found["beats_best_baseline"] == (skill > 0)
    assert [pair["nominal"] for pair in found["coverage"]] == [0.5, 0.8, 0.9]
    assert found["training"]["epochs"] == 2


def test_predict_writes_csv_from_the_rows_of_the_training(daily_run: Made) -> None:
    file, run, _ = daily_run
    outcome = segue("predict", run)
    assert (outcome.status, outcome.err) == (0, "")
    found = rows(outcome.out)
    assert list(found[0]) == ["series", "target", "time", *QUANTILES]
    assert [row["time"] for row in found] == [f"2024-07-{day}" for day in range(19, 26)]
    assert {(row["series"], row["target"]) for row in found} == {("", "sold")}
    for row in found:
        values = [float(row[name]) for name in QUANTILES]
        assert values == sorted(values)
    assert segue("predict", run, file).out == outcome.out


def test_predict_goes_on_from_a_file(daily_run: Made, tmp_path: Path) -> None:
    later = write(tmp_path / "later.csv", "\n".join(["day,sold", *daily(230).splitlines()[190:]]))
    outcome = segue("predict", daily_run[1], later)
    assert rows(outcome.out)[0]["time"] == "2024-08-18"
    assert outcome.err == ""


def test_predict_with_covariates_known_ahead(shops_run: Made, tmp_path: Path) -> None:
    ahead = write(tmp_path / "ahead.csv", shops(ahead=7))
    found = rows(segue("predict", shops_run[1], ahead).out)
    assert len(found) == 3 * 7
    assert [row["series"] for row in found[::7]] == ["a", "b", "c"]
    assert found[0]["time"] == "2024-05-30"
    promoted = ahead.read_text().replace("2024-05-31,a,0", "2024-05-31,a,1")
    other = rows(segue("predict", shops_run[1], write(tmp_path / "b.csv", promoted)).out)
    assert other[1]["q0.5"] != found[1]["q0.5"], "what is known ahead is looked at"
    assert other[7:] == found[7:], "a series does not depend on the others"


def test_a_new_series_is_forecast_and_named(shops_run: Made, tmp_path: Path) -> None:
    file = write(tmp_path / "new.csv", shops(ahead=7).replace(",c,", ",new,"))
    outcome = segue("predict", shops_run[1], file)
    assert outcome.err == "1 of 3 series were not in the training: 'new'\n"
    assert [row["series"] for row in rows(outcome.out)[::7]] == ["a", "b", "new"]


def test_evaluate_scores_what_training_did_not_see(daily_run: Made, tmp_path: Path) -> None:
    file, run, trained = daily_run
    outcome = segue("evaluate", run, file)
    assert (outcome.status, outcome.err) == (0, "")
    table = trained.out[: trained.out.index("Report: ")]
    assert outcome.out == table, "the same file gives the scores of the training"
    longer = write(tmp_path / "longer.csv", daily(240))
    found = json.loads(segue("evaluate", run, longer, "--json").out)
    assert found["windows"] == 40 - 7 + 1 + 40
    assert found["scored_from"] == "2024-06-09"
    assert "training" not in found


def test_evaluate_on_newer_rows_alone(daily_run: Made, tmp_path: Path) -> None:
    newer = write(tmp_path / "newer.csv", "\n".join(["day,sold", *daily(280).splitlines()[201:]]))
    found = json.loads(segue("evaluate", daily_run[1], newer, "--json").out)
    assert found["windows"] == 80 - 14 - 7 + 1, "the first context of 14 rows is only gone by"
    assert found["scored_from"] == "2024-08-02"
    assert found["model"]["mase"] > 0


def test_evaluate_on_a_new_series(shops_run: Made, tmp_path: Path) -> None:
    text = shops(60).replace(",a,", ",x,").replace(",b,", ",y,").replace(",c,", ",z,")
    outcome = segue("evaluate", shops_run[1], write(tmp_path / "new.csv", text), "--json")
    assert outcome.err == "3 of 3 series were not in the training: 'x', 'y', 'z'\n"
    assert json.loads(outcome.out)["windows"] == 3 * (60 - 14 - 7 + 1)


def test_the_first_line_says_when_the_model_does_not_beat_the_baselines(tmp_path: Path) -> None:
    exact = "t,y\n" + "".join(f"{n},{n % 4}\n" for n in range(120))
    file = write(tmp_path / "exact.csv", exact)
    asked = ("--time", "t", "--target", "y", "--horizon", 5, "--season", 4, *SMALL)
    outcome = segue("train", "forecast", file, *asked, "--out", tmp_path / "a")
    assert outcome.out.startswith("The model does NOT beat seasonal naive: MAE ")
    assert outcome.out.splitlines()[0].endswith(
        " against 0 on 20 held-back windows; use seasonal naive, or give the model more data,"
        " another context or more epochs"
    )
    words = (*asked, "--cell", "rnn", "--out", tmp_path / "b", "--json")
    found = json.loads(segue("train", "forecast", file, *words).out)
    assert found["verdict"].startswith("The model does NOT beat seasonal naive: MAE ")
    assert (found["beats_best_baseline"], found["best_baseline"]) == (False, "seasonal naive")
    assert (found["measure"], found["skill"], found["model"]["mase"]) == ("mae", None, None)


def test_filled_values_are_counted_everywhere(tmp_path: Path) -> None:
    lines = daily(80).splitlines()
    lines[10] = lines[10].split(",")[0] + ","
    del lines[20]
    file, run = write(tmp_path / "holes.csv", "\n".join(lines)), tmp_path / "run"
    words = ("--time", "day", "--target", "sold", "--horizon", 7, *SMALL, "--fill", "linear")
    outcome = segue("train", "forecast", file, *words, "--out", run, "--json")
    assert json.loads(outcome.out)["filled"] == 2
    assert outcome.err.splitlines()[1] == "2 missing values filled (linear)"
    assert segue("predict", run, file).err == "2 missing values filled (linear)\n"
    assert segue("evaluate", run, file).err == "2 missing values filled (linear)\n"


def test_every_kind_of_file_gives_the_same(daily_run: Made, tmp_path: Path) -> None:
    text, run = daily(), daily_run[1]
    frame = pl.read_csv(io.StringIO(text), try_parse_dates=True)
    frame.write_parquet(tmp_path / "a.parquet")
    write(tmp_path / "b.tsv", text.replace(",", "\t"))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "d.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    (tmp_path / "e.csv").write_text(text.replace("day,sold", '"day","sold"'))
    expected = segue("predict", run).out
    for file in sorted(tmp_path.iterdir()):
        assert segue("predict", run, file).out == expected, file.name


def test_several_targets_by_the_hour(tmp_path: Path) -> None:
    noise = random.Random(4)
    lines = ["when\tload\twind"]
    for n in range(150):
        load, wind = (f"{5 + n % 24 + noise.random():.2f}" for _ in range(2))
        lines.append(f"2024-01-{n // 24 + 1:02d} {n % 24:02d}:00\t{load}\t{wind}")
    file, run = write(tmp_path / "hours.tsv", "\n".join(lines)), tmp_path / "run"
    words = ("--time", "when", "--target", "load", "--target", "wind", "--horizon", 6, *SMALL)
    outcome = segue("train", "forecast", file, *words, "--out", run, "--json")
    assert json.loads(outcome.out)["targets"] == ["load", "wind"]
    found = rows(segue("predict", run).out)
    assert [row["target"] for row in found] == ["load"] * 6 + ["wind"] * 6
    assert found[0]["time"] == "2024-01-07T06:00:00"


def test_trading_days_and_a_short_file_of_them(tmp_path: Path) -> None:
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 8, 30), "1d", eager=True)
    open_days = days.filter((days.dt.weekday() < 6) & (days.dt.day() != 25))
    lines = ["day,price", *(f"{day},{100 + n % 5}" for n, day in enumerate(open_days))]
    file, run = write(tmp_path / "prices.csv", "\n".join(lines)), tmp_path / "run"
    words = ("--time", "day", "--target", "price", "--horizon", 5, *SMALL, "--observed")
    outcome = segue("train", "forecast", file, *words, "--out", run)
    assert "as they come, mostly 1 business day apart" in outcome.err
    times = [row["time"] for row in rows(segue("predict", run).out)]
    assert times == ["2024-09-02", "2024-09-03", "2024-09-04", "2024-09-05", "2024-09-06"]
    week = write(tmp_path / "week.csv", "\n".join([lines[0], *lines[-5:]]))
    assert len(rows(segue("predict", run, week).out)) == 5, "five weekdays look daily, and fit"


def test_integer_time(tmp_path: Path) -> None:
    text = "t,y\n" + "".join(f"{10 * n},{n % 4}\n" for n in range(60))
    file, run = write(tmp_path / "index.csv", text), tmp_path / "run"
    words = ("--time", "t", "--target", "y", "--horizon", 4, *SMALL, "--season", 4)
    outcome = segue("train", "forecast", file, *words, "--out", run)
    assert outcome.status == 0
    assert "numbered in steps of 10" in outcome.err
    assert [row["time"] for row in rows(segue("predict", run).out)] == ["600", "610", "620", "630"]


def test_options_of_the_run_are_kept(shops_run: Made) -> None:
    record = json.loads((shops_run[1] / "config.json").read_text())
    assert record["settings"]["horizon"] == 7
    assert record["columns"] == {
        "time": "day",
        "targets": ["sold"],
        "series": "shop",
        "known": ["promotion"],
        "past": ["visitors"],
        "static": ["city", "size"],
    }
    assert len(SHOPS) == 16


def test_help_and_version_need_no_heavy_library() -> None:
    code = (
        "import sys; from segue.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: print([m for m in ('torch', 'polars', 'numpy') if m in sys.modules])"
    )
    for words in (("--version",), ("--help",), ("train", "forecast", "--help"), ()):
        command = [sys.executable, "-c", code, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
        assert done.stdout.splitlines()[-1] == "[]", words
        assert done.stderr == ""


def test_help_tells_every_option() -> None:
    text = segue("train", "forecast", "--help").out
    for name in ("time", "target", "series", "known", "past", "static", "horizon", "context"):
        assert f"--{name} " in text
    for name in ("cell", "hidden", "layers", "epochs", "minutes", "seed", "out", "fill"):
        assert f"--{name} " in text
    assert segue("train").out == segue("train", "--help").out
    assert segue().out == segue("--help").out
    assert segue("--version").out == "segue 0.1.0\n"


def test_output_that_cannot_be_written(daily_run: Made) -> None:
    with Path("/dev/full").open("w") as full:
        code = "from segue.cli.main import main; main()"
        command = [sys.executable, "-c", code, "predict", str(daily_run[1])]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=ENVIRONMENT
        )
    assert (done.returncode, done.stderr) == (2, "error: output: No space left on device\n")


def test_a_run_of_version_0_1_predicts_and_is_resumed(tmp_path: Path) -> None:
    """Made by that version itself; without an identity, with other names in its config.json."""
    shutil.copytree(Path(__file__).parent / "run_0_1", tmp_path / "old")
    run = tmp_path / "old"
    config = (run / "config.json").read_text()
    (run / "config.json").write_text(config.replace("data.csv", str(run / "data.csv")))
    for words in (("predict", run), ("predict", run, run / "data.csv")):
        found = segue(*words)
        assert found.status == 0, found.err
        close_to((run / "forecast.csv").read_text(), found.out)
    resumed = segue("train", "--resume", run, "--json")
    assert resumed.status == 0, resumed.err
    # That version scaled by the rows to train on alone: it said 0.84294605 of the same errors.
    assert json.loads(resumed.out)["model"]["mase"] == pytest.approx(0.85337503, rel=1e-5)
    # The end is this version's: intervals are calibrated for each step by itself.
    before, after = (
        rows(text) for text in ((run / "forecast.csv").read_text(), segue("predict", run).out)
    )
    for old, new in zip(before, after, strict=True):
        assert float(new["q0.5"]) == pytest.approx(float(old["q0.5"]), rel=0.05)


def close_to(text: str, other: str) -> None:
    """Two forecasts, perhaps of two processors, hold the same."""
    a, b = (pl.read_csv(io.StringIO(each)) for each in (text, other))
    assert_frame_equal(a, b, rel_tol=1e-5)


def test_a_warm_start_takes_the_weights_of_another_run(daily_run: Made, tmp_path: Path) -> None:
    file, run, _ = daily_run
    words = ("train", "forecast", file, "--time", "day", "--target", "sold", "--horizon", "7")
    begun = segue(*words, *SMALL, "--from", run, "--out", tmp_path / "run")
    assert begun.status == 0
    assert re.search(rf"begun with \d+ tensors of \d+ from {run}\n", begun.err)
    first, before = (RunFolder(path).metrics() for path in (tmp_path / "run", run))
    assert first[1]["loss"] != before[1]["loss"]
    refused = segue(*words, *SMALL, "--hidden", "9", "--from", tmp_path, "--out", tmp_path / "x")
    assert (refused.status, refused.out) == (2, "")
    assert "is not a run" in refused.err
    assert not (tmp_path / "x").exists()
