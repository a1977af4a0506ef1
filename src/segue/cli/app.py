"""The verbs of the `segue` command."""

from typing import Annotated

import typer

import segue
from segue.cli.demo import demo
from segue.cli.evaluate import evaluate
from segue.cli.predict import predict
from segue.cli.train import app as train

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


app.command()(demo)
app.add_typer(train, name="train")
app.command()(predict)
app.command()(evaluate)
