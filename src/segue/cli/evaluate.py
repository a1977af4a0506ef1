"""`segue evaluate RUN FILE`."""

from pathlib import Path
from typing import Annotated

import typer

from segue.cli.streams import say
from segue.errors import OptionError


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a training made.")],
    file: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Data that the training did not see."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score a run beside the baselines on data that its training did not see.

    FILE has the columns of the training's file, or each FILE where that took several. Where it
    holds rows of the training too, as time series do, those are left out.
    """
    from segue.cli.show import show_scores
    from segue.data.source import Source
    from segue.tasks import flow
    from segue.training import RunFolder

    task, loaded = flow.load(RunFolder.open(run))
    if task.about.files and not file:
        raise OptionError("name a file of data that the training did not see")
    scores, prepared = flow.evaluate(task, loaded, Source.of(*(file or [])), say)
    show_scores(task, scores, prepared, loaded.run, json)
