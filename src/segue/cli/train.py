"""`segue train TASK DATA` and `segue train --resume RUN`."""

from pathlib import Path
from typing import Annotated

import typer

from segue.cli.stopping import resumable, say_how_to_go_on
from segue.tasks.forecast.columns import Columns, Fill, Grid

app = typer.Typer(
    rich_markup_mode=None, subcommand_metavar="TASK DATA [ARGS]...", no_args_is_help=False
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_CHOSEN = "by the data"
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
            raise typer.BadParameter(f"{option} does not go before a task; {remedy}", ctx=context)
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
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Table with a header: CSV, TSV or Parquet, plain or gzipped."
        ),
    ],
    time: Annotated[str, typer.Option(metavar="COL", help="The time: dates or whole numbers.")],
    target: Annotated[
        list[str], typer.Option(metavar="COL", help="A number to forecast; repeatable.")
    ],
    horizon: Annotated[int, typer.Option(metavar="N", min=1, help="Steps to forecast.")],
    series: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Which series a row belongs to, if there are several."),
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="A number known in the future as well; repeatable."),
    ] = None,
    past: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="A number known only in the past; repeatable."),
    ] = None,
    static: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL", help="Text or a number that a series never changes; repeatable."
        ),
    ] = None,
    context: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, show_default=_CHOSEN, help="Steps that the model sees."),
    ] = None,
    cell: Annotated[
        str, typer.Option(metavar="CELL", help="gru, gru_original, lstm or rnn.")
    ] = "gru",
    hidden: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, show_default=_CHOSEN, help="Features of the state."),
    ] = None,
    layers: Annotated[
        int | None, typer.Option(metavar="N", min=1, show_default=_CHOSEN, help="Recurrent layers.")
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, show_default=_CHOSEN, help="Most passes over the data."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="Most minutes of training.")
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of weights, order and dropout.")
    ] = 0,
    out: Annotated[
        Path, typer.Option(metavar="RUN", help="Folder of the run, a new or empty one.")
    ] = Path("runs/forecast"),
    fill: Annotated[
        Fill | None,
        typer.Option(
            metavar="METHOD",
            help="Fill missing values and rows: forward, linear or zero. Without it they are an"
            " error.",
        ),
    ] = None,
    observed: Annotated[
        bool,
        typer.Option(
            "--observed",
            help="Rows are observations one after another, whatever lies between their times, as"
            " trading days are.",
        ),
    ] = False,
    season: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            show_default=_CHOSEN,
            help="Steps of a season, for seasonal naive and MASE.",
        ),
    ] = None,
    validation: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            show_default="a tenth",
            help="Rows of each series to choose the weights by, before the test rows.",
        ),
    ] = None,
    test: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            show_default="a fifth",
            help="Rows at the end of each series to score on.",
        ),
    ] = None,
    json: Json = False,
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
    options = {
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
    settings = Settings.of(options)
    with resumable(out):
        show_training(train_file(file, columns, settings, out), json)
