"""`segue predict RUN [FILE]`."""

import sys
from pathlib import Path
from typing import Annotated

import polars
import typer

from segue.tasks.forecast.forecaster import Forecaster


def predict(
    run: Annotated[Path, typer.Argument(help="The folder that a training made.")],
    file: Annotated[
        Path | None,
        typer.Argument(help="Series to go on from; without it, those of the training."),
    ] = None,
) -> None:
    """Forecast the steps after the last row, as CSV: series, target, time, quantiles."""
    forecaster = Forecaster.load(run)
    frame = forecaster.predict() if file is None else forecaster.predict_file(file)
    figures = polars.col(polars.Float64).round_sig_figs(8)
    sys.stdout.write(frame.with_columns(figures).write_csv())
