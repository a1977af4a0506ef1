"""`segue demo`: the first application, on data that ships with the package."""

import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from segue.cli.stopping import resumable
from segue.tasks.forecast.columns import Columns, Fill


def demo(
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN", show_default="a temporary one", help="Folder of the run."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of weights, order and dropout.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Forecast a year of atmospheric CO2 at Mauna Loa, week by week, from 1958 to 2001."""
    from segue.cli.show import show_training
    from segue.tasks.forecast.facts import train_command
    from segue.tasks.forecast.settings import Settings
    from segue.tasks.forecast.task import train_file

    name, columns = "mauna_loa_co2.csv", Columns(time="week", targets=("co2",))
    settings = Settings(horizon=52, seed=seed, fill=Fill.LINEAR)
    print("CO2 at Mauna Loa, weekly, 1958 to 2001 (Keeling and Whorf 2004).", file=sys.stderr)
    command = train_command(name, columns, settings)
    print(f"With the file at hand this is: {command}\n", file=sys.stderr)
    folder = Path(tempfile.mkdtemp(prefix="segue-demo-")) / "run" if out is None else out
    with as_file(files("segue.data") / "samples" / name) as path, resumable(folder):
        show_training(train_file(path, columns, settings, folder), json)
