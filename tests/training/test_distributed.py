"""Several processes train as one would on the joined batch."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from distributed_training import Regression, gradients, rows
from line_task import line_model
from safetensors.torch import load_file

from segue.errors import RunError
from segue.training import RunFolder, Silent, TrainingError, distributed, fit
from segue.training.config import TrainConfig

FOLDER = Path(__file__).parent


def run(*command: str | Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=FOLDER, env=environment, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def torchrun(processes: int) -> tuple[str, ...]:
    return ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes))


def compare_with_one(folder: Path, processes: int) -> None:
    """Compare gradients, weights and metrics of torchrun with one process on the joined batch."""
    for name in ("one", "several"):
        (folder / name).mkdir()
    for kind in ("rows", "streams"):
        gradients(folder / "one", kind)
    run(*torchrun(processes), "distributed_training.py", folder / "several", "rows,streams")
    for kind in ("rows", "streams"):
        one = load_file(folder / "one" / f"{kind}.safetensors")
        several = load_file(folder / "several" / f"{kind}.safetensors")
        assert len(one) > 6
        torch.testing.assert_close(several, one, rtol=0, atol=1e-12)
        metrics = [RunFolder(folder / name / kind).metrics()[1:] for name in ("one", "several")]
        for a, b in zip(*metrics, strict=True):
            for line in (a, b):
                line.pop("kind")
                line.pop("seconds", None)
            assert a == pytest.approx(b, rel=1e-12)


def test_two_processes_have_the_gradients_of_one_on_the_joined_batch(tmp_path):
    compare_with_one(tmp_path, 2)


@pytest.mark.long
def test_three_processes_too(tmp_path):
    compare_with_one(tmp_path, 3)


def test_two_processes_are_killed_resumed_interrupted_and_agree_on_failures(tmp_path):
    run("distributed_kill.py", tmp_path, "2", "1")


@pytest.mark.long
@pytest.mark.parametrize("processes", ["2", "3"])
def test_many_kills(tmp_path, processes):
    run("distributed_kill.py", tmp_path, processes, "4")


@pytest.fixture
def group(tmp_path):
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


def test_a_group_of_one_is_one_process(group, tmp_path):
    assert distributed.current() == distributed.World()
    with distributed.torchrun() as world:
        assert world.first


@pytest.fixture
def alone(monkeypatch):
    """The environment of a process that torchrun started by itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    values = ("0", "0", "1", "127.0.0.1", port)
    for name, value in zip(distributed.ENVIRONMENT, values, strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")


def joined(work, patience=distributed.PATIENCE):
    with distributed.torchrun(patience) as world:
        work(world)


def test_an_error_of_a_model_is_no_lost_process_whatever_it_says(alone):
    class Wrong(torch.nn.Linear):
        def forward(self, x):
            raise RuntimeError("gloo: connection closed by peer: timed out")

    def work(world):
        wrapped = torch.nn.parallel.DistributedDataParallel(Wrong(2, 2))
        wrapped(torch.ones(1, 2))

    with pytest.raises(RuntimeError, match="gloo: connection closed"):
        joined(work)


def test_a_process_that_never_comes_is_one_that_did_not_answer(alone, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RunError, match="another process did not answer for 1 s"):
        joined(pytest.fail, timedelta(seconds=1))


def test_a_source_that_cannot_be_divided_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(distributed, "current", lambda: distributed.World(0, 2))
    source = rows().shard(0, 2)
    model = line_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(TrainingError, match=r"RowsShard has no shard\(rank, world\)"):
        fit(
            model, Regression(), source, optimizer,
            config=TrainConfig(), run=RunFolder(tmp_path), progress=Silent(),
        )  # fmt: skip
