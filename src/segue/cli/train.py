"""`segue train TASK DATA` and `segue train --resume RUN`."""

from pathlib import Path
from typing import Annotated

import typer

from segue.cli.show import show_scores
from segue.tasks.forecast.columns import Columns, Fill, Grid
from segue.tasks.forecast.settings import Settings
from segue.tasks.forecast.story import Trained
from segue.tasks.forecast.task import resume_run, train_file
from segue.training.run import RunFolder

app = typer.Typer(help="Train a model on your own file.", rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback(invoke_without_command=True)
def train(
    context: typer.Context,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with a run that was interrupted or killed."),
    ] = None,
    json: Json = False,
) -> None:
    """Train a model on your own file."""
    if resume is not None:
        _show(resume_run(RunFolder.open(resume)), json)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def forecast(
    file: Annotated[Path, typer.Argument(help="CSV, TSV or Parquet, plain or gzipped.")],
    time: Annotated[str, typer.Option(metavar="COL", help="The time column.")],
    target: Annotated[list[str], typer.Option(metavar="COL", help="What to forecast; repeatable.")],
    horizon: Annotated[int, typer.Option(min=1, help="Steps to forecast.")],
    series: Annotated[
        str | None, typer.Option(metavar="COL", help="Which series a row belongs to.")
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="Numbers known in the future; repeatable."),
    ] = None,
    past: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="Numbers known only in the past; repeatable."),
    ] = None,
    static: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="Text or numbers that a series never changes."),
    ] = None,
    context: Annotated[int | None, typer.Option(min=1, help="Steps that the model sees.")] = None,
    cell: Annotated[str, typer.Option(help="gru, gru_original, lstm or rnn.")] = "gru",
    hidden: Annotated[int | None, typer.Option(min=1, help="Features of the state.")] = None,
    layers: Annotated[int | None, typer.Option(min=1, help="Recurrent layers.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most passes over the data.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Most minutes of training.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, order and dropout.")] = 0,
    out: Annotated[
        Path, typer.Option(metavar="RUN", help="Folder of the run; it must not hold one.")
    ] = Path("runs/forecast"),
    fill: Annotated[
        Fill | None, typer.Option(help="Fill missing values and rows; without it they are refused.")
    ] = None,
    observed: Annotated[
        bool,
        typer.Option(
            "--observed", help="Rows are observations one after another, as trading days are."
        ),
    ] = False,
    season: Annotated[
        int | None, typer.Option(min=1, help="Steps of a season, for the baselines.")
    ] = None,
    validation: Annotated[
        int | None, typer.Option(min=1, help="Rows of each series to choose the weights by.")
    ] = None,
    test: Annotated[
        int | None, typer.Option(min=1, help="Rows at each series' end to score on.")
    ] = None,
    json: Json = False,
) -> None:
    """Forecast time series: prices, weather, sales.

    Trains one model on all series of FILE, scores it on held-back rows beside naive, drift and
    seasonal naive, and writes weights, metrics and report.html to the run's folder. What is left
    open (context, hidden, epochs ...) is chosen by the size and frequency of the data.
    """
    settings = Settings(
        columns=Columns(
            time=time,
            targets=tuple(target),
            series=series,
            known=tuple(known or ()),
            past=tuple(past or ()),
            static=tuple(static or ()),
        ),
        horizon=horizon,
        context=context,
        cell=cell,
        hidden=hidden,
        layers=layers,
        epochs=epochs,
        minutes=minutes,
        seed=seed,
        fill=fill,
        grid=Grid.OBSERVED if observed else Grid.REGULAR,
        season=season,
        validation=validation,
        test=test,
    )
    _show(train_file(file, settings, out), json)


def _show(trained: Trained, json: bool) -> None:
    show_scores(trained.scores, trained.run, json)
