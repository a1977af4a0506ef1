"""`segue train TASK DATA` and `segue train --resume RUN`."""

from pathlib import Path
from typing import Annotated

import typer

from segue.cli import forecast_options as options
from segue.cli.stopping import resumable, say_how_to_go_on
from segue.errors import OptionError
from segue.tasks.forecast.columns import Columns, Grid

app = typer.Typer(
    rich_markup_mode=None, subcommand_metavar="TASK DATA [ARGS]...", no_args_is_help=False
)

_EXAMPLE = """\b
Example:
  segue train forecast sales.csv --time day --target sold --series shop --horizon 14"""


@app.callback(invoke_without_command=True)
def train(
    context: typer.Context,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with a run that was interrupted or killed."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="With --resume: print the result as JSON.")
    ] = False,
) -> None:
    """Train a model on your own file, or go on with a training.

    The tasks are listed below; `segue train TASK --help` tells the options of one.
    """
    if context.invoked_subcommand is not None:
        if resume is not None or json:
            option = "--json" if resume is None else "--resume"
            remedy = "write it after the task" if resume is None else "leave the task out"
            raise OptionError(f"{option} does not go before a task; {remedy}")
    elif resume is None:
        typer.echo(context.get_help())
    else:
        from segue.cli.show import show_training
        from segue.tasks.forecast.task import resume_file
        from segue.training import RunFolder

        run = RunFolder.open(resume)
        try:
            show_training(resume_file(run), json)
        except SystemExit:
            say_how_to_go_on(resume)
            raise


@app.command(short_help="Time series: prices, weather, sales.", epilog=_EXAMPLE)
def forecast(
    file: options.File,
    time: options.Time,
    target: options.Target,
    horizon: options.Horizon,
    series: options.Series = None,
    known: options.Known = None,
    past: options.Past = None,
    static: options.Static = None,
    context: options.Context = None,
    cell: options.CellName = "gru",
    hidden: options.Hidden = None,
    layers: options.Layers = None,
    epochs: options.Epochs = None,
    minutes: options.Minutes = None,
    seed: options.Seed = 0,
    out: options.Out = Path("runs/forecast"),
    fill: options.Filling = None,
    observed: options.Observed = False,
    season: options.Season = None,
    validation: options.Validation = None,
    test: options.Test = None,
    json: options.Json = False,
) -> None:
    """Forecast time series: prices, weather, sales.

    Trains one model on all series of FILE, scores it on held-back rows beside the mean, naive,
    drift and seasonal naive, and writes weights, metrics and report.html to the run's folder.
    """
    from segue.cli.show import show_training
    from segue.tasks.forecast.settings import Settings
    from segue.tasks.forecast.task import train_file

    columns = Columns(
        time, tuple(target), series, tuple(known or ()), tuple(past or ()), tuple(static or ())
    )
    asked = {
        "horizon": horizon,
        "context": context,
        "cell": cell,
        "hidden": hidden,
        "layers": layers,
        "epochs": epochs,
        "minutes": minutes,
        "seed": seed,
        "fill": fill,
        "grid": Grid.OBSERVED if observed else Grid.REGULAR,
        "season": season,
        "validation": validation,
        "test": test,
    }
    settings = Settings.of(asked)
    with resumable(out):
        show_training(train_file(file, columns, settings, out), json)
