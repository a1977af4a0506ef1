"""A training that is stopped or killed at any moment goes on to the same result."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import commands
import pytest
import torch
from commands import SMALL, Outcome, daily, process, segue, write
from safetensors.torch import load_file

from segue.tasks import flow, report
from segue.tasks.forecast import task
from segue.tasks.forecast.objective import ForecastObjective

ASKED = ("--time", "day", "--target", "sold", "--horizon", "7", *SMALL, "--epochs", "6", "--json")


class Whole:
    """A training that nothing disturbed, and how to compare another with it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.run = write(folder / "data.csv", daily()), folder / "whole"
        outcome = segue(*self.command(self.run))
        assert outcome.status == 0, outcome.err
        self.result = json.loads(outcome.out)

    def command(self, run: Path) -> tuple[object, ...]:
        return ("train", "forecast", self.file, *ASKED, "--out", run)

    def is_equalled_by(self, run: Path, outcome: Outcome) -> None:
        assert outcome.status == 0, outcome.err
        assert {**json.loads(outcome.out), "run": str(self.run)} == self.result
        assert (run / "config.json").read_bytes() == (self.run / "config.json").read_bytes()
        ours, whole = (load_file(at / "weights.safetensors") for at in (run, self.run))
        assert ours.keys() == whole.keys()
        assert all(torch.equal(ours[name], whole[name]) for name in whole)
        assert (run / "report.html").read_text().startswith("<!doctype html>")

    def is_reached_from(self, run: Path) -> None:
        """Resume a run, or begin it where it was killed before it had a record."""
        if (run / "config.json").is_file():
            self.is_equalled_by(run, segue("train", "--resume", run, "--json"))
        else:
            shutil.rmtree(run, ignore_errors=True)
            self.is_equalled_by(run, segue(*self.command(run)))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return Whole(tmp_path_factory.mktemp("whole"))


def test_a_finished_run_resumed_gives_its_result_again(whole: Whole, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole.run, run)
    (run / "report.html").unlink()
    (run / "history.safetensors").unlink()
    whole.is_reached_from(run)
    lines = (run / "metrics.jsonl").read_bytes()
    (run / "metrics.jsonl").write_bytes(b"x" + lines[1:])
    outcome = segue("train", "--resume", run)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {run}/metrics.jsonl:1: is not JSON")


def test_killed_while_it_trains(whole: Whole, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = process(*whole.command(run))
    wait_for(lambda: (run / "weights.safetensors").exists() or command.poll() is not None)
    command.kill()
    command.communicate()
    assert command.returncode == -signal.SIGKILL
    assert not (run / "report.html").exists()
    unfinished = segue("predict", run)
    assert (unfinished.status, unfinished.out) == (2, "")
    assert unfinished.err == (
        f"error: {run}: its training has not finished: segue train --resume {run}\n"
    )
    whole.is_reached_from(run)


STAGES: dict[str, tuple[object, str]] = {
    "reading": (task, "read_panel"),
    "preparing": (task, "suggest"),
    "validating": (ForecastObjective, "evaluate"),
    "leaving a history": (flow, "artifact_bytes"),
    "scoring": (task, "score"),
    "reporting": (report, "render"),
}


@pytest.mark.parametrize(
    ("stage", "number", "status"),
    [
        *((stage, signal.SIGTERM, 143) for stage in STAGES),
        ("validating", signal.SIGINT, 130),
        ("scoring", signal.SIGINT, 130),
    ],
)
def test_stopped_by_a_signal(
    stage: str,
    number: int,
    status: int,
    whole: Whole,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, (place, name) = tmp_path / "run", STAGES[stage]
    real: Callable[..., Any] = getattr(place, name)

    def signalled(*given: Any, **named: Any) -> Any:
        os.kill(os.getpid(), number)
        return real(*given, **named)

    monkeypatch.setattr(place, name, signalled)
    stopped = segue(*whole.command(run))
    monkeypatch.undo()
    assert (stopped.status, stopped.out) == (status, "")
    begun = stage not in ("reading", "preparing")
    hint = f"stopped; go on with: segue train --resume {run}\n"
    assert run.exists() == stopped.err.endswith(hint) == begun
    assert "Traceback" not in stopped.err
    whole.is_reached_from(run)


def test_stopped_while_it_is_resumed(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole.run, run)
    monkeypatch.setattr(task, "score", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    stopped = segue("train", "--resume", run)
    monkeypatch.undo()
    assert (stopped.status, stopped.out) == (143, "")
    assert stopped.err == f"stopped; go on with: segue train --resume {run}\n"
    whole.is_reached_from(run)


def test_a_process_of_its_own_is_stopped(whole: Whole, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = process(*whole.command(run), "--epochs", "1000")
    wait_for(lambda: (run / "weights.safetensors").exists() or command.poll() is not None)
    command.send_signal(signal.SIGTERM)
    out, err = command.communicate()
    assert (command.returncode, out) == (143, "")
    assert err.endswith(f"stopped; go on with: segue train --resume {run}\n")
    assert "Traceback" not in err


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_stopped_at_random_moments(
    number: int, whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run is stopped again and again, at moments of its whole life, until it is done."""
    monkeypatch.delitem(commands.ENVIRONMENT, "PYTHONWARNINGS")  # a stopped import leaves files
    chance = random.Random(int(number))
    for trial in range(8):
        run = tmp_path / f"run-{trial}"
        done, most = False, 8.0
        while not done:
            begun = (run / "config.json").is_file()
            words = ("train", "--resume", run, "--json") if begun else whole.command(run)
            if not begun:
                shutil.rmtree(run, ignore_errors=True)
            command = process(*words)
            try:
                out, err = command.communicate(timeout=chance.uniform(1.0, most))
                done = True
            except subprocess.TimeoutExpired:
                command.send_signal(number)
                out, err = command.communicate()
                done, most = command.returncode == 0, 1.1 * most
            assert "Traceback" not in err, err
            assert command.returncode in (0, {9: -9, 15: 143, 2: 130}[int(number)]), err
        whole.is_equalled_by(run, Outcome(0, out, err))


def wait_for(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not found() and time.monotonic() < end:
        time.sleep(0.01)
