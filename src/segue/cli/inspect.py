"""`segue inspect RUN [FILE...]`."""

import json as jsons
from pathlib import Path
from typing import Annotated

import typer


def inspect(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a training made.")],
    file: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="Its data, where they have moved."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")] = False,
) -> None:
    """Say what the gradients and states of a run's recurrent layers do, and what to change.

    One batch of the training's data goes through the model and back: how far gradients reach,
    whether they vanish or explode, which units are saturated or dead.
    """
    from rich.table import Table
    from rich.text import Text

    from segue.cli.show import console
    from segue.data.source import Source
    from segue.data.wording import one_line
    from segue.tasks import flow
    from segue.training import RunFolder

    source = Source.of(*file) if file else None
    told = flow.inspect(RunFolder.open(run), source)
    if json:
        print(jsons.dumps(told.as_json(), indent=2, allow_nan=False))
        return
    out = console()
    for line in told.sentences():
        out.print(Text(one_line(line)))
    out.print()
    table = Table("layer", box=None, pad_edge=False)
    for head in ("steps", "units", "half-life", "horizon", "growth", "saturated", "dead", "dim."):
        table.add_column(head, justify="right")
    for one in told.layers:
        lags = ("-" if lag is None else f"{lag:,.1f}" for lag in (one.half_life, one.horizon))
        share = "-" if one.saturated is None else f"{one.saturated:.0%}"
        table.add_row(
            Text(one.name), f"{one.steps:,}", f"{one.units:,}", *lags, f"{one.growth:.3f}", share,
            f"{one.dead:.0%}", f"{one.dimension:.1f}",
        )  # fmt: skip
    out.print(table)
