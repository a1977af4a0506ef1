"""`explain`: what segue makes of a layer, printed for a reader."""

import linecache
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Protocol, TextIO, runtime_checkable

import torch
from rich.console import Console
from rich.text import Text
from torch import nn

from segue.engine.plan.text import COLUMNS, folded, listed
from segue.engine.run.backend import choose
from segue.engine.step.cell import Cell
from segue.engine.step.graph import Graph, dtype_name
from segue.engine.step.ops import TABLE, flops
from segue.engine.step.signature import Field
from segue.engine.step.trace import symbolic
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
        """Headings with lines, what runs first in front; nothing is compiled for it."""

    def code(self, graph: Graph) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Headings with lines of the code that it generates."""


@runtime_checkable
class Scanning(Protocol):
    """A module that says which cells it runs."""

    def scanned(self) -> Iterator[Scanned]:
        """Every cell that the module itself (not a part of it) runs."""


def explain(
    what: nn.Module | Cell,
    sizes: Mapping[str, int] | None = None,
    *,
    ir: bool = False,
    file: TextIO | None = None,
) -> None:
    """Print what segue makes of an equation, and which backend runs it, and why.

    In this order: the graph of one step, what it costs, its parameters, every backend that refuses
    it with the rule and the remedy; then, for kernels, the stages before, in and after the time
    loops, the schedule, what is saved for the backward pass (bytes), what a step computes and moves
    (FLOPs and bytes), and the tiles of the products. Nothing is compiled.

    Args:
        what: a layer, any module that contains layers, or a cell.
        sizes: a number for each symbol of a cell; a layer brings its own.
        ir: whether to print the LLVM IR of the kernels too, last: thousands of lines.
        file: where to print; standard output when None.

    Raises:
        SegueError: no recurrent layer is in the module; sizes are missing, or given for a module.

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
        Forward loop: step by step
        ...
            %4: B 64 = product(h, weight_hh.T)
            %5: B 64 = add(%2, %4)
            h': B 64 = tanh(%5)
        ...
    """
    page = _Page(Console(file=file or sys.stdout, highlight=False, soft_wrap=True), ir)
    if isinstance(what, Cell):
        if sizes is None:
            wanted = ", ".join(f"{symbol!r}: ..." for symbol in what.symbols)
            raise SegueError(f"explain: a cell has no sizes of its own; pass {{{wanted}}}")
        page.show(Scanned(what, sizes), torch.float32, torch.device("cpu"))
        return
    if sizes is not None:
        raise SegueError("explain: a layer brings its sizes; leave them out")
    _show_module(page, what)


def _show_module(page: "_Page", module: nn.Module) -> None:
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
            page.line(("\n" if index else "") + f"── {path} ──", _QUIET)
        page.show(each, dtype, device)


def _place(module: nn.Module) -> tuple[torch.dtype, torch.device]:
    param = next(chain(module.parameters(), module.buffers()), torch.empty(0))
    return param.dtype, param.device


@dataclass(frozen=True)
class _Page:
    """Where an explanation is printed."""

    console: Console
    ir: bool

    def line(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style))

    def head(self, text: str, style: str = _HEAD) -> None:
        self.console.print()
        self.line(text, style)

    def folded(self, text: str, style: str = "") -> None:
        for line in folded(f"  {text}", COLUMNS, inset=2):
            self.line(line, style)

    def section(self, heading: str, lines: Iterable[str]) -> None:
        self.head(heading)
        for line in lines:
            self.line(f"  {line}")

    def show(self, scanned: Scanned, dtype: torch.dtype, device: torch.device) -> None:
        cell, sizes = scanned.cell, scanned.sizes
        name, _, fields = str(cell).removesuffix(")").partition("(")
        for line in listed(f"{name}(", fields.split(", "), ")", COLUMNS):
            self.line(line, _TITLE)
        numbers = [f"{symbol} = {sizes[symbol]}" for symbol in cell.symbols if symbol in sizes]
        self.line(", ".join([*numbers, f"{dtype_name(dtype)} on {device}"]), _QUIET)
        for line in cell.doc.splitlines():
            self.line(f"  {line}")
        try:
            graph = symbolic(cell, sizes, dtype)
        except CellError as error:
            self.head("Refused", _WARN)
            self.folded(str(error), _WARN)
            return
        _print_graph(self, cell, graph)
        _print_cost(self, graph)
        _print_params(self, cell, sizes)
        self.backend(graph, device)

    def backend(self, graph: Graph, device: torch.device) -> None:
        choice = choose(graph, device)
        self.head(f"Backend: {choice.backend.name}, {choice.backend.summary}")
        for backend, refusal in choice.refusals:
            self.folded(f"{backend.name} refuses: {refusal}", _WARN)
        self.folded(choice.backend.reason)
        if isinstance(choice.backend, Detailed):
            for heading, lines in choice.backend.details(graph):
                self.section(heading, lines)
            for heading, lines in choice.backend.code(graph) if self.ir else ():
                self.head(heading)
                self.console.out("\n".join(lines), highlight=False)


def _print_graph(page: _Page, cell: Cell, graph: Graph) -> None:
    page.head("Graph of one step, by line of the equation (B is the batch)")
    for constant in graph.constants:
        page.line(f"  {graph.write_constant(constant)}")
    for line, nodes in groupby(graph.nodes, lambda node: node.line):
        source = (
            ""
            if cell.code is None or line is None
            else linecache.getline(cell.code.co_filename, line)
        )
        if source.strip():
            page.line(f"  {source.strip()}", _SOURCE)
        for node in nodes:
            for text in folded(f"    {graph.write_node(node)}", COLUMNS):
                page.line(text)
    page.line(f"  {graph.write_return()}")
    if graph.own is not None:
        page.folded(f"its derivative is the one that {graph.own.named} brings")


def _print_cost(page: _Page, graph: Graph) -> None:
    """FLOPs grow with the batch, but for what is computed of parameters alone."""
    rows: Counter[str] = Counter()
    fixed = 0
    for node in graph.nodes:
        one, two = flops(node, 1), flops(node, 2)
        if two > one:
            rows[TABLE[node.op].kind.value] += two - one
        fixed += 2 * one - two
    total = sum(rows.values())
    page.head("Cost of a step for each row of the batch")
    numbers = [f"{count:,}" for count in (*rows.values(), total)]
    width = max(map(len, numbers))
    for name, count in rows.most_common():
        share = f"{100 * count / total:5.1f}%"
        page.line(f"  {name:<9}  {count:>{width},} FLOPs  {share}")
    page.line(f"  {'total':<9}  {total:>{width},} FLOPs")
    if fixed:
        page.line(f"  and {fixed:,} FLOPs for each step, of parameters alone")
    outside = {str(node.op): None for node in graph.nodes if node.op not in TABLE}
    if outside:
        names = ", ".join(outside)
        page.line(f"  not counted, since the op table does not have them: {names}", _WARN)


def _print_params(page: _Page, cell: Cell, sizes: Mapping[str, int]) -> None:
    for heading, fields in (
        ("Parameters", [f for f in cell.params if not (f.fixed or f.context)]),
        ("Contexts of each row, given with each call", list(cell.contexts)),
        ("Fixed, never learned", [field for field in cell.params if field.fixed]),
    ):
        if fields:
            page.head(heading)
            _print_sizes(page, fields, sizes)


def _print_sizes(page: _Page, fields: Sequence[Field], sizes: Mapping[str, int]) -> None:
    counts = [torch.Size(field.shape(sizes)).numel() for field in fields]
    rows = [
        (field.name, field.spec, " x ".join(map(str, field.shape(sizes))), f"{count:,}")
        for field, count in zip(fields, counts, strict=True)
    ]
    rows.append(("total", "", "", f"{sum(counts):,}"))
    name, spec, shape, count = (max(map(len, column)) for column in zip(*rows, strict=True))
    for row in rows:
        line = f"  {row[0]:<{name}}  {row[1]:<{spec}}  {row[2]:<{shape}}  {row[3]:>{count}}"
        page.line(line)
