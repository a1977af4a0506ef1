"""`segue demo [TASK]`: a task at work on data that ship with the package."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from segue.cli.stopping import resumable
from segue.cli.streams import say
from segue.tasks.about import Demo
from segue.tasks.registry import TASKS

_FIRST = next(iter(TASKS))


def demo(
    task: Annotated[
        str, typer.Argument(metavar="[TASK]", help=f"One of {', '.join(TASKS)}.")
    ] = _FIRST,
    out: Annotated[
        Path | None,
        typer.Option(metavar="RUN", show_default="a temporary one", help="Folder of the run."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of weights, order and dropout.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a model on data that ship with segue, in a minute or two; say how good it is."""
    from segue.cli.show import show_training
    from segue.data.source import Source
    from segue.tasks.flow import train
    from segue.tasks.registry import named
    from segue.tasks.settings import command

    shown = named(task)
    demo = shown.about.demo
    settings = shown.about.settings.of({**demo.settings, "seed": seed})
    say(demo.about)
    say(f"With the file at hand this is: {command(task, [demo.sample], settings)}\n")
    folder = Path(tempfile.mkdtemp(prefix="segue-demo-")) / "run" if out is None else out
    with _data(demo) as path, resumable(folder):
        show_training(shown, train(shown, Source.of(path), settings, folder), json)
    others = [name for name in TASKS if name != task]
    say(f"\nMore demos: {', '.join(f'segue demo {name}' for name in others)}")


@contextmanager
def _data(demo: Demo) -> Iterator[Path]:
    """The demo's file. What is made stays, so that a training which was stopped can go on."""
    if demo.make is None:
        with as_file(files("segue.data") / "samples" / demo.sample) as path:
            yield path
        return
    folder = Path(tempfile.mkdtemp(prefix="segue-demo-data-"))
    demo.make(folder)
    yield folder / demo.sample
