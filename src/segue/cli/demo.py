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
from segue.data.wording import shorten
from segue.errors import OptionError
from segue.tasks.about import Demo
from segue.tasks.registry import demos

_DEMOS = demos()
_FIRST = next(iter(_DEMOS))


def demo(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help=f"One of {', '.join(_DEMOS)}.")
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

    if name not in _DEMOS:
        raise OptionError(f"{shorten(name)}: there is no such demo; name {', '.join(_DEMOS)}")
    task, demo = _DEMOS[name]
    shown = named(task)
    settings = shown.about.settings.of({**demo.settings, "seed": seed})
    say(demo.about)
    sample = [demo.sample] if demo.sample else []
    say(f"With the file at hand this is: {command(task, sample, settings)}\n")
    folder = Path(tempfile.mkdtemp(prefix="segue-demo-")) / "run" if out is None else out
    with _data(demo) as path, resumable(folder):
        source = Source.of(path) if demo.sample else Source.of()
        show_training(shown, train(shown, source, settings, folder), json)
    others = [other for other in _DEMOS if other != name]
    say(f"\nMore demos: {', '.join(f'segue demo {other}' for other in others)}")


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
