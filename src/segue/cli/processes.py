"""One of several processes that `torchrun` started for a training."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

from segue.cli.streams import say
from segue.errors import OptionError

PATIENCE = "SEGUE_PATIENCE"
"""Environment variable: seconds that a process waits for another one; 600 without it."""


@contextmanager
def joined() -> Iterator[bool]:
    """Train together with the processes that torchrun started, if it started this one.

    Yields:
        Whether this process tells people of the training: the first one does, or the only one.
    """
    from segue.training import distributed

    if not distributed.asked_for():
        yield True
        return
    from segue.training.waiting import stoppable

    with stoppable(_end), distributed.torchrun(_patience()) as world:
        yield world.first


def leave(status: int) -> NoReturn:
    """End one of several processes; threads of its exchanges would abort the interpreter's end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _end(number: int) -> NoReturn:
    rank = os.environ.get("RANK", "0")
    say(f"process {rank}: stopped while it waited for another process; resume the run")
    leave(128 + number)


def _patience() -> timedelta:
    text = os.environ.get(PATIENCE, "600")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 10**6):
        raise OptionError(f"{PATIENCE}: must be 1 to 1,000,000 seconds, not {text[:40]!r}")
    return timedelta(seconds=int(text))
