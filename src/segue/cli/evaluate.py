"""`segue evaluate RUN FILE`."""

from pathlib import Path
from typing import Annotated

import typer

from segue.cli.show import show_scores
from segue.tasks.forecast.forecaster import Forecaster


def evaluate(
    run: Annotated[Path, typer.Argument(help="The folder that a training made.")],
    file: Annotated[Path, typer.Argument(help="Series with rows that the training did not see.")],
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score a run beside the baselines on every window of FILE after the training's rows."""
    forecaster = Forecaster.load(run)
    show_scores(forecaster.evaluate_file(file), None, json)
