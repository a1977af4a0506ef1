"""What is said when a training is stopped by a signal."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segue.cli.streams import say


@contextmanager
def resumable(run: Path, *, speaks: bool = True) -> Iterator[None]:
    """Say how to go on, where a signal stops what runs inside and it has begun a run.

    Args:
        run: the folder.
        speaks: whether this process tells people of the training.
    """
    before = _is_run(run)
    try:
        yield
    except SystemExit:
        if speaks and _is_run(run) and not before:
            say_how_to_go_on(run)
        raise


def say_how_to_go_on(run: Path) -> None:
    """One line on stderr."""
    command = shlex.join(["segue", "train", "--resume", str(run)])
    say(f"stopped; go on with: {command}")


def _is_run(path: Path) -> bool:
    return (path / "config.json").is_file()
