"""Trainings by several processes that are killed, interrupted and fail; run by test_distributed.py.

The processes are forked from this one after a first training, which saves importing torch again.
"""

import os
import signal
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import training_toy
from kill_training import fork
from training_toy import NextValue, assert_same, end_of

from segue.errors import RunError
from segue.training import NonFinite, RunFolder, Step


class At(NextValue):
    """Does something in one process at one call of `loss`."""

    def __init__(self, rank, call, action):
        self.rank = rank
        self.left = call
        self.action = action

    def loss(self, model, batch, carry):
        self.left -= 1
        step = super().loss(model, batch, carry)
        if self.left == 0 and dist.get_rank() == self.rank:
            step = self.action(step) or step
        return step


def fails_at_time_step_3(step):
    times = torch.ones(5)
    times[3] = torch.nan
    return Step(step.loss * torch.nan, step.weight, step.carry, times)


def launch(folder: Path, name: str, size: int, objective=None, config=None) -> list[int]:
    """Train `folder/name` by `size` processes; return how each ended."""
    path = folder / name
    store = folder / f"store{len(list(folder.iterdir()))}"
    if not path.exists():
        RunFolder.create(path).write_config({})

    def work(rank):
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=size)
        training_toy.train(path, objective=objective, config=config)
        dist.destroy_process_group()

    processes = [fork(lambda rank=rank: work(rank)) for rank in range(size)]
    return [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]


def check(folder: Path, size: int, kills: int) -> None:
    """Compare what was stopped and resumed with what was not."""
    last = size - 1
    assert launch(folder, "whole", size) == [0] * size
    whole = end_of(folder / "whole")

    def die(step):
        os.kill(os.getpid(), signal.SIGKILL)

    for call in range(13, 13 + 7 * kills, 7):
        name = f"killed{call}"
        ends = launch(folder, name, size, At(call % size, call, die))
        assert ends[call % size] == -signal.SIGKILL, ends
        assert launch(folder, name, size) == [0] * size
        assert_same(whole, end_of(folder / name))

    def end(step):
        os.kill(os.getpid(), signal.SIGTERM)

    assert launch(folder, "ended", size, At(last, 7, end)) == [143] * size
    with pytest.raises(RunError, match=f"was trained by {size} processes, not 1"):
        training_toy.train(folder / "ended")
    assert launch(folder, "ended", size) == [0] * size
    assert_same(whole, end_of(folder / "ended"))

    for policy in (NonFinite.skip, NonFinite.rollback):
        config = training_toy.CONFIG.model_copy(update={"non_finite": policy})
        bad = At(last, 3, fails_at_time_step_3)
        assert launch(folder, policy.value, size, bad, config) == [0] * size
        lines = [m for m in RunFolder(folder / policy.value).metrics() if m["kind"] == "nonfinite"]
        assert [(m["step"], m["time"], m["action"]) for m in lines] == [(2, 3, policy)], lines


if __name__ == "__main__":
    torch.set_num_threads(1)
    place = Path(sys.argv[1])
    training_toy.train(place / "warm")
    check(place, int(sys.argv[2]), int(sys.argv[3]))
