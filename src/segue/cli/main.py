"""How the `segue` command starts, and how errors leave it."""

import sys
from typing import Any

import typer

from segue.errors import SegueError

# Click's own base of every usage error, whichever copy of click typer brings.
_UsageError: Any = typer.BadParameter.__mro__[1]
_EXTRAS = {"polars": "forecast"}


def main() -> None:
    """Run the command line; what the user can mend is one line on stderr and exit status 2."""
    try:
        from segue.cli.app import app

        sys.exit(app(standalone_mode=False))
    except SegueError as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        _fail(f"{error.name} is not installed; pip install 'segue[{_EXTRAS[error.name]}]'")
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        if not isinstance(error, _UsageError):
            raise
        command = error.ctx.command_path if error.ctx else "segue"
        _fail(f"{error.format_message().rstrip('.')}; see: {command} --help")


def _fail(line: str) -> None:
    print(f"error: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(2)
