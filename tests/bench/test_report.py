"""What a measurement shows: tables for people, JSON for programs."""

import io
import json
import os
import platform
import sys
from pathlib import Path

import pytest
from rich.console import Console
from small import row

from segue.bench.configs import CONFIGS, Pass
from segue.bench.results import Row
from segue.bench.run import Options, PeakFound, Report, keep
from segue.bench.table import show

SMALL, MIDDLE = CONFIGS[1], CONFIGS[4]
QUIET = PeakFound(threads=2, gflops=100.0, spread=0.01, disturbance=None)


def text(report: Report) -> str:
    out = io.StringIO()
    show(report, Console(file=out, highlight=False))
    return out.getvalue()


def report(*rows: Row, quick: bool = False) -> Report:
    return Report(Options(threads=(2,), quick=quick), [QUIET], rows, ["JAX scan is left out: why"])


def measured(task: Pass = Pass.FORWARD) -> Row:
    seconds = {"segue": 0.0125, "torch.nn": 0.025, "eager loop": 0.5}
    return row(seconds, "gru", MIDDLE, task)


def test_a_row_shows_time_rate_fraction_ratio_and_peers() -> None:
    said = text(report(measured()))
    assert "2 threads: the machine's peak is 100 GFLOP/s" in said
    (line,) = (each for each in said.splitlines() if each.startswith("middle"))
    assert line.split("  ", 1)[0] == "middle"
    figures = ["12.5", "ms", "80.0", "80%", "2.00", "25", "ms", "500", "ms"]
    assert line.split()[1:] == ["32", "100", "128", "256", *figures]
    assert "JAX scan is left out: why" in said


def test_a_disturbed_row_shows_no_figure() -> None:
    row_ = Row(measured().entry, 2, 10**9, 100e9, disturbance="other processes used 1.50 cores")
    said = text(report(row_, measured(Pass.TRAINING)))
    lines = [each for each in said.splitlines() if each.startswith("middle")]
    assert lines[0].split()[5:] == ["disturbed", "-", "-", "-"]
    assert "no figure: other processes used 1.50 cores" in said
    assert "not measured" in said


def test_without_a_peak_that_is_what_is_said() -> None:
    busy = PeakFound(threads=2, gflops=None, spread=None, disturbance="others were at work")
    said = text(Report(Options(threads=(2,)), [busy], [], []))
    assert "2 threads: no figures, since others were at work; let the machine rest" in said


def test_who_is_left_out_is_said_with_the_reason() -> None:
    left = {"torch.compile": "it did not compile within 120 s"}
    one = Row(measured().entry, 2, 10**9, 100e9, measured().timings, left)
    said = text(report(one, row({"segue": 0.1}, "gru", SMALL)))
    assert "middle: without torch.compile: it did not compile within 120 s" in said


def test_a_cell_on_the_reference_loop_is_told() -> None:
    one = Row(measured().entry, 2, 10**9, 100e9, measured().timings, refusal="it is too strange")
    assert "segue runs it on the reference loop, since it is too strange" in text(report(one))


def test_floors_are_told_with_how_much() -> None:
    said = text(report(measured(), measured(Pass.TRAINING)))
    lines = [line.split() for line in said.splitlines() if line.startswith("GRU, H <= 256 ")]
    assert lines[0][4:] == ["fwd", "ratio", "2.00", "2.00", "gru", "middle", "met", "by", "0%"]
    assert lines[1][4:9] == ["fwd+bwd", "ratio", "2.50", "2.00", "gru"]
    assert lines[1][9:] == ["middle", "missed", "by", "20%,", "in", "1", "of", "1"]


def test_a_quick_measurement_is_marked_and_judges_nothing() -> None:
    quick = report(measured(), quick=True)
    assert "QUICK" in text(quick)
    assert "floor" not in text(quick)
    assert quick.as_json()["quick"] is True
    assert quick.as_json()["floors"] == []


def test_the_json_has_everything_and_nothing_about_whose_machine_it_is(tmp_path: Path) -> None:
    keep(report(measured(), row({}, "lstm", SMALL)), tmp_path / "figures.json")
    written = (tmp_path / "figures.json").read_text()
    document = json.loads(written)
    assert set(document) == {
        *(
            "command",
            "quick",
            "complete",
            "machine",
            "versions",
            "flops",
            "peaks",
            "absent",
            "rows",
            "floors",
        )
    }
    assert document["command"] == "segue bench --threads 2"
    assert {"torch", "llvmlite", "segue"} <= set(document["versions"])
    assert {"processor", "cores", "instructions", "system"} <= set(document["machine"])
    first, second = document["rows"]
    assert first["timings"]["segue"] == {
        "seconds": 0.0125,
        "samples": [0.0125] * 3,
        "gflops": 80.0,
        "fraction_of_peak": 0.8,
    }
    assert (first["best_peer"], first["ratio"]) == ("torch.nn", 2.0)
    assert (second["timings"], second["ratio"], second["best_peer"]) == ({}, None, None)
    assert document["floors"][0]["met"] is None
    assert platform.node() not in document["machine"].values()
    assert sys.prefix not in written
    assert str(tmp_path) not in written
    assert os.sep not in json.dumps(document["command"])


def test_a_row_survives_its_way_to_another_process() -> None:
    one = measured()
    again = Row.from_json(json.loads(json.dumps(one.as_json())))
    assert again == one


@pytest.mark.parametrize(
    ("options", "command"),
    [
        (Options(threads=(1, 2)), "segue bench --threads 1 --threads 2"),
        (
            Options((1,), ("small",), ("gru",), ("JAX scan",), quick=True),
            "segue bench --threads 1 --only small --cells gru --without 'JAX scan' --quick",
        ),
    ],
)
def test_the_command_asks_for_the_same(options: Options, command: str) -> None:
    assert options.command == command
