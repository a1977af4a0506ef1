"""What `explain` says about a program's cost: what is saved, and the work of a step."""

from collections.abc import Iterable, Iterator

from segue.engine.plan.explain_stages import Section
from segue.engine.plan.loop import Loop
from segue.engine.plan.normal import width
from segue.engine.plan.schedule import Program
from segue.engine.plan.text import table
from segue.engine.plan.value_names import Names
from segue.engine.plan.work import work
from segue.engine.step.graph import ROWS, Node, Value
from segue.engine.step.ops import flops


def costs(program: Program, names: Names) -> Iterator[Section]:
    """Headings with their lines."""
    yield "Saved for the backward pass: bytes of each row and step", tuple(_saved(program, names))
    yield (
        "Work of a step: FLOPs, and the bytes that the loops move, each once",
        tuple(_work(program)),
    )


def _saved(program: Program, names: Names) -> Iterator[str]:
    """One column for each schedule."""
    each = [one for one in (program, program.joined) if one is not None]
    head = ("bytes",) if len(each) == 1 else ("hoisted", "joined")
    values = dict.fromkeys(value for one in each for value in one.saved)
    rows = [("", *head, "")]
    for value in values:
        cells = (f"{_bytes(value):,}" if value in one.saved else "-" for one in each)
        rows.append((names.write(value), *cells, _note(program, value)))
    totals = (f"{sum(map(_bytes, one.saved)):,}" for one in each)
    rows.append(("total", *totals, ""))
    lines = table([row[:-1] for row in rows])
    yield from (f"{a}{'  ' + b if b else ''}" for a, (*_, b) in zip(lines, rows, strict=True))
    yield f"and {program.joint.input.name}, which is not copied"


def _bytes(value: Value) -> int:
    return width(value) * value.dtype.itemsize if value.shape[:1] == (ROWS,) else 0


def _note(program: Program, value: Value) -> str:
    joint = program.joint
    if value in joint.state:
        return "the state before the step"
    if value is joint.output:
        return "the output, which is there anyway"
    hoisted = {result for node in program.split.hoist for result in node.results}
    return "hoisted, not copied" if value in hoisted else ""


def _work(program: Program) -> Iterator[str]:
    """FLOPs of every stage, and bytes of the loops."""
    rows: list[tuple[str, ...]] = [
        ("", "FLOPs", "streams", "outs", "carries", "in all", "weights"),
        ("", "of a row", "of a row", "of a row", "of a row", "of a row", "of all rows"),
    ]
    for word, each in (("", program), ("joined ", program.joined)):
        if each is None:
            continue
        split = each.split
        stages: tuple[tuple[str, Iterable[Node] | Loop], ...] = (
            ("hoist", split.hoist),
            ("inference", each.inference.normal.loop),
            ("training", each.training.normal.loop),
            ("after", split.after),
            ("before", split.before),
            ("backward", each.backward.normal.loop),
            ("sink", split.sink),
        )
        for name, stage in stages:
            if isinstance(stage, Loop):
                found = work(stage)
                numbers = (
                    found.flops, found.streams, found.outs, found.carries, found.row, found.weights
                )  # fmt: skip
                rows.append((word + name, *(f"{number:,}" for number in numbers)))
            elif stage:
                total = sum(flops(node, 2) - flops(node, 1) for node in stage)
                rows.append((word + name, f"{total:,}", *[""] * 5))
    yield from table(rows)
