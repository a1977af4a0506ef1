"""`segue NAME RUN`: what a task does with a run beside predicting, where it has such a command."""

import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from segue.cli.options import given, parameter, parameters, signed
from segue.errors import OptionError, RunError
from segue.tasks.about import About
from segue.tasks.registry import TASKS
from segue.tasks.settings import Asked


class PerformCommand(TyperCommand):
    """The command of one task; its options are the fields of `About.perform`."""

    def invoke(self, ctx: Any) -> None:
        """Do it; text goes to stdout as it is made."""
        from segue.tasks import flow
        from segue.training import RunFolder

        values = ctx.params
        run = RunFolder.open(values["run"])
        task, _ = flow.read_record(run)
        if task.name != self.name:
            raise RunError(f"{run.path}: is a run of {task.name}, not of {self.name}")
        kind = _asked(task.about)
        asked = kind.of(given(kind, values))
        _, loaded = flow.load(run)
        for made in task.perform(loaded, asked):
            _put(made)


def _put(made: str | bytes) -> None:
    """Text is shown at once; what is no text goes to a file."""
    if isinstance(made, str):
        sys.stdout.write(made)
    elif sys.stdout.isatty():
        raise OptionError("what this run writes is no text: send it to a file, with > FILE")
    else:
        sys.stdout.buffer.write(made)
    sys.stdout.flush()


def _asked(about: About) -> type[Asked]:
    if about.perform is None:
        raise AssertionError(f"{about.name} has a command and nothing can be asked of it")
    return about.perform


def add_commands(app: typer.Typer) -> None:
    """Add the commands that tasks have of their own."""
    for name, entry in TASKS.items():
        if not entry.command:
            continue
        run = typer.Argument(metavar="RUN", help="The folder that a training made.")
        function = signed([parameter("run", Path, run), *parameters(_asked(entry.about()))])
        app.command(name, cls=PerformCommand, help=entry.command, short_help=entry.command)(
            function
        )
