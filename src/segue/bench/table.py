"""How a measurement looks: tables for people."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from segue.bench.configs import Pass
from segue.bench.floors import THREADS, Measure, Verdict
from segue.bench.machine import versions, words
from segue.bench.results import OURS, Row
from segue.bench.run import PeakFound, Report

_WIDTH = 140


def show(report: Report, console: Console) -> None:
    """Print all of it."""
    # Where a program reads, nothing is to be cut to the width of a terminal.
    if not console.is_terminal:
        console.width = max(console.width, _WIDTH)
    console.print(Text(", ".join(f"{value}" for value in words().values())))
    console.print(Text(", ".join(f"{name} {value}" for name, value in versions().items())))
    for line in report.absent:
        console.print(Text(line, "yellow"))
    console.print(
        "float32, input product included. FLOPs are those of the products alone,"
        " 2 B T (D + H) gates H; forward + backward is three times that."
    )
    if report.options.quick:
        console.print(Text("QUICK: few and short rounds, no figure to quote.", "bold yellow"))
    for peak in report.peaks:
        console.print()
        console.print(Text(_headline(peak), "bold"))
        rows = [row for row in report.rows if row.threads == peak.threads]
        for group in _groups(rows):
            console.print()
            console.print(table(group), soft_wrap=False)
            for line in remarks(group):
                console.print(Text(line, "dim"))
    if report.verdicts:
        console.print()
        console.print(floor_table(report.verdicts), soft_wrap=False)
    elif not report.options.quick:
        console.print(f"No floor is judged: they are for {THREADS} threads and other rows.")


def _headline(peak: PeakFound) -> str:
    head = f"{peak.threads} {'thread' if peak.threads == 1 else 'threads'}"
    if peak.gflops is None:
        return f"{head}: no figures, since {peak.disturbance}; let the machine rest and run again"
    return f"{head}: the machine's peak is {peak.gflops:.0f} GFLOP/s"


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of one cell and pass."""
    found: dict[tuple[str, Pass], list[Row]] = {}
    for row in rows:
        found.setdefault((row.entry.cell, row.entry.task), []).append(row)
    return list(found.values())


def table(rows: Sequence[Row]) -> Table:
    """Rows of one cell and pass: segue's figures, then the time of each peer."""
    made = Table(box=None, pad_edge=False, header_style="dim", title_justify="left")
    made.title = f"{rows[0].entry.cell}, {rows[0].entry.task.value}"
    made.add_column("", no_wrap=True)
    made.add_column("B T D H", no_wrap=True)
    for head in (OURS, "GFLOP/s", "of peak", "ratio"):
        made.add_column(head, justify="right", no_wrap=True)
    peers = list(dict.fromkeys(name for row in rows for name in row.timings if name != OURS))
    for head in peers:
        made.add_column(head.replace(" ", "\n"), justify="right")
    for row in rows:
        config = row.entry.config
        sizes = f"{config.batch} {config.time} {config.input} {config.hidden}"
        made.add_row(config.name, sizes, *_figures(row, peers))
    return made


def _pass(task: Pass) -> str:
    return "fwd" if task is Pass.FORWARD else "fwd+bwd"


def _figures(row: Row, peers: Sequence[str]) -> Iterator[Text]:
    if not row.timings:
        yield Text("disturbed", "yellow")
        yield from (Text("-") for _ in range(3 + len(peers)))
        return
    ours, rate, fraction, ratio = (
        row.timings[OURS].median,
        row.gflops(),
        row.fraction(),
        row.ratio(),
    )
    yield Text(duration(ours), "bold")
    yield Text("-" if rate is None else f"{rate:.1f}")
    yield Text("-" if fraction is None else f"{fraction:.0%}")
    yield Text("-") if ratio is None else Text(f"{ratio:.2f}", "green" if ratio >= 1 else "red")
    for name in peers:
        timing = row.timings.get(name)
        style = "bold" if name == row.best_peer else ""
        yield Text("-" if timing is None else duration(timing.median), style)


def duration(seconds: float) -> str:
    """In the unit that fits.

    Example:
        >>> from segue.bench.table import duration
        >>> duration(0.01234), duration(0.0000421), duration(2.5)
        ('12.3 ms', '42.1 us', '2.5 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def remarks(rows: Sequence[Row]) -> Iterator[str]:
    """What must be said with the figures, one line for each reason."""
    said: dict[str, list[str]] = {}
    for row in rows:
        name = row.entry.config.name
        if row.disturbance is not None:
            said.setdefault(f"no figure: {row.disturbance}", []).append(name)
        if row.refusal is not None:
            reason = f"segue runs it on the reference loop, since {row.refusal}"
            said.setdefault(reason, []).append(name)
        for peer, reason in row.left_out.items():
            said.setdefault(f"without {peer}: {reason}", []).append(name)
    for reason, names in said.items():
        yield reason if len(names) == len(rows) else f"{', '.join(names)}: {reason}"


def floor_table(verdicts: Sequence[Verdict]) -> Table:
    """One line for each floor and pass: the row that comes off worst, and by how much."""
    made = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("floor", "pass", "what", "least", "lowest", "where", ""):
        made.add_column(column)
    groups: dict[tuple[str, Pass], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.floor.name, verdict.row.entry.task), []).append(verdict)
    for (name, task), group in groups.items():
        floor = group[0].floor
        head = (name, _pass(task), floor.measure.value, _value(floor.measure, group[0].least))
        seen = [each for each in group if each.value is not None]
        unseen = len(group) - len(seen)
        if not seen:
            made.add_row(*head, "-", "-", Text("not measured", "yellow"))
            continue
        worst = min(seen, key=lambda each: each.share or 0.0)
        where = f"{worst.row.entry.cell} {worst.row.entry.config.name}"
        made.add_row(*head, _value(floor.measure, worst.value), where, _judged(worst, seen, unseen))
    return made


def _value(measure: Measure, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if measure is Measure.RATIO else f"{value:.0%}"


def _judged(worst: Verdict, seen: Sequence[Verdict], unseen: int) -> Text:
    apart = (worst.share or 0.0) - 1
    missed = sum(not each.met for each in seen)
    if missed:
        text, style = f"missed by {-apart:.0%}, in {missed} of {len(seen)}", "red"
    else:
        text, style = f"met by {apart:.0%}", "green"
    return Text(f"{text}; {unseen} not measured" if unseen else text, style)
