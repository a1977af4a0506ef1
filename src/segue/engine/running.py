"""What `explain` says about how a program runs: schedule, memory, work, kernels and their code."""

from collections.abc import Iterable, Iterator

from segue.engine import threads
from segue.engine.graph import ROWS, Node, Value, dtype_name
from segue.engine.llvm import write_module
from segue.engine.loop import Loop
from segue.engine.naming import Names
from segue.engine.normal import width
from segue.engine.ops import Kind, flops, kind
from segue.engine.phases import plan
from segue.engine.schedule import JOINED_ROWS, Program
from segue.engine.stages import Section
from segue.engine.text import folded, table
from segue.engine.tiles import Machine, lay_out
from segue.engine.work import work


def running(program: Program, names: Names, machine: Machine) -> Iterator[Section]:
    """Headings with their lines."""
    count = threads.available()
    yield f"Schedule on {count} thread{'s' if count > 1 else ''}", tuple(_schedule(program, count))
    yield "Saved for the backward pass: bytes of each row and step", tuple(_saved(program, names))
    yield "Work of a step in the time loop, each number moved once", tuple(_work(program))
    lanes = machine.lanes(program.graph.dtype).count
    yield (
        f"Kernels for {machine.cpu}: vectors of {lanes} {dtype_name(program.graph.dtype)}, "
        f"{machine.registers} registers",
        tuple(_kernels(program, machine)),
    )


def code(program: Program, machine: Machine) -> Iterator[Section]:
    """The LLVM IR of every loop that the program may run."""
    for title, loop in _distinct(program):
        ir = write_module(lay_out(loop, plan(loop), machine))
        yield f"LLVM IR: {title} loop", tuple(ir.splitlines())


def _loops(program: Program) -> Iterator[tuple[str, Loop]]:
    for word, each in (("", program), ("joined ", program.joined)):
        if each is not None:
            yield f"{word}forward", each.inference.normal.loop
            yield f"{word}forward, saving", each.training.normal.loop
            yield f"{word}backward", each.backward.normal.loop


def _distinct(program: Program) -> Iterator[tuple[str, Loop]]:
    """The loops without those that share a kernel with an earlier one."""
    seen: set[str] = set()
    for title, loop in _loops(program):
        if loop.text not in seen:
            seen.add(loop.text)
            yield title, loop


def _schedule(program: Program, count: int) -> Iterator[str]:
    name, rows = program.joint.input.name, JOINED_ROWS * count
    kinds = {kind(node) for node in program.split.hoist}
    if program.joined is not None:
        each = "of each thread" if count > 1 else "of the thread"
        yield from folded(f"B < {rows:<5}  hoisted: products of {name} before the loop, as above", inset=11)
        yield from folded(
            f"B >= {rows:<4}  joined: products of {name} in the loop, where their results need no memory"
            f" ({JOINED_ROWS} rows {each}); never under torch.compile and torch.export", inset=11
        )
    elif Kind.PRODUCT in kinds:
        yield f"any B      hoisted: products of {name} before the loop, with the reductions of them"
    else:
        yield f"any B      no product of {name} alone: all products are in the loop"
    if count > 1:
        yield from folded(
            f"rows       dealt out to the threads, each of which runs all steps of its rows without"
            f" waiting for others; one thread for B < {count}; with lengths, the longest rows first and in turn", inset=11)


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
    rows = [
        ("", "FLOPs", "streams", "outs", "carries", "bytes", "weights"),
        ("", "of a row", "of a row", "of a row", "of a row", "of a row", "of all rows"),
    ]
    for word, each in (("", program), ("joined ", program.joined)):
        if each is None:
            continue
        split = each.split
        stages: tuple[tuple[str, Iterable[Node] | Loop], ...] = (
            ("hoist", split.hoist),
            ("forward", each.inference.normal.loop),
            ("forward, saving", each.training.normal.loop),
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


def _kernels(program: Program, machine: Machine) -> Iterator[str]:
    for title, loop in _distinct(program):
        if "forward" not in title or "saving" in title:
            for index, note in enumerate(lay_out(loop, plan(loop), machine).notes):
                start = f"{title if not index else '':<22}"
                yield from folded(start + note, inset=22)
