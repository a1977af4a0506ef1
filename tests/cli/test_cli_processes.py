"""`torchrun` around `segue train`: one training by two processes, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from commands import ENVIRONMENT, SMALL, daily, segue, write

from segue.training import RunFolder

OPTIONS = ("--time", "day", "--target", "sold", "--horizon", "7", *SMALL)
LONG = (*OPTIONS, "--epochs", "100000")
START = "from segue.cli.main import main; main()"


@contextmanager
def torchrun(folder: Path, *words: object) -> Iterator[subprocess.Popen[str]]:
    """Two processes of the command, stopped in the end."""
    script = folder / "command.py"
    script.write_text(START)
    group = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    process = subprocess.Popen(
        [*group, script, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**ENVIRONMENT, "GLOO_SOCKET_IFNAME": "lo", "SEGUE_PATIENCE": "4"},
        cwd=folder.parent,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for number in (*ranks(process).values(), process.pid):
            _kill(number, signal.SIGKILL)
        process.communicate()


def ranks(process: subprocess.Popen[str]) -> dict[int, int]:
    """The process of each rank."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            environment = (folder / "environ").read_bytes()
        except (OSError, IndexError):
            continue
        if folder.name.isdigit() and int(parent) == process.pid:
            fields = dict(each.split(b"=", 1) for each in environment.split(b"\0") if b"=" in each)
            if b"RANK" in fields:
                found[int(fields[b"RANK"])] = int(folder.name)
    return found


def _kill(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


def lines(text: str) -> list[str]:
    """What segue says among what torchrun says."""
    return [line for line in text.splitlines() if line.startswith(("error: ", "process ", "stopp"))]


def trained_some(run: Path, process: subprocess.Popen[str]) -> dict[int, int]:
    """Wait until steps are recorded; the processes of the ranks."""
    for _ in range(600):
        if process.poll() is None and len(RunFolder(run).metrics()) > 5:
            return ranks(process)
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError("nothing was trained")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "daily.csv", daily())


def test_two_processes_train_what_predicts(tmp_path: Path, file: Path) -> None:
    run = tmp_path / "run"
    with torchrun(tmp_path, "train", "forecast", file, *OPTIONS, "--out", run, "--json") as both:
        out, err = both.communicate(timeout=120)
    assert both.returncode == 0, err
    assert json.loads(out)["training"]["epochs"] == 2  # told once
    assert err.count("one for every day") == 1
    assert segue("predict", run).status == 0
    one = tmp_path / "one"
    assert segue("train", "forecast", file, *OPTIONS, "--out", one).status == 0
    steps = [
        sum(line["kind"] == "step" for line in RunFolder(each).metrics()) for each in (run, one)
    ]
    assert steps[0] == steps[1]


def test_a_classification_too(tmp_path: Path) -> None:
    rows = [f"{word} film {number},{label}" for number in range(30)
            for word, label in (("good", "up"), ("dull", "down"))]  # fmt: skip
    file = tmp_path / "films.csv"
    file.write_text("\n".join(["text,label", *rows]) + "\n")
    run = tmp_path / "run"
    words = ("--text", "text", "--label", "label", "--epochs", "1", "--members", "1")
    with torchrun(tmp_path, "train", "classify", file, *words, "--out", run) as both:
        _, err = both.communicate(timeout=120)
    assert both.returncode == 0, err
    assert (run / "report.html").exists()


def test_a_bad_option_ends_all_with_a_line_and_makes_nothing(tmp_path: Path, file: Path) -> None:
    run = tmp_path / "run"
    words = ("--time", "day", "--target", "nope", "--horizon", "7")
    with torchrun(tmp_path, "train", "forecast", file, *words, "--out", run) as both:
        _, err = both.communicate(timeout=120)
    assert both.returncode != 0
    assert "there is no column 'nope'" in err
    assert "in _main" not in err
    assert not run.exists()


def test_a_folder_that_holds_a_run_ends_all(tmp_path: Path, file: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}")
    with torchrun(tmp_path, "train", "forecast", file, *OPTIONS, "--out", tmp_path / "run") as both:
        _, err = both.communicate(timeout=120)
    assert both.returncode != 0
    assert "holds a run already" in err
    assert all("holds a run already" in line or "lost" in line for line in lines(err))


def test_a_process_that_dies_ends_the_other_and_the_run_goes_on(tmp_path: Path, file: Path) -> None:
    run = tmp_path / "run"
    with torchrun(tmp_path, "train", "forecast", file, *LONG, "--out", run) as both:
        os.kill(trained_some(run, both)[1], signal.SIGKILL)
        _, err = both.communicate(timeout=60)
    assert both.returncode != 0
    assert len(lines(err)) == 1, err
    done = len(RunFolder(run).metrics())
    with torchrun(tmp_path, "train", "--resume", run) as both:
        for _ in range(600):
            if len(RunFolder(run).metrics()) > done + 5:
                break
            assert both.poll() is None, both.communicate()
            time.sleep(0.1)
        else:
            raise AssertionError("it does not go on")


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_a_signal_is_obeyed_while_another_process_hangs(
    tmp_path: Path, file: Path, number: signal.Signals
) -> None:
    run = tmp_path / "run"
    with torchrun(tmp_path, "train", "forecast", file, *LONG, "--out", run) as both:
        found = trained_some(run, both)
        os.kill(found[1], signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(found[0], number)
        began = time.monotonic()
        while not _ended(found[0]) and time.monotonic() - began < 30:
            time.sleep(0.1)
        assert time.monotonic() - began < 20
        os.kill(found[1], signal.SIGKILL)
        _, err = both.communicate(timeout=60)
    assert len(lines(err)) >= 1, err


def test_a_process_that_hangs_is_given_up(tmp_path: Path, file: Path) -> None:
    run = tmp_path / "run"
    with torchrun(tmp_path, "train", "forecast", file, *LONG, "--out", run) as both:
        found = trained_some(run, both)
        os.kill(found[0], signal.SIGSTOP)
        for _ in range(200):
            if _ended(found[1]):
                break
            time.sleep(0.1)
        assert _ended(found[1])
        os.kill(found[0], signal.SIGKILL)
        _, err = both.communicate(timeout=60)
    assert any("did not answer for 4 s" in line for line in lines(err)), err


def _ended(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_both_stop_at_one_step_when_asked(tmp_path: Path, file: Path) -> None:
    run = tmp_path / "run"
    with torchrun(tmp_path, "train", "forecast", file, *LONG, "--out", run) as both:
        found = trained_some(run, both)
        for process in found.values():
            os.kill(process, signal.SIGINT)
        _, err = both.communicate(timeout=60)
    assert "stopped; go on with: segue train --resume" in err
    assert err.count("go on with") == 1
