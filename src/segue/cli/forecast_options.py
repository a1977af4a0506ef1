"""The options of `segue train forecast`, as the types of its arguments."""

from pathlib import Path
from typing import Annotated

import typer

from segue.tasks.forecast.columns import Fill

_CHOSEN = "by the data"

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="Table with a header: CSV, TSV or Parquet, plain or gzipped."
    ),
]
Time = Annotated[str, typer.Option(metavar="COL", help="The time: dates or whole numbers.")]
Target = Annotated[list[str], typer.Option(metavar="COL", help="A number to forecast; repeatable.")]
Horizon = Annotated[int, typer.Option(metavar="N", min=1, help="Steps to forecast.")]
Series = Annotated[
    str | None,
    typer.Option(metavar="COL", help="Which series a row belongs to, if there are several."),
]
Known = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="A number known in the future as well; repeatable."),
]
Past = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="A number known only in the past; repeatable."),
]
Static = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Text or a number that a series never changes; repeatable."),
]
Context = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, show_default=_CHOSEN, help="Steps that the model sees."),
]
CellName = Annotated[
    str, typer.Option(metavar="CELL", help="gru, lstm, rnn or another; a wrong name lists them.")
]
Hidden = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, show_default=_CHOSEN, help="Features of the state."),
]
Layers = Annotated[
    int | None, typer.Option(metavar="N", min=1, show_default=_CHOSEN, help="Recurrent layers.")
]
Epochs = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, show_default=_CHOSEN, help="Most passes over the data."),
]
Minutes = Annotated[float | None, typer.Option(metavar="M", help="Most minutes of training.")]
Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Of weights, order and dropout.")]
Out = Annotated[Path, typer.Option(metavar="RUN", help="Folder of the run, a new or empty one.")]
Filling = Annotated[
    Fill | None,
    typer.Option(
        metavar="METHOD",
        help="Fill missing values and rows: forward, linear or zero. Without it they are an error.",
    ),
]
Observed = Annotated[
    bool,
    typer.Option(
        "--observed",
        help="Rows are observations one after another, whatever lies between their times, as"
        " trading days are.",
    ),
]
Season = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        show_default=_CHOSEN,
        help="Steps of a season, for seasonal naive and MASE.",
    ),
]
Validation = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        show_default="a tenth",
        help="Rows of each series to choose the weights by, before the test rows.",
    ),
]
Test = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        show_default="a fifth",
        help="Rows at the end of each series to score on.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
