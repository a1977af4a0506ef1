"""What `explain` says about a program: which stage computes what, and what is kept in between."""

from collections.abc import Iterator, Sequence

from segue.engine import schedule
from segue.engine.graph import Graph, Node, Value
from segue.engine.schedule import Program

Section = tuple[str, tuple[str, ...]]


def sections(program: Program) -> Iterator[Section]:
    """Headings with their lines, in the order in which the stages run."""
    graph, split = program.graph, program.split
    stages: Sequence[tuple[str, tuple[str, ...]]] = (
        ("Fixed: of parameters alone, once for each call", _nodes(graph, split.fixed)),
        ("Hoist: before the loop, all time steps at once", _nodes(graph, split.hoist)),
        ("Forward loop", _loop(program.training)),
        ("After the loop, all time steps at once", _nodes(graph, split.after)),
        ("Saved for the backward pass", _values(graph, split.saved)),
        ("Before the backward loop, all time steps at once", _nodes(graph, split.before)),
        ("Backward loop", _loop(program.backward)),
        ("Sink: after the backward loop, all time steps at once", _nodes(graph, split.sink)),
    )
    yield from ((heading, lines) for heading, lines in stages if lines)


def _nodes(graph: Graph, nodes: Sequence[Node]) -> tuple[str, ...]:
    return tuple(graph.write_node(node) for node in nodes)


def _loop(section: schedule.Section) -> tuple[str, ...]:
    normal, body = section.normal, section.body
    loop = normal.loop
    pairs = [
        *zip(loop.streams, normal.streams, strict=True),
        *zip(loop.carries, body.carries, strict=True),
        *((given.var, given.value) for given in normal.params),
    ]
    names = ", ".join(f"{var.name} = {value.name}" for var, value in pairs)
    outs = ", ".join(
        f"{value.name} = {var.name}" for var, value in zip(loop.outs, body.outs, strict=True)
    )
    return (names, *loop.text.splitlines(), outs)


def _values(graph: Graph, values: Sequence[Value]) -> tuple[str, ...]:
    return tuple(map(graph.write, values))
