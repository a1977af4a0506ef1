"""`segue bench`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from segue.errors import OptionError


def bench(
    threads: Annotated[
        list[int] | None,
        typer.Option(metavar="N", min=1, show_default="1 and 2", help="How many; repeatable."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A configuration: single, small, long, words-200, middle, large, words-650,"
            " lengths or resets; repeatable.",
        ),
    ] = None,
    cells: Annotated[
        list[str] | None,
        typer.Option(metavar="CELL", help="lstm, gru, rnn or lstm_layer_norm; repeatable."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="PEER", help="Leave out a peer, such as torch.compile; repeatable."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Few and short rounds, to see that it works.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write everything here as well.")
    ] = None,
) -> None:
    """Measure the engine's speed beside its peers, on this machine, which must be idle.

    The laws come first: while one fails there are no figures, and the exit status is 1.
    """
    from segue.bench.run import Options, Report, keep, run, usual_threads
    from segue.bench.table import show
    from segue.cli.show import console
    from segue.engine.laws import LawViolation

    if json is not None and (json.is_dir() or not json.parent.is_dir()):
        raise OptionError(f"--json {json}: no file can be written there; name one in a folder")
    counts = threads or usual_threads()
    options = Options(counts, only or (), cells or (), without or (), quick)

    def kept(report: Report) -> None:
        if json is not None:
            keep(report, json)

    try:
        report = run(options, lambda line: print(line, file=sys.stderr), kept)
    except LawViolation as violation:
        print(f"error: no figures while a law fails: {violation}", file=sys.stderr)
        raise typer.Exit(1) from None
    show(report, console())
