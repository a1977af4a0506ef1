"""SIGTERM and SIGINT finish the step, save, and end with 143 and 130."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import training_toy
from line_task import Line, train
from training_toy import NextValue, assert_same, end_of

from segue.training import Interrupted, RunFolder
from segue.training.checkpoint import CheckpointFolder, from_bytes


class Signalled(NextValue):
    """Sends signals to its own process, in a step or in an evaluation."""

    def __init__(self, *signals, step=-1, evaluation=-1):
        self.signals = signals
        self.left = {"step": step, "evaluation": evaluation}

    def _count(self, kind):
        self.left[kind] -= 1
        if self.left[kind] == 0:
            for number in self.signals:
                os.kill(os.getpid(), number)

    def loss(self, model, batch, carry):
        self._count("step")
        return super().loss(model, batch, carry)

    def evaluate(self, model, check):
        random.random()
        self._count("evaluation")
        return super().evaluate(model, check)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("signals") / "whole"
    training_toy.train(path, objective=Signalled())
    return end_of(path)


def interrupted(path, *signals, **when):
    with pytest.raises(Interrupted) as caught:
        training_toy.train(path, objective=Signalled(*signals, **when))
    return caught.value


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["term", "int"]
)
def test_the_step_is_finished_and_saved(tmp_path, whole, number, status):
    error = interrupted(tmp_path, number, step=7)
    assert (error.code, error.signal) == (status, number)
    folder = CheckpointFolder(tmp_path / "checkpoints", 1, RunFolder(tmp_path).identity)
    position = from_bytes(folder.newest())["position"]
    assert (position["step"], position["index"]) == (4, 8)  # two batches are one step
    training_toy.train(tmp_path, objective=Signalled())
    assert_same(whole, end_of(tmp_path))


@pytest.mark.parametrize("evaluation", [1, 4])
def test_an_evaluation_is_left_and_done_again(tmp_path, whole, evaluation):
    assert interrupted(tmp_path, signal.SIGINT, evaluation=evaluation).code == 130
    lines = [m for m in RunFolder(tmp_path).metrics() if m["kind"] == "epoch"]
    assert len(lines) == evaluation - 1
    training_toy.train(tmp_path, objective=Signalled())
    assert_same(whole, end_of(tmp_path))


def test_the_first_signal_decides(tmp_path):
    assert interrupted(tmp_path, signal.SIGTERM, signal.SIGINT, step=2).code == 143


def test_more_signals_while_saving_corrupt_nothing(tmp_path, whole, monkeypatch):
    sync, count = os.fsync, 0

    def impatient(handle):
        nonlocal count
        training = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        count += training
        if training:
            os.kill(os.getpid(), signal.SIGINT)
        sync(handle)
        if training:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(os, "fsync", impatient)
    for _ in range(5):
        with pytest.raises(Interrupted):
            training_toy.train(tmp_path, objective=Signalled())
    assert count > 10
    monkeypatch.undo()
    training_toy.train(tmp_path, objective=Signalled())
    assert_same(whole, end_of(tmp_path))


def test_handlers_are_put_back(tmp_path):
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
    train(tmp_path / "a")
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)] == before

    class Broken(Line):
        def loss(self, model, batch, carry):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(tmp_path / "b", objective=Broken())
    interrupted(tmp_path / "c", signal.SIGINT, step=1)
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)] == before


def test_other_threads_train_without_handlers(tmp_path):
    before, seen = signal.getsignal(signal.SIGTERM), []

    class Watching(Line):
        def loss(self, model, batch, carry):
            seen.append(signal.getsignal(signal.SIGTERM))
            return super().loss(model, batch, carry)

    thread = threading.Thread(target=lambda: train(tmp_path, objective=Watching()))
    thread.start()
    thread.join()
    assert set(seen) == {before}
    assert (tmp_path / "weights.safetensors").exists()


SCRIPT = """
import sys, time, torch
from pathlib import Path
from training_toy import NextValue, train

class Slow(NextValue):
    def evaluate(self, model, check):
        print("evaluating", flush=True)
        for _ in range(1000):
            time.sleep(0.02)
            check()

torch.set_num_threads(1)
train(Path(sys.argv[1]), objective=Slow())
"""


def test_a_process_that_is_evaluating_ends_with_the_status_and_no_traceback(tmp_path):
    folder = Path(__file__).parent
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    ) as process:
        assert process.stdout.readline() == "evaluating\n"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 143
        assert time.monotonic() - began < 10
        assert errors == ""
