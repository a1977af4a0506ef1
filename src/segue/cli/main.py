"""How the `segue` command starts, and how errors leave it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import typer

from segue.errors import SegueError

# Click's own base of every usage error, whichever copy of click typer brings.
_UsageError: Any = typer.BadParameter.__mro__[1]
_EXTRAS = {"polars": "forecast"}


def main() -> NoReturn:
    """Run the command line and exit: 0, or 2 with one line on stderr for what the user can mend.

    SIGTERM exits with 143 and SIGINT with 130; a reader that closes the pipe with 1.
    """
    with _signals_exit():
        try:
            from segue.cli.app import app

            status = app(prog_name="segue", standalone_mode=False)
            sys.stdout.flush()
        except SegueError as error:
            _fail(str(error))
        except ModuleNotFoundError as error:
            if error.name not in _EXTRAS:
                raise
            _fail(f"{error.name} is not installed; pip install 'segue[{_EXTRAS[error.name]}]'")
        except typer.Abort:
            sys.exit(130)
        except BrokenPipeError:
            _drop_output()
            sys.exit(1)  # as typer does where it sees it
        except OSError as error:
            _drop_output()
            _fail(f"{error.filename or 'output'}: {error.strerror or error}")
        except Exception as error:
            if not isinstance(error, _UsageError):
                raise
            command = error.ctx.command_path if error.ctx else "segue"
            _fail(f"{error.format_message().rstrip('.')}; see: {command} --help")
        sys.exit(status)


@contextmanager
def _signals_exit() -> Iterator[None]:
    """SIGTERM and SIGINT end the command like any exit; training replaces this by its own way."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, _exit) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _drop_output() -> None:
    """Keep Python from writing again, at its end, what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _fail(line: str) -> NoReturn:
    print(f"error: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(2)
