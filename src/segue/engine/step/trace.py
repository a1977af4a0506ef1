"""`trace`: a step becomes a verified Graph, or is refused with the reason.

The step is recorded for two sizes of the batch. Where the records differ the batch stands; where
they differ in any other way than a multiple of it, the step depends on how many rows there are.
Then `rows.py` shows that no row depends on another one.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count, islice
from typing import TypeVar

import torch

from segue.engine.step.cell import Cell
from segue.engine.step.graph import Graph, Shape, dtype_name, verify
from segue.engine.step.merge import Family, difference, merge
from segue.engine.step.recording import Record, record
from segue.engine.step.rows import check_rows
from segue.errors import CellError

T = TypeVar("T")


def trace(cell: Cell, sizes: Mapping[str, int], dtype: torch.dtype = torch.float32) -> Graph:
    """The graph of a cell's step for given sizes, in one type; kept with the cell.

    Args:
        cell: whose step to trace.
        sizes: a number for each symbol of the cell's signature.
        dtype: the type of every argument.

    Raises:
        CellError: sizes that do not fit the signature, or a step that mixes rows of the batch, lets
            data decide its course, changes an argument in place, draws random numbers, uses tensors
            that it was not given, or returns a state of another shape or type.

    Example:
        >>> import segue
        >>> from segue.engine.step.trace import trace
        >>> @segue.cell
        ... def leaky(x: "H", h: "H", *, decay: "H"):
        ...     h = decay * h + x
        ...     return h, (h,)
        >>> print(trace(leaky, {"H": 5}))
        graph leaky(x: B 5, h: B 5 | decay: 5) float32
          %0: B 5 = mul(decay, h)
          %1: B 5 = add(%0, x)
          return %1, (%1)
    """
    _check_sizes(cell, sizes)
    key = (tuple(sizes[symbol] for symbol in cell.symbols), dtype)
    if key not in cell.graphs:
        graph = apart(lambda: _trace(cell, _family(cell, sizes, dtype)))
        cell.graphs.setdefault(key, graph)  # another thread may have been faster
    return cell.graphs[key]


def symbolic(cell: Cell, sizes: Mapping[str, int], dtype: torch.dtype = torch.float32) -> Graph:
    """The same graph with its sizes written in the cell's symbols, as far as they depend on them.

    Example:
        >>> import segue
        >>> from segue.engine.step.trace import symbolic
        >>> @segue.cell
        ... def leaky(x: "H", h: "H", *, decay: "H"):
        ...     h = decay * h + x
        ...     return h, (h,)
        >>> print(symbolic(leaky, {"H": 5}))
        graph leaky(x: B H, h: B H | decay: H) float32
          %0: B H = mul(decay, h)
          %1: B H = add(%0, x)
          return %1, (%1)
    """
    trace(cell, sizes, dtype)

    def grow() -> Graph:
        family = _family(cell, sizes, dtype)
        doubled = {s: _record_grown(cell, {**sizes, s: 2 * n}, family) for s, n in sizes.items()}
        grown = {symbol: each for symbol, each in doubled.items() if each is not None}
        return merge(cell, replace(family, grown=grown), partial(symbolic, cell, dict(sizes)))

    return apart(grow)


def apart(work: Callable[[], T]) -> T:
    """Work in a new thread: there no autocast, transform or mode of the caller is in force."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(work).result()


def _family(cell: Cell, sizes: Mapping[str, int], dtype: torch.dtype) -> Family:
    # Batches that meet no other size by chance.
    taken = {n for each in cell.fields for n in each.shape(sizes)}
    narrow, wide = islice((n for n in count(5) if n not in taken), 2)
    return Family(
        sizes=dict(sizes),
        dtype=dtype,
        batches=(narrow, wide),
        base=record(cell, sizes, narrow, dtype),
        wide=record(cell, sizes, wide, dtype),
    )


def _record_grown(cell: Cell, sizes: Mapping[str, int], family: Family) -> Record | None:
    """The record for other sizes, if the step takes the same course with them."""
    try:
        grown = record(cell, sizes, family.batches[0], family.dtype)
    except CellError:
        return None
    return None if difference(family.base, grown) else grown


def _check_sizes(cell: Cell, sizes: Mapping[str, int]) -> None:
    for symbol in cell.symbols:
        if symbol not in sizes:
            raise cell.error(f"no size is given for {symbol}; the cell is {cell}")
        if sizes[symbol] < 1:
            raise cell.error(f"{symbol} = {sizes[symbol]} is no size; give a number of at least 1")
    for symbol in sizes:
        if symbol not in cell.symbols:
            raise cell.error(f"{symbol} is no size of this cell; it is {cell}")


def _trace(cell: Cell, family: Family) -> Graph:
    graph = merge(cell, family, partial(trace, cell, family.sizes))
    for each, old, new in zip(cell.state, graph.state, graph.next_state, strict=True):
        if old.shape != new.shape:
            raise cell.error(
                f"the next {each.name} has shape {_shape(new.shape)} and {each.name}"
                f" {_shape(old.shape)}; a state keeps its shape"
            )
        if old.dtype != new.dtype:
            raise cell.error(
                f"the next {each.name} is {dtype_name(new.dtype)} and {each.name}"
                f" {dtype_name(old.dtype)}; convert it with .to({each.name}.dtype)"
            )
    if graph.output.shape[:1] != graph.input.shape[:1]:
        raise cell.error(
            f"the output has shape {_shape(graph.output.shape)}; its first dimension must be the"
            " batch, B"
        )
    verify(graph)
    check_rows(cell, graph, family.batches[0])
    return graph


def _shape(shape: Shape) -> str:
    return f"[{', '.join(map(str, shape))}]"
