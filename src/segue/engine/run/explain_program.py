"""What `explain` says about how a program runs: schedule, memory, work, kernels and their code."""

from collections.abc import Iterable, Iterator

from segue.engine.cpu import threads
from segue.engine.cpu.llvm import write_module
from segue.engine.cpu.tiles import Machine, lay_out
from segue.engine.plan.explain_stages import Section
from segue.engine.plan.loop import Loop
from segue.engine.plan.normal import width
from segue.engine.plan.phases import plan
from segue.engine.plan.schedule import JOINED_ROWS, Program
from segue.engine.plan.text import folded, table
from segue.engine.plan.value_names import Names
from segue.engine.plan.work import work
from segue.engine.step.graph import ROWS, Node, Value, dtype_name
from segue.engine.step.ops import flops


def running(program: Program, names: Names, machine: Machine) -> Iterator[Section]:
    """Headings with their lines."""
    count = threads.available()
    yield f"Schedule on {count} thread{'s' if count > 1 else ''}", tuple(_schedule(program, count))
    yield "Saved for the backward pass: bytes of each row and step", tuple(_saved(program, names))
    yield (
        "Work of a step: FLOPs, and the bytes that the loops move, each once",
        tuple(_work(program)),
    )
    lanes, weights = machine.lanes(program.graph.dtype).count, program.weights
    products = f", products of {dtype_name(weights)}" if weights else ""
    yield (
        f"Kernels for {machine.cpu}: vectors of {lanes} {dtype_name(program.graph.dtype)}, "
        f"{machine.registers} registers{products}",
        tuple(_kernels(program, machine)),
    )


def code(program: Program, machine: Machine) -> Iterator[Section]:
    """The LLVM IR of every loop that the program may run."""
    for title, loop in _distinct(_loops(program)):
        ir = write_module(lay_out(loop, plan(loop), machine))
        yield f"LLVM IR: {title}", tuple(ir.splitlines())


def _loops(program: Program) -> Iterator[tuple[str, Loop]]:
    for word, each in (("", program), ("joined ", program.joined)):
        if each is not None:
            yield f"{word}inference", each.inference.normal.loop
            yield f"{word}training", each.training.normal.loop
            yield f"{word}backward", each.backward.normal.loop


def _distinct(loops: Iterable[tuple[str, Loop]]) -> Iterator[tuple[str, Loop]]:
    """Loops without those that share a kernel with an earlier one."""
    seen: set[str] = set()
    for title, loop in loops:
        if loop.text not in seen:
            seen.add(loop.text)
            yield title, loop


def _schedule(program: Program, count: int) -> Iterator[str]:
    name, rows = program.joint.input.name, JOINED_ROWS * count
    if program.joined is not None:
        notes = [
            (
                f"B < {rows}",
                f"hoisted: the products of {name} are computed before the loop, as above",
            ),
            (
                f"B >= {rows}",
                f"joined: they are computed in the loop, from {JOINED_ROWS} rows of each thread on",
            ),
            ("operators", "torch.compile and torch.export always run what is hoisted"),
        ]
    else:
        notes = [("any B", f"no product of {name} alone; all are in the loop")]
    if count > 1:
        rule = f"one thread takes all when B < {count}"
        notes.append(("rows", f"each thread runs all steps of the rows dealt to it; {rule}"))
    else:
        notes.append(("rows", "one thread runs all steps of all rows"))
    notes.append(
        ("lengths", "rows that are done drop out; the longest are dealt out first, in turn")
    )
    if program.weights is not None:
        kinds = dtype_name(program.weights), dtype_name(program.graph.dtype)
        notes.append(
            (
                "types",
                f"products in the loops round both sides to {kinds[0]} and sum up in {kinds[1]};"
                f" the state and all else is {kinds[1]}",
            )
        )
    for word, text in notes:
        yield from folded(f"{word:<9}  {text}", inset=11)


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


def _kernels(program: Program, machine: Machine) -> Iterator[str]:
    """Phases and tiles; those of inference are those of training but for the outs."""
    loops = ((title, loop) for title, loop in _loops(program) if "inference" not in title)
    titled = list(_distinct(loops))
    size = max(len(title) for title, _ in titled) + 2
    for title, loop in titled:
        for index, note in enumerate(lay_out(loop, plan(loop), machine).notes):
            yield from folded(f"{'' if index else title:<{size}}{note}", inset=size)
    yield "a phase is one loop over features; a tile, rows x vectors of a product in registers"
