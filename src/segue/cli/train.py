"""`segue train TASK DATA` and `segue train --resume RUN`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from segue.cli.options import given, parameter, parameters, signed
from segue.cli.processes import joined
from segue.cli.stopping import resumable, say_how_to_go_on
from segue.errors import OptionError
from segue.tasks.registry import TASKS, named


class TrainCommand(TyperCommand):
    """`segue train TASK`: the options are the fields of the task's settings."""

    def invoke(self, context: Any) -> None:
        """Train."""
        from segue.cli.show import show_training
        from segue.data.source import Source
        from segue.tasks.flow import train

        values, task = context.params, named(self.name)
        asked = task.about.settings
        settings = asked.of(given(asked, values))
        data = values.get("data", [])
        source = Source.of(*(data if isinstance(data, list) else [data]))
        with joined() as speaks, resumable(values["out"], speaks=speaks):
            trained = train(task, source, settings, values["out"])
            if speaks:
                show_training(task, trained, values["json"])


class TrainGroup(TyperGroup):
    """`segue train`: a command for each task, made when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The tasks."""
        return list(TASKS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a task; None where there is no such task."""
        return _command(cmd_name) if cmd_name in TASKS else None


def _command(name: str) -> Any:
    """A command with the options of a task."""
    about = TASKS[name].about()
    file = typer.Argument(metavar="FILE", help=about.data)
    out = typer.Option(metavar="RUN", help="Folder of the run, a new or empty one.")
    json = typer.Option("--json", help="Print the result as JSON.")
    taken = [parameter("data", Path if about.files == 1 else list[Path], file)]
    function = signed(
        [
            *(taken if about.files else ()),
            *parameters(about.settings),
            parameter("out", Path, out, Path("runs") / name),
            parameter("json", bool, json, False),
        ]
    )
    made = typer.Typer(rich_markup_mode=None, add_completion=False)
    made.command(
        name,
        cls=TrainCommand,
        help=f"{about.summary}\n\n{about.description}",
        short_help=about.summary,
        epilog=f"\b\nExample:\n  {about.example}",
    )(function)
    return typer.main.get_command(made)


app = typer.Typer(
    cls=TrainGroup,
    rich_markup_mode=None,
    subcommand_metavar="TASK DATA [ARGS]...",
    no_args_is_help=False,
)


@app.callback(invoke_without_command=True)
def train(
    context: typer.Context,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with a run that was interrupted or killed."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="With --resume: print the result as JSON.")
    ] = False,
) -> None:
    """Train a model on your own file, or go on with a training.

    The tasks are listed below; `segue train TASK --help` tells the options of one.
    """
    if context.invoked_subcommand is not None:
        if resume is not None or json:
            option = "--json" if resume is None else "--resume"
            remedy = "write it after the task" if resume is None else "leave the task out"
            raise OptionError(f"{option} does not go before a task; {remedy}")
    elif resume is None:
        typer.echo(context.get_help())
    else:
        from segue.cli.show import show_training
        from segue.tasks.flow import read_record
        from segue.tasks.flow import resume as go_on
        from segue.training import RunFolder

        run = RunFolder.open(resume)
        task, _ = read_record(run)
        with joined() as speaks:
            try:
                trained = go_on(run)
                if speaks:
                    show_training(task, trained, json)
            except SystemExit:
                if speaks:
                    say_how_to_go_on(resume)
                raise
