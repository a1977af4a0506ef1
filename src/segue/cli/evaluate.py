"""`segue evaluate RUN FILE`."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a training made.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Series with rows that the training did not see.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score a run beside the baselines on rows that its training did not see.

    Of a series of the training, those are its test rows and all later ones; of a new series, all
    rows after a first context. Every window of them is scored.
    """
    from segue.cli.show import show_scores
    from segue.tasks.forecast.facts import remarks
    from segue.tasks.forecast.future import evaluation, load
    from segue.tasks.forecast.task import score_part
    from segue.tasks.forecast.windows import Part
    from segue.training import RunFolder

    loaded = load(RunFolder.open(run))
    panel = loaded.read(file)
    prepared = evaluation(loaded, panel, str(file))
    for line in remarks(panel, prepared.settings, loaded.model.config.vocabulary):
        print(line, file=sys.stderr)
    show_scores(score_part(prepared, Part.TEST), prepared, loaded.run, json)
