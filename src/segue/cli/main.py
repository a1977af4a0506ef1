"""The `segue` command: its verbs, and how errors leave it."""

import sys
from typing import Annotated, Any

import typer

import segue
from segue.errors import SegueError

# Click's own base of every usage error, whichever copy of click typer brings.
_UsageError: Any = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="segue",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Recurrent neural networks on your own data: train, predict, evaluate.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"segue {segue.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line; what the user can mend is one line on stderr and exit status 2."""
    try:
        sys.exit(app(standalone_mode=False))
    except SegueError as error:
        _fail(str(error))
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        if not isinstance(error, _UsageError):
            raise
        command = error.ctx.command_path if error.ctx else "segue"
        _fail(f"{error.format_message().rstrip('.')}; see: {command} --help")


def _fail(line: str) -> None:
    print(f"error: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(2)
