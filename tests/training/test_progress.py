"""Progress is on stderr: a bar on a terminal, else lines."""

import io
import re

import pytest
import torch
from line_task import Line, Losses, line_model, rows
from rich.console import Console

from segue.training import Bars, Lines, RunFolder, Silent, TrainConfig, fit
from segue.training.progress import Plan, automatic


def fit_showing(path, progress, objective=None, **changes):

    model = line_model()
    run = RunFolder.create(path)
    run.write_config({})
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    config = TrainConfig(**{"epochs": 3, "tensorboard": False} | changes)
    fit(model, objective or Line(), rows(), optimizer, config=config, run=run, progress=progress)


def test_lines_by_default_when_stderr_is_no_terminal(tmp_path, capfd):
    fit_showing(tmp_path, None)
    out, err = capfd.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 3
    pattern = r"epoch 1/3  train \S+  validation \S+  \(best\)  \d+\.\d batches/s  0:0\d left"
    assert re.fullmatch(pattern, lines[0])


def test_silence(tmp_path, capfd):
    fit_showing(tmp_path, Silent())
    assert capfd.readouterr() == ("", "")


def test_a_bar_on_a_terminal(tmp_path):
    file = io.StringIO()
    fit_showing(tmp_path, Bars(Console(file=file, force_terminal=True, width=120)))
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", file.getvalue())
    assert "epoch 3/3" in shown
    assert "15/15" in shown
    assert "loss " in shown
    assert "batches/s" in shown
    assert "left" in shown
    assert shown.count("(best)") == 3


def test_the_choice_follows_the_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    assert isinstance(automatic(), Bars)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert isinstance(automatic(), Lines)


def test_failures_are_noted(tmp_path):
    file = io.StringIO()
    fit_showing(tmp_path, Lines(file), Losses(float("nan"), 1.0, 2.0), non_finite="skip")
    lines = file.getvalue().splitlines()
    assert lines[0] == "warning: epoch 1: the validation loss is not finite"
    assert "validation not finite" in lines[1]
    assert [("(best)" in line) for line in lines[1:]] == [False, True, False]


class Clock:
    """A time that stands still until it is set."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("segue.training.progress.time", clock)
    return clock


@pytest.mark.parametrize("make", [Lines, lambda file: Bars(Console(file=file, width=120))])
def test_a_resumed_training_counts_only_its_own_pace(make, clock):
    progress = make(io.StringIO())
    progress.start(Plan(epochs=10, batches=10, done=90, seconds=30.0))
    clock.now = 1.0
    progress.step(95, 0.5)
    progress.epoch({"epoch": 10, "train_loss": 0.5, "loss": 0.5}, best=False)
    assert str(progress.pace) == "5.0 batches/s  0:01 left"
    progress.close()


def test_the_time_limit_counts(clock):
    progress = Lines(io.StringIO())
    progress.start(Plan(epochs=1000, batches=1000, done=0, seconds=30.0))
    progress.step(1, None)
    clock.now = 10.0
    assert str(progress.pace) == "0.1 batches/s  0:20 left"


def test_a_training_is_left_with_the_terminal_as_it_was(tmp_path):
    file = io.StringIO()
    bars = Bars(Console(file=file, force_terminal=True, width=120))
    with pytest.raises(IndexError):
        fit_showing(tmp_path, bars, Losses())
    assert file.getvalue().endswith("\x1b[?25h")  # the cursor is shown again
