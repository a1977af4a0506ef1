"""The verbs of the `segue` command."""

from typing import Annotated

import typer

from segue.cli.bench import bench
from segue.cli.demo import demo
from segue.cli.evaluate import evaluate
from segue.cli.inspect import inspect
from segue.cli.perform import add_commands
from segue.cli.predict import PredictCommand, predict
from segue.cli.train import app as train
from segue.version import __version__

app = typer.Typer(
    name="segue",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"segue {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Recurrent neural networks on your own data.

    Results go to stdout, all else to stderr. What you can mend is one line that starts with
    "error:", and exit status 2.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command(short_help="A tour in two minutes, on data that ships with segue.")(demo)
app.add_typer(train, name="train", short_help="Train a model on your own file.")
app.command(cls=PredictCommand, short_help="Apply a run to new data.")(predict)
app.command(short_help="Score a run beside the baselines on new data.")(evaluate)
app.command(short_help="Say how far back a run's gradients reach, and what to change.")(inspect)
app.command(short_help="Measure the engine's speed beside its peers.")(bench)
add_commands(app)
