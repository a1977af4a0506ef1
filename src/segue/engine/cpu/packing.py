"""Weights put in the order in which kernels read them: vector by vector, by generated code.

A table, made once for each kernel, has a row for each micropanel: one vector of features, all along
the shared dimension.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.engine.cpu import build, memory, threads
from segue.engine.cpu.build import Code
from segue.engine.cpu.ir import Function, Module, Val, i64
from segue.engine.cpu.llvm import finish, write_worker
from segue.engine.cpu.micropanel import write_micropanel
from segue.engine.cpu.tiles import Batch, Layout, Machine, Tiling
from segue.engine.cpu.vector import Lanes

_WORD = "i64"
_WORTH = 1 << 16  # numbers, from which on a second thread pays
# Words of a call after those of every worker, and of a micropanel in the table.
_TABLE, _PLACES = 2, 3
PACK, TO, LINE, MATRIX, COLUMN, DEPTH, LEFT = range(7)
FIELDS = 7


def write_packing(machine: Machine, lanes: Lanes) -> str:
    """The text of the code that packs the micropanels of a table."""
    module = Module()
    write_micropanel(module, lanes)
    f = Function(module, "slice", (("ptr", "words"), (_WORD, "index")), "internal")
    words, index = f.args

    def word(at: Val, number: int, kind: str = _WORD) -> Val:
        return f.load(kind, f.at(at, i64(8 * number)), 8)

    row = f.at(word(words, _TABLE, "ptr"), f.mul(index, i64(8 * FIELDS)))
    places = f.at(words, i64(8 * _PLACES))
    pack = f.at(places, f.mul(word(row, PACK), i64(8)))
    matrix = f.at(places, f.mul(word(row, MATRIX), i64(8)))
    source, by_depth, by_feature = word(matrix, 0, "ptr"), word(matrix, 1), word(matrix, 2)
    f.invoke(
        "micropanel",
        f.at(f.load("ptr", pack, 8), word(row, TO)),
        word(row, LINE),
        f.at(source, f.mul(word(row, COLUMN), by_feature)),
        by_depth,
        by_feature,
        word(row, DEPTH),
        word(row, LEFT),
    )
    f.done()
    write_worker(module, machine)
    return finish(module, machine)


@cache
def _code(dtype: torch.dtype) -> Code:
    machine = build.host()
    lanes = machine.lanes(dtype)
    name = f"packing {lanes.real.name}"
    return build.load(name, lambda: write_packing(machine, lanes), machine)


@dataclass(frozen=True, eq=False)
class Table:
    """Where the weights of a kernel go.

    Attributes:
        rows: one for each micropanel.
        sizes: the numbers that each batch has.
        dtype: of the numbers.
    """

    rows: NDArray[np.int64]
    sizes: tuple[int, ...]
    dtype: torch.dtype

    @cached_property
    def address(self) -> int:
        """Where the rows lie."""
        return self.rows.ctypes.data


def pack(table: Table, params: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The weights of every batch of products: tile by tile, `[units, depth, columns, lanes]`."""
    packs = tuple(memory.empty(size, dtype=table.dtype) for size in table.sizes)
    fill([each.data_ptr() for each in packs], table, params)
    return packs


def fill(places: Sequence[int], table: Table, params: Sequence[Tensor]) -> None:
    """Pack to places, one for each batch of products."""
    if not places:
        return
    words = [0, len(table.rows), table.address, *places]
    kept = []  # what is copied lives until all is packed
    for param in params:
        strides = param.stride()
        if len(strides) == 2 and 1 not in strides:
            param = param.contiguous()
            strides = param.stride()
        kept.append(param)
        size = param.element_size()
        by_depth, by_feature = strides if len(strides) == 2 else (0, 0)
        words += param.data_ptr(), by_depth * size, by_feature * size
    count = threads.available() if sum(table.sizes) >= _WORTH else 1
    threads.run(_code(table.dtype).worker, words, count)


def tabulate(layout: Layout) -> Table:
    """The table for a layout."""
    rows: list[list[int]] = []
    sizes = []
    for tiling, batch in layout.batches:
        sizes.append(
            tiling.units * batch.depth * len(batch.dots) * tiling.unit * layout.lanes.count
        )
        rows += _micropanels(layout, tiling, batch)
    return Table(np.array(rows, np.int64).reshape(-1, FIELDS), tuple(sizes), layout.loop.dtype)


def _micropanels(layout: Layout, tiling: Tiling, batch: Batch) -> Iterator[list[int]]:
    lanes, size = layout.lanes.count, layout.lanes.real.bytes
    for unit, chunk in product(range(tiling.units), batch.chunks):
        line = chunk.count * lanes * size
        start = tiling.units * batch.depth * chunk.first * lanes * size + unit * batch.depth * line
        for place in range(chunk.count):
            dot, vector = divmod(chunk.first + place, tiling.unit)
            feature = (tiling.begin + unit * tiling.unit + vector) * lanes
            to = start + place * lanes * size
            for term in batch.dots[dot].terms:
                left = max(0, batch.dots[dot].width - feature)
                matrix = len(layout.batches) + 3 * term.matrix
                depth = term.side.depth
                yield [batch.pack, to, line, matrix, term.column + feature, depth, left]
                to += depth * line
