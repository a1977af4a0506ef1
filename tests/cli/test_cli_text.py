"""Cells that a spreadsheet would run, and numbers of `config.json` that nobody could have asked."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from commands import SMALL, Outcome, daily, segue

IDS = ("=cmd|'/c calc'!A0", "@SUM(1)", "+x", "-x", "-5", "+1.5e3", "shop-1")


def test_an_id_is_no_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    rows = [line.split(",") for line in daily(60).splitlines()[1:]]
    table, run = tmp_path / "shops.csv", tmp_path / "run"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["shop", "day", "sold"])
        writer.writerows([name, *row] for name in IDS for row in rows)
    asked = ("--series", "shop", "--time", "day", "--target", "sold", "--horizon", "7")
    trained = segue("train", "forecast", table, *asked, *SMALL, "--out", run)
    assert trained.status == 0, trained.err
    plain, raw = segue("predict", run), segue("predict", run, "--raw-text")
    found = {row["series"] for row in csv.DictReader(plain.out.splitlines())}
    assert found == {*(f"'{name}" for name in IDS[:4]), *IDS[4:]}
    assert {row["series"] for row in csv.DictReader(raw.out.splitlines())} == {*IDS}


def test_names_that_would_steer_a_terminal_are_shown(tmp_path: Path) -> None:
    head, *rows = daily(60).splitlines()
    table, run = tmp_path / "shops.csv", tmp_path / "run"
    names = ("a\x1b[2J", "[/b]c", "\x9b1m")
    lines = [f"{name},{row}" for name in names for row in rows]
    table.write_text("\n".join([f"shop\x1b[31m,{head}[/b]\x1b[1m", *lines]) + "\n")
    asked = ("--series", "shop\x1b[31m", "--time", "day", "--target", "sold[/b]\x1b[1m")
    made = segue("train", "forecast", table, *asked, "--horizon", "7", *SMALL, "--out", run)
    refused = segue("train", "forecast", table, *asked[:4], "--target", "y\x1b[1m")
    for outcome, status in ((made, 0), (segue("evaluate", run, table), 0), (refused, 2)):
        assert outcome.status == status, outcome.err
        assert not {"\x1b", "\x9b"} & set(outcome.out + outcome.err)
    assert "\x1b" not in (run / "report.html").read_text()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("model", "hidden"), 10**9),
        (("model", "layers"), 10**6),
        (("model", "memory"), 10**12),
        (("model", "targets"), 10**9),
        (("model", "known"), 10**9),
        (("model", "smooth"), [10**12]),
        (("model", "seasons"), [7] * 100_000),
        (("model", "shape", "context"), 10**12),
        (("model", "shape", "horizon"), 0),
        (("model", "shape", "segment"), 0),
        (("training", "batch_size"), 10**12),
        (("training", "batches"), 10**12),
        (("training", "epochs"), 10**12),
        (("training", "learning_rate"), 1e300),
        (("season",), 10**12),
    ],
)
def test_a_number_out_of_bounds(
    place: tuple[str, ...],
    value: Any,
    daily_run: tuple[Path, Path, Outcome],
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in ("weights.safetensors", "history.safetensors"):
        (run / name).write_bytes((daily_run[1] / name).read_bytes())
    record = json.loads((daily_run[1] / "config.json").read_text())
    part = record
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    (run / "config.json").write_text(json.dumps(record))
    outcome = segue("predict", run)
    assert outcome.status == 2
    (line,) = outcome.err.splitlines()
    assert line.startswith(f"error: {run}/config.json: {'.'.join(place)}"), line
