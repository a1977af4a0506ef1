"""`segue demo`: the first application, on data that ships with the package."""

import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segue.cli.show import show_scores
from segue.tasks.forecast.columns import Columns, Fill
from segue.tasks.forecast.settings import Settings
from segue.tasks.forecast.task import train_file

_COMMAND = (
    "segue train forecast mauna_loa_co2.csv --time week --target co2 --horizon 52 --fill linear"
)


def demo(
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Folder of the run; a new temporary one by default."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, order and dropout.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Forecast a year of atmospheric CO2 at Mauna Loa, week by week, from 1958 to 2001."""
    settings = Settings(
        columns=Columns(time="week", targets=("co2",)), horizon=52, seed=seed, fill=Fill.LINEAR
    )
    console = Console(stderr=True, highlight=False)
    console.print("CO2 at Mauna Loa, weekly, 1958 to 2001 (Keeling and Whorf 2004).")
    console.print(f"On a file of your own this is: {_COMMAND}\n", soft_wrap=True)
    folder = Path(tempfile.mkdtemp(prefix="segue-demo-")) / "run" if out is None else out
    with as_file(files("segue.data") / "samples" / "mauna_loa_co2.csv") as path:
        trained = train_file(path, settings, folder)
    show_scores(trained.scores, trained.run, json)
