"""`segue predict RUN [FILE...]`."""

import sys
import time
from collections import deque
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from segue.cli.options import given, parameters, signed
from segue.cli.streams import say

_TIMES = 100_000  # answers whose times are looked at, the last ones


class PredictCommand(TyperCommand):
    """Takes the options of the run's task beside its own.

    `segue predict --help` tells what every task takes, `segue predict RUN --help` what one does.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Add the options of the run's task, then read the arguments."""
        run = next((word for word in args if not word.startswith("-")), None)
        if run is not None and (Path(run) / "config.json").is_file():
            from segue.tasks.flow import read_record
            from segue.training import RunFolder

            task, _ = read_record(RunFolder.open(run))
            made = typer.Typer(rich_markup_mode=None, add_completion=False)
            made.command("predict")(signed(parameters(task.about.predict)))
            known = {param.name for param in self.params}
            more = typer.main.get_command(made).params
            self.params += [param for param in more if param.name not in known | {"help"}]
            self.help = f"{task.about.predicting}.\n\n{task.about.prediction}"
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> None:
        """Predict."""
        _predict(ctx.params)


def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that a training made.")],
    file: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            help="What to predict for, with the columns of the training's file; - reads lines from"
            " standard input and answers each at once, where the task can.",
        ),
    ] = None,
) -> None:
    """Apply a run to new data; results go to stdout, in the order of the input.

    The task of the run decides what comes and what can be asked: see `segue predict RUN --help`.
    """


def _predict(values: dict[str, Any]) -> None:
    from segue.data.lines import split_lines
    from segue.data.source import Source
    from segue.tasks import flow
    from segue.training import RunFolder

    run, files = values["run"], values["file"] or []
    task, loaded = flow.load(RunFolder.open(run))
    asked = task.about.predict.of(given(task.about.predict, values))
    if [str(file) for file in files] == ["-"]:
        answer, taken = task.stream(loaded, asked), deque[float](maxlen=_TIMES)
        blocks = iter(lambda: sys.stdin.buffer.readline(1 << 16), b"")
        for _, line in split_lines(blocks, "standard input"):
            begun = time.perf_counter()
            print(answer(line), flush=True)
            taken.append(time.perf_counter() - begun)
        _say_times(taken)
        return
    source = Source.of(*files) if files else None
    for text in flow.predict(task, loaded, source, asked, say):
        sys.stdout.write(text)


def _say_times(taken: Collection[float]) -> None:
    """Say how soon lines were answered, once there are enough to tell."""
    if len(taken) < 100:
        return
    ordered = sorted(taken)
    half, most = (1e3 * ordered[int(share * len(ordered))] for share in (0.5, 0.99))
    say(f"{len(ordered):,} lines: half were answered in {half:.2f} ms, 99% in {most:.2f} ms")
