"""`explain`: what segue makes of a layer, printed for a reader."""

import linecache
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, TextIO, runtime_checkable

import torch
from rich.console import Console
from rich.text import Text
from torch import nn

from segue.engine.backend import choose
from segue.engine.cell import Cell
from segue.engine.graph import Graph, dtype_name
from segue.engine.ops import TABLE, flops
from segue.engine.trace import symbolic
from segue.errors import CellError, SegueError

_TITLE, _HEAD, _SOURCE, _QUIET, _WARN = "bold cyan", "bold", "green", "dim", "bold yellow"


@dataclass(frozen=True)
class Scanned:
    """A cell that a module runs by `scan`, with its sizes and what to call it."""

    cell: Cell
    sizes: Mapping[str, int]
    name: str = ""


@runtime_checkable
class Detailed(Protocol):
    """A backend that can say how it runs a graph."""

    def details(self, graph: Graph) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Headings with lines."""


@runtime_checkable
class Scanning(Protocol):
    """A module that says which cells it runs."""

    def scanned(self) -> Iterator[Scanned]:
        """Every cell that the module itself (not a part of it) runs."""


def explain(
    what: nn.Module | Cell, sizes: Mapping[str, int] | None = None, *, file: TextIO | None = None
) -> None:
    """Print the equation's graph, what a step costs, and which backend runs it, and why.

    Args:
        what: a layer, any module that contains layers, or a cell.
        sizes: a number for each symbol of a cell; a layer brings its own.
        file: where to print; standard output when None.

    Raises:
        SegueError: there is no recurrent layer in the module; sizes are missing, or given for a
            module.

    Example:
        >>> import segue
        >>> segue.explain(segue.cells.rnn(), {"D": 8, "H": 64})  # doctest: +ELLIPSIS
        rnn(x: D, h: H | weight_ih: H D, weight_hh: H H, bias: H)
        D = 8, H = 64, float32 on cpu
          J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).
        <BLANKLINE>
        Graph of one step, by line of the equation (B is the batch)
          h = f(x @ weight_ih.T + bias + h @ weight_hh.T)
            %0: D H = permute(weight_ih, (1, 0))
            %1: B H = mm(x, %0)
            %2: B H = add(%1, bias)
            %3: H H = permute(weight_hh, (1, 0))
            %4: B H = mm(h, %3)
            %5: B H = add(%2, %4)
            %6: B H = tanh(%5)
          return %6, (%6)
        ...
        Backend: fused, kernels made from the equation, forward and backward
        ...
    """
    console = Console(file=file or sys.stdout, highlight=False, soft_wrap=True)
    if isinstance(what, Cell):
        if sizes is None:
            wanted = ", ".join(f"{symbol!r}: ..." for symbol in what.symbols)
            raise SegueError(f"explain: a cell has no sizes of its own; pass {{{wanted}}}")
        _print(console, Scanned(what, sizes), torch.float32, torch.device("cpu"))
        return
    if sizes is not None:
        raise SegueError("explain: a layer brings its sizes; leave them out")
    _print_module(console, what)


def _print_module(console: Console, module: nn.Module) -> None:
    found = [
        (f"{path} {each.name}".strip(), each, *place)
        for path, part in module.named_modules()
        for place in [_place(part)]
        if isinstance(part, Scanning)
        for each in part.scanned()
    ]
    if not found:
        raise SegueError(f"explain: {type(module).__name__} contains no layer that runs a cell")
    for index, (path, each, dtype, device) in enumerate(found):
        if path:
            console.print(Text(("\n" if index else "") + f"── {path} ──", _QUIET))
        _print(console, each, dtype, device)


def _place(module: nn.Module) -> tuple[torch.dtype, torch.device]:
    param = next(module.parameters(), torch.empty(0))
    return param.dtype, param.device


def _print(console: Console, scanned: Scanned, dtype: torch.dtype, device: torch.device) -> None:
    cell, sizes = scanned.cell, scanned.sizes
    console.print(Text(str(cell), _TITLE))
    numbers = [f"{symbol} = {sizes[symbol]}" for symbol in cell.symbols if symbol in sizes]
    console.print(Text(", ".join([*numbers, f"{dtype_name(dtype)} on {device}"]), _QUIET))
    for line in cell.doc.splitlines():
        console.print(Text(f"  {line}"))
    try:
        graph = symbolic(cell, sizes, dtype)
    except CellError as error:
        _head(console, "Refused", _WARN)
        console.print(Text(f"  {error}", _WARN))
        return
    _print_graph(console, cell, graph)
    _print_cost(console, graph)
    _print_params(console, cell, sizes)
    choice = choose(graph, device)
    _head(console, f"Backend: {choice.backend.name}, {choice.backend.summary}")
    for backend, refusal in choice.refusals:
        console.print(Text(f"  {backend.name} refuses: {refusal}", _WARN))
    console.print(Text(f"  {choice.backend.reason}"))
    if isinstance(choice.backend, Detailed):
        for heading, lines in choice.backend.details(graph):
            _head(console, heading)
            for line in lines:
                console.print(Text(f"  {line}"))


def _head(console: Console, text: str, style: str = _HEAD) -> None:
    console.print()
    console.print(Text(text, style))


def _print_graph(console: Console, cell: Cell, graph: Graph) -> None:
    _head(console, "Graph of one step, by line of the equation (B is the batch)")
    for constant in graph.constants:
        console.print(Text(f"  {graph.write_constant(constant)}"))
    for line, nodes in groupby(graph.nodes, lambda node: node.line):
        source = (
            ""
            if cell.code is None or line is None
            else linecache.getline(cell.code.co_filename, line)
        )
        if source.strip():
            console.print(Text(f"  {source.strip()}", _SOURCE))
        for node in nodes:
            console.print(Text(f"    {graph.write_node(node)}"))
    console.print(Text(f"  {graph.write_return()}"))


def _print_cost(console: Console, graph: Graph) -> None:
    """FLOPs grow with the batch, but for what is computed of parameters alone."""
    rows: Counter[str] = Counter()
    fixed = 0
    for node in graph.nodes:
        one, two = flops(node, 1), flops(node, 2)
        if two > one:
            rows[TABLE[node.op].kind.value] += two - one
        fixed += 2 * one - two
    total = sum(rows.values())
    _head(console, "Cost of a step for each row of the batch")
    numbers = [f"{count:,}" for count in (*rows.values(), total)]
    width = max(map(len, numbers))
    for name, count in rows.most_common():
        share = f"{100 * count / total:5.1f}%"
        console.print(Text(f"  {name:<9}  {count:>{width},} FLOPs  {share}"))
    console.print(Text(f"  {'total':<9}  {total:>{width},} FLOPs"))
    if fixed:
        console.print(Text(f"  and {fixed:,} FLOPs for each step, of parameters alone"))
    outside = {str(node.op): None for node in graph.nodes if node.op not in TABLE}
    if outside:
        names = ", ".join(outside)
        console.print(Text(f"  not counted, since the op table does not have them: {names}", _WARN))


def _print_params(console: Console, cell: Cell, sizes: Mapping[str, int]) -> None:
    if not cell.params:
        return
    _head(console, "Parameters")
    counts = [torch.Size(field.shape(sizes)).numel() for field in cell.params]
    rows = [
        (field.name, field.spec, " x ".join(map(str, field.shape(sizes))), f"{count:,}")
        for field, count in zip(cell.params, counts, strict=True)
    ]
    rows.append(("total", "", "", f"{sum(counts):,}"))
    name, spec, shape, count = (max(map(len, column)) for column in zip(*rows, strict=True))
    for row in rows:
        line = f"  {row[0]:<{name}}  {row[1]:<{spec}}  {row[2]:<{shape}}  {row[3]:>{count}}"
        console.print(Text(line))
