"""What `explain` says about a program: which stage computes what, in the order of their runs."""

from collections.abc import Iterable, Iterator, Sequence

import torch

from segue.engine.plan.loop import Cat, LoopNode, Pointwise, Product, Reduce, Slice, Var
from segue.engine.plan.schedule import Program
from segue.engine.plan.schedule import Section as Run
from segue.engine.plan.text import assignments, folded, listed
from segue.engine.plan.value_names import Names

Section = tuple[str, tuple[str, ...]]


def stages(program: Program, names: Names) -> Iterator[Section]:
    """A heading and lines for each stage that does anything."""
    split = program.split
    of_state = [state.name for state in program.joint.state]
    forward = _loop(names, program.training, [f"{name}'" for name in of_state], program.inference)
    backward = _loop(names, program.backward, [f"d{name}" for name in of_state])
    found: Sequence[tuple[str, Iterable[str]]] = (
        ("Fixed: of parameters alone, once for each call", assignments(names.lines(split.fixed))),
        ("Hoist: before the loop, all time steps at once", assignments(names.lines(split.hoist))),
        ("Forward loop: step by step", forward),
        ("After the loop: all time steps at once", assignments(names.lines(split.after))),
        (
            "Before the backward loop: all time steps at once",
            assignments(names.lines(split.before)),
        ),
        ("Backward loop: step by step, the other way", backward),
        (
            "Sink: after the backward loop, all time steps at once",
            assignments(_sink(names, program)),
        ),
    )
    yield "Names in the stages", tuple(_legend(program, names))
    for heading, lines in found:
        if text := tuple(lines):
            yield heading, text


def _legend(program: Program, names: Names) -> Iterator[str]:
    graph, states = program.graph, program.graph.state
    numbered = [*(each.value for each in graph.constants)]
    numbered += [value for node in graph.nodes for value in node.results]
    after = ", ".join(value.name for value in graph.next_state)
    rows = [
        (", ".join(f"{state.name}'" for state in states), f"the state after the step ({after})"),
        (", ".join(names[value] for value in program.joint.state_cotangents), "its gradient"),
        (", ".join(f"d{state.name}" for state in states), "that of the state before the step"),
        (names[program.joint.cotangent], f"that of the output ({graph.output.name})"),
    ]
    if numbered:
        span = f"{numbered[0].name} to {numbered[-1].name}"
        rows = [(span, "as in the graph; what it does not have goes on counting"), *rows]
    size = max(len(left) for left, _ in rows) + 2
    for left, meaning in rows:
        yield from folded(f"{left:<{size}}{meaning}", inset=size)


def _sink(names: Names, program: Program) -> Iterator[str]:
    yield from names.lines(program.split.sink)
    for name, value in names.gradients.items():
        if names[value] != name and name not in {f"d{s.name}" for s in program.joint.state}:
            yield f"{name} = {names[value]}"


def _loop(names: Names, run: Run, after: Sequence[str], alone: Run | None = None) -> Iterator[str]:
    """What goes in and out, and the step; `alone` is the same loop when no gradient is wanted."""
    loop, body = run.normal.loop, run.body
    own = _named(names, run)
    outs = [
        own[var] if value.dtype == torch.bool else _as(names[value], own[var])
        for value, var in zip(body.outs, loop.outs, strict=True)
    ]
    passed = [_as(name, own[var]) for name, var in zip(after, loop.next_carries, strict=True)]
    for word, items in (
        ("reads", [_typed(var, own) for var in loop.streams]),
        ("carries", [_typed(var, own) for var in loop.carries]),
        ("weights", [_typed(var, own) for var in loop.params]),
        ("writes", outs),
        (
            "inference",
            [f"writes {names[value]} alone" for value in alone.body.outs] if alone else [],
        ),
        ("adds up", [f"{names[total]} = {names[value]}" for value, total in body.totals]),
        ("passes on", passed),
    ):
        if items:
            yield from listed(f"{word:<9}  ", items)
    steps = (f"{_typed(node.result, own)} = {_right(node, own)}" for node in loop.nodes)
    yield from (f"  {line}" for line in assignments(steps))


def _named(names: Names, run: Run) -> dict[Var, str]:
    """The variables of a loop by the values that they stand for, or else by their own names."""
    loop, normal, body = run.normal.loop, run.normal, run.body
    found: dict[Var, str] = {}
    for var, value in (
        *zip(loop.streams, normal.streams, strict=True),
        *zip(loop.carries, body.carries, strict=True),
        *((given.var, given.value) for given in normal.params),
        *zip(loop.next_carries, body.next_carries, strict=True),
        *zip(loop.outs, body.outs, strict=True),
        *normal.made.items(),
    ):
        is_number = value.dtype == torch.bool and not var.mask  # as masks are kept in memory
        found.setdefault(var, f"number({names[value]})" if is_number else names[value])
    return {node.result: node.result.name for node in loop.nodes} | found


def _as(name: str, made: str) -> str:
    return name if name == made else f"{name} = {made}"


def _typed(var: Var, own: dict[Var, str]) -> str:
    return f"{own[var]}: {str(var).partition(': ')[2]}"


def _right(node: LoopNode, own: dict[Var, str]) -> str:
    """What a node computes."""
    match node:
        case Product():
            return f"product({own[node.rows]}, {own[node.matrix]})"
        case Pointwise():
            args = [own[arg] if isinstance(arg, Var) else f"{arg:g}" for arg in node.args]
            return f"{node.fn.value}({', '.join(args)})"
        case Reduce():
            return f"{node.fold.value}({own[node.rows]})"
        case Slice():
            stop = node.start + node.step * (node.result.width - 1) + 1
            step = f":{node.step}" if node.step > 1 else ""
            return f"{own[node.rows]}[{node.start}:{stop}{step}]"
        case Cat():
            return f"cat({', '.join(own[part] for part in node.parts)})"
