"""What `explain` says about how a program runs here: threads, kernels and their code."""

from collections.abc import Iterable, Iterator

from segue.engine.cpu.kernel import JOINED_ROWS
from segue.engine.cpu.llvm import write_module
from segue.engine.cpu.tiles import Machine, lay_out
from segue.engine.plan.explain_stages import Section
from segue.engine.plan.loop import Loop
from segue.engine.plan.phases import plan
from segue.engine.plan.schedule import Program
from segue.engine.plan.text import folded
from segue.engine.step.graph import dtype_name


def schedule(program: Program, count: int) -> Section:
    """What runs when, on so many threads."""
    heading = f"Schedule on {count} thread{'s' if count > 1 else ''}"
    return heading, tuple(_schedule(program, count))


def kernels(program: Program, machine: Machine) -> Section:
    """Phases and tiles of every loop."""
    lanes, weights = machine.lanes(program.graph.dtype).count, program.weights
    products = f", products of {dtype_name(weights)}" if weights else ""
    return (
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


def _kernels(program: Program, machine: Machine) -> Iterator[str]:
    """Phases and tiles; those of inference are those of training but for the outs."""
    loops = ((title, loop) for title, loop in _loops(program) if "inference" not in title)
    titled = list(_distinct(loops))
    size = max(len(title) for title, _ in titled) + 2
    for title, loop in titled:
        for index, note in enumerate(lay_out(loop, plan(loop), machine).notes):
            yield from folded(f"{'' if index else title:<{size}}{note}", inset=size)
    yield "a phase is one loop over features; a tile, rows x vectors of a product in registers"
