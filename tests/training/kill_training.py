"""Kills real training processes; run by test_kill.py in a process of its own.

Each training is a process forked from this one after a first training, so that a kill costs no
new import of torch.
"""

import os
import random
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

import torch
from training_toy import assert_same, final_state, train


def fork(work) -> int:
    """Run `work` in a process of its own; return its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def finish(path: Path) -> None:
    """Train `path` to its end."""
    _, status = os.waitpid(fork(lambda: train(path)), 0)
    assert status == 0, status


def died(pid: int) -> bool:
    """Wait for a process; return whether it was killed rather than done."""
    _, status = os.waitpid(pid, 0)
    assert status in (0, signal.SIGKILL), status
    return status != 0


def compare(whole: Path, path: Path) -> None:
    """Train `path` to its end, and assert that it is the run that was never killed."""
    finish(path)
    assert_same(final_state(whole), final_state(path))
    shutil.rmtree(path)


def random_kills(folder: Path, kills: int, rng: random.Random) -> None:
    """Kill at random moments, resume, and compare."""
    began = time.monotonic()
    finish(folder / "timed")
    seconds = time.monotonic() - began
    count = runs = 0
    while count < kills:
        runs += 1
        path = folder / f"killed{runs}"
        while count < kills:
            pid = fork(lambda p=path: train(p))
            time.sleep(rng.uniform(0, 0.6 * seconds))
            os.kill(pid, signal.SIGKILL)
            if not died(pid):
                break
            count += 1
        compare(folder / "whole", path)
    print(f"{count} kills at random moments of {runs} runs of {seconds:.2f} s")


def kills_in_saves(folder: Path, kills: int) -> None:
    """Die before or after a system call of a save, resume, and compare."""
    path = folder / "saves"
    finish_after = fork(lambda: count_calls(path))
    assert not died(finish_after)
    calls = int((path / "calls").read_text())
    shutil.rmtree(path)
    for number in range(kills):
        call, before = number * calls // kills, number % 2 == 0
        assert died(fork(lambda c=call, b=before: die_in_save(path, c, b)))
        compare(folder / "whole", path)
    print(f"{kills} kills inside of saves, of {calls} system calls")


def watched(hook) -> None:
    """Let `hook(number, before, argument)` see every system call that a save depends on."""
    number = -1

    def wrap(function):
        def wrapper(*args, **kwargs):
            nonlocal number
            number += 1
            here = number
            hook(here, True, args[0])
            result = function(*args, **kwargs)
            hook(here, False, args[0])
            return result

        return wrapper

    os.fsync, os.replace, os.unlink = wrap(os.fsync), wrap(os.replace), wrap(os.unlink)


def count_calls(path: Path) -> None:
    """Train, and leave the number of those system calls in a file."""
    seen = []
    watched(lambda number, before, argument: seen.append(number))
    train(path)
    (path / "calls").write_text(str(max(seen) + 1))


def die_in_save(path: Path, call: int, before: bool) -> None:
    """Train, and die at one of those system calls."""

    def hook(number: int, at_start: bool, argument) -> None:
        if (number, at_start) == (call, before):
            tear(argument)
            os.kill(os.getpid(), signal.SIGKILL)

    watched(hook)
    train(path)


def tear(argument) -> None:
    """Lose half of a file that is being synced, as a power cut would."""
    if isinstance(argument, int) and Path(f"/proc/self/fd/{argument}").readlink().suffix == ".tmp":
        os.ftruncate(argument, os.fstat(argument).st_size // 2)


if __name__ == "__main__":
    torch.set_num_threads(1)
    place, random_number, save_number = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    train(place / "warm")
    finish(place / "whole")
    random_kills(place, random_number, random.Random(random_number))
    kills_in_saves(place, save_number)
