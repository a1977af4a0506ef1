"""How the `segue` command starts, and how errors leave it."""

import errno
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from segue.cli.processes import leave
from segue.cli.streams import open_streams, say
from segue.errors import SegueError
from segue.tasks.registry import EXTRAS

# What writing to a full disk, a closed or a broken stream gives; it names no file.
_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EBADF, errno.EIO, errno.EPIPE)


def main() -> NoReturn:
    """Run the command line and exit: 0, or 2 with one line on stderr for what the user can mend.

    SIGTERM exits with 143 and SIGINT with 130; a reader that closes the pipe with 1.
    """
    try:
        _main()
    except SystemExit as end:
        if {"RANK", "WORLD_SIZE"} <= set(os.environ):
            leave(end.code if isinstance(end.code, int) else 0)
        raise


def _main() -> NoReturn:
    # All else is imported where a signal is already seen to.
    with _signals_exit():
        try:
            open_streams()
            sys.exit(_run())
        except SegueError as error:
            _fail(str(error))
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            _fail(f"{error.name} is not installed; pip install 'segue[{EXTRAS[error.name]}]'")
        except BrokenPipeError:
            _drop_output()
            sys.exit(1)  # as typer does where it sees it
        except UnicodeEncodeError as error:
            letter = ascii(error.object[error.start])
            _drop_output()
            _fail(f"output: {error.encoding} has no {letter}: set PYTHONIOENCODING=utf-8")
        except MemoryError as error:
            _fail(f"{_MEMORY}{_what(error)}; {_LESS}")
        except RuntimeError as error:
            if "can't allocate memory" not in str(error):
                raise
            _fail(f"{_MEMORY}{_what(error)}; {_LESS}")
        except OSError as error:
            _drop_output()
            _fail(_os_error(error))


_MEMORY = "the memory of this machine does not suffice"
_LESS = "give less data or a smaller model"


def _what(error: BaseException) -> str:
    """How much was asked for, where the error tells."""
    found = re.search(r"allocate (\d+ bytes|[\d.]+ \wiB)", str(error))
    return f" for {found[1]} more" if found else ""


def _os_error(error: OSError) -> str:
    """Which limit was met."""
    if error.errno == errno.ENOENT and "temporary directory" in str(error):
        return "there is no folder for temporary files: set TMPDIR to one that can be written"
    if error.errno == errno.ENOMEM:
        return f"{_MEMORY}; {_LESS}"
    why = error.strerror or str(error) or type(error).__name__
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {why}"
    if error.errno in _OUTPUT:
        return f"output: {why}"
    return f"the system refused: {why}"


def _run() -> int | None:
    import typer

    from segue.cli.app import app

    # Click's own base of every usage error, whichever copy of click typer brings.
    usage_error: Any = typer.BadParameter.__mro__[1]
    try:
        status: int | None = app(prog_name="segue", standalone_mode=False)
    except typer.Abort:
        return 130
    except usage_error as error:
        command = error.ctx.command_path if error.ctx else "segue"
        _fail(f"{error.format_message().rstrip('.')}; see: {command} --help")
    sys.stdout.flush()
    return status


@contextmanager
def _signals_exit() -> Iterator[None]:
    """SIGTERM and SIGINT end the command like any exit; training replaces this by its own way.

    When the work is done they change nothing any more, so that the exit status tells of it.
    """
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        signal.signal(number, _exit)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _drop_output() -> None:
    """Keep Python from writing again, at its end, what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _fail(line: str) -> NoReturn:
    say(f"error: {' '.join(line.split())}")
    sys.exit(2)
