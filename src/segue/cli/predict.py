"""`segue predict RUN [FILE]`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a training made.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Series to go on from, with the columns of the training's file; the training's"
            " own by default.",
        ),
    ] = None,
) -> None:
    """Forecast the steps after the last row of each series.

    Writes CSV to stdout: series, target, time, and a column for each quantile, q0.5 being the
    median. Columns known in the future (--known in training) must reach over the whole horizon:
    append rows with them to FILE and leave the target empty there. Times that have a zone in FILE
    are written in UTC.
    """
    import polars

    from segue.tasks.forecast.facts import remarks
    from segue.tasks.forecast.future import forecast_frame, load
    from segue.training import RunFolder

    loaded = load(RunFolder.open(run))
    panel = loaded.history if file is None else loaded.read(file)
    frame = forecast_frame(loaded, panel, str(run if file is None else file))
    if file is not None:
        for line in remarks(panel, loaded.record.settings, loaded.model.config.vocabulary):
            print(line, file=sys.stderr)
    figures = polars.col(polars.Float64).round_sig_figs(10)
    sys.stdout.write(frame.with_columns(figures).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.f"))
