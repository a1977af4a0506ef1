"""Streams that are closed, encodings that lack a letter, text that would steer a terminal."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ENVIRONMENT, SMALL, daily, segue

from segue.tasks import flow

COMMAND = f'{sys.executable} -c "from segue.cli.main import main; main()"'
ASKED = ("--time", "day", "--target", "sold", "--horizon", "7", *SMALL)


def shell(words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f"{COMMAND} {words}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**ENVIRONMENT, **environment},
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "daily.csv"
    path.write_text(daily())
    return path


def train(table: Path, out: Path) -> str:
    return f"train forecast {table} {' '.join(ASKED)} --out {out}"


def test_closed_output_is_said_before_the_training(table: Path, tmp_path: Path) -> None:
    done = shell(f"{train(table, tmp_path / 'run')} >&-")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: standard output is closed")
    assert not (tmp_path / "run").exists()


def test_closed_errors_and_input_change_no_result(table: Path, tmp_path: Path) -> None:
    for number, closed in enumerate(("2>&-", "<&-", "<&- 2>&-")):
        run = tmp_path / f"run{number}"
        done = shell(f"{train(table, run)} {closed}")
        assert done.returncode == 0, done.stderr
        assert f"Report: {run}" in done.stdout
        assert shell(f"predict {run} {closed}").stdout.startswith("series,target,time")


def test_all_closed_ends_with_the_status_of_an_error(table: Path, tmp_path: Path) -> None:
    assert shell(f"{train(table, tmp_path / 'run')} <&- >&- 2>&-").returncode == 2


def test_an_encoding_without_the_letter(tmp_path: Path) -> None:
    table, run = tmp_path / "daily.csv", tmp_path / "r\u00e4n"
    table.write_text(daily().replace("sold", "verk\u00e4uft"))
    words = f"train forecast {table} --time day --target verk\u00e4uft --horizon 7"
    done = shell(f"{words} {' '.join(SMALL)} --out {run}", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "Report: " in done.stdout
    done = shell(f"predict {run}", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line == r"error: output: ascii has no '\xe4': set PYTHONIOENCODING=utf-8"


def test_text_that_would_steer_a_terminal_is_shown(table: Path, tmp_path: Path) -> None:
    run = tmp_path / "m[/b]\x1b[31m"
    outcome = segue("train", "forecast", table, *ASKED, "--out", run)
    assert outcome.status == 0, outcome.err
    assert "m[/b]\\x1b[31m" in outcome.out
    assert "\x1b" not in outcome.out + outcome.err
    outcome = segue("predict", tmp_path / "none\x1b[2J")
    assert outcome.status == 2
    assert "none\\x1b[2J" in outcome.err
    assert "\x1b" not in outcome.err


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "the memory of this machine does not suffice; give less data"),
        (MemoryError("Unable to allocate 7.28 TiB for an array"), "suffice for 7.28 TiB more;"),
        (
            RuntimeError(
                "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"
            ),
            "suffice for 8 bytes more;",
        ),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "output: No space left on device"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "this machine does not suffice; give"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "the system refused: Too many open"),
        (OSError(), "the system refused: OSError"),
        (
            FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
            "there is no folder for temporary files: set TMPDIR",
        ),
    ],
)
def test_a_limit_is_named(
    error: Exception,
    says: str,
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(flow, "train", fails)
    monkeypatch.setattr("segue.cli.main._drop_output", lambda: None)
    outcome = segue("train", "forecast", table, *ASKED, "--out", tmp_path / "run")
    assert outcome.status == 2
    (line,) = outcome.err.splitlines()
    assert line.startswith("error: ")
    assert says in line


CELL = """
import torch
import segue
@segue.cell
def rnn(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (x @ w.T + h @ u.T).tanh()
    return h, (h,)
segue.nn.Recurrent(rnn, 2, 3)(torch.ones(4, 1, 2))
"""


def test_without_a_folder_for_temporary_files_it_is_blamed(table: Path, tmp_path: Path) -> None:
    """Not the cell, nor torch's own code; as root every folder can be written, so by a patch."""
    patch = "import tempfile\ntempfile._candidate_tempdir_list = lambda: ['/none']\n"
    (tmp_path / "sitecustomize.py").write_text(patch)
    # torch leaves the folder that it found in this process for its children
    environment = {k: v for k, v in ENVIRONMENT.items() if k != "TORCHINDUCTOR_CACHE_DIR"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    command = f"import sys; sys.argv = {['segue', *train(table, tmp_path / 'run').split()]}"
    says = "torch needs a folder for temporary files, and none can be written"
    for code, begins, status in (
        (f"{command}\nfrom segue.cli.main import main; main()", f"error: {says}", 2),
        ("import segue.nn", f"segue.errors.SegueError: {says}", 1),
        (CELL, f"segue.errors.SegueError: {says}", 1),
    ):
        words = [sys.executable, "-c", code]
        done = subprocess.run(
            words, check=False, capture_output=True, text=True, env=environment, timeout=120
        )
        assert (done.returncode, done.stdout) == (status, "")
        lines = done.stderr.splitlines()
        assert lines[-1].startswith(begins), done.stderr
        assert lines[-1].endswith("; set TMPDIR to one")
        assert len(lines) == 1 or status == 1
