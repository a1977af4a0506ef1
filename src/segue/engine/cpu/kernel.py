"""A kernel: machine code for a loop, and how it is called."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from segue.engine.cpu import build, memory, packing, threads
from segue.engine.cpu.build import Code
from segue.engine.cpu.llvm import write_module
from segue.engine.cpu.rounding import pairs
from segue.engine.cpu.tiles import Layout, lay_out, round_up
from segue.engine.plan.loop import Course, Form, Loop, Order, Reset, Results
from segue.engine.plan.phases import plan
from segue.engine.plan.work import work

JOINED_ROWS = 6  # of each thread, from which on products of the input stay in the loop
_ALIGN = 64


@dataclass(frozen=True, eq=False)
class Kernel:
    """Machine code that runs a loop.

    Attributes:
        loop: what it runs.
        layout: how the loop is laid out on this processor.
        code: the machine code.
    """

    loop: Loop
    layout: Layout
    code: Code

    @classmethod
    def of(cls, loop: Loop) -> "Kernel":
        """Machine code for a loop, from disk where it is there.

        Example:
            >>> import torch
            >>> from segue.engine.cpu.kernel import Kernel
            >>> from segue.engine.plan.loop import Course, Fn, Loop, Pointwise, Var
            >>> x, s, y = Var("x", 2), Var("s", 2), Var("y", 2)
            >>> total = Loop("total", torch.float32, (x,), (s,), (),
            ...              (Pointwise(y, Fn.ADD, (x, s)),), (y,), (y,))
            >>> xs, zero, ys = torch.ones(3, 1, 2), torch.zeros(1, 2), torch.empty(3, 2)
            >>> _, (last,) = Kernel.of(total).run([xs], [zero], [], [ys], Course(3, 1))
            >>> ys
            tensor([[1., 1.],
                    [2., 2.],
                    [3., 3.]])
        """
        machine = build.host()
        layout = lay_out(loop, plan(loop), machine)
        code = build.load(loop.text, lambda: write_module(layout), machine)
        return cls(loop, layout, code)

    @property
    def from_disk(self) -> bool:
        """Whether the code was found on disk."""
        return self.code.from_disk

    @property
    def notes(self) -> tuple[str, ...]:
        """How the step is computed, one line for each loop over features, for a reader."""
        return self.layout.notes

    @property
    def ir(self) -> str:
        """The LLVM IR that it is compiled from."""
        return write_module(self.layout)

    @cached_property
    def _table(self) -> packing.Table:
        return packing.tabulate(self.layout)

    def pack(self, params: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Weights in the order in which the kernel reads them."""
        return packing.pack(self._table, self._rounded(params))

    def _rounded(self, params: Sequence[Tensor]) -> Sequence[Tensor]:
        """Matrices as the products take them."""
        if self.loop.weights is None:
            return params
        return [pairs(each) if each.dim() == 2 else each for each in params]

    def run(
        self,
        streams: Sequence[Tensor],
        carries: Sequence[Tensor],
        params: Sequence[Tensor],
        outs: Sequence[Tensor],
        course: Course,
    ) -> Results:
        """Write the outs of all steps; the totals, and the carries after the last one."""
        loop, dtype, rows = self.loop, self.loop.dtype, course.rows
        here = torch.empty(0, dtype=dtype, device="cpu")
        last = tuple([here.new_empty(rows, var.width) for var in loop.carries])
        if not rows:
            return tuple(here.new_zeros(var.width) for var in loop.totals), last
        lengths = None if course.lengths is None else course.lengths.contiguous()
        reset = None if course.reset is None else course.reset.contiguous()
        vectors = [
            param.contiguous() if var.form is Form.VECTOR else None
            for var, param in zip(loop.params, params, strict=True)
        ]
        parts = _Parts.of(course, self._flops)
        of_slice = self._slice_bytes(parts.most)
        starts = self._pack_starts
        with memory.Scratch(starts[-1] + parts.count * of_slice) as scratch:
            packs = [scratch.address + start for start in starts[:-1]]
            packing.fill(packs, self._table, self._rounded(params))
            words = [
                *_words(parts, course, lengths, reset), scratch.address + starts[-1], of_slice,
                *self._places(streams, (*carries, *last), outs, rows),
                *[0 if vector is None else vector.data_ptr() for vector in vectors], *packs,
            ]  # fmt: skip
            threads.run(self.code.worker, words, parts.count)
            totals = self._totals(scratch, starts[-1], parts) if loop.totals else ()
        return totals, last

    def _places(
        self,
        streams: Sequence[Tensor],
        carries: Sequence[Tensor],
        outs: Sequence[Tensor],
        rows: int,
    ) -> list[int]:
        """Where these lie, and how far it is from step to step and from row to row."""
        size = self.loop.dtype.itemsize
        places: list[int] = []
        for stream in streams:
            *by_step, by_row, _ = stream.stride()
            to_next = by_step[0] if by_step else rows * by_row
            places += stream.data_ptr(), to_next * size, by_row * size
        places += [each.data_ptr() for each in (*carries, *outs)]
        return places

    @cached_property
    def _flops(self) -> int:
        """Of one row and step."""
        return work(self.loop).flops

    @cached_property
    def _pack_starts(self) -> tuple[int, ...]:
        """Where packed weights begin in the scratch, and where they end."""
        size = self.loop.dtype.itemsize
        return (0, *accumulate(round_up(count * size, _ALIGN) for count in self._table.sizes))

    def _slice_bytes(self, rows: int) -> int:
        """Of the workspace, for each slice."""
        numbers = rows * self.layout.numbers + 2 * self.layout.total_starts[-1]
        return round_up(numbers * self.layout.lanes.real.bytes, _ALIGN)

    def _totals(self, scratch: memory.Scratch, start: int, parts: "_Parts") -> tuple[Tensor, ...]:
        """What the slices have kept apart, added up."""
        *firsts, count = self.layout.total_starts
        of_slice, dtype = self._slice_bytes(parts.most), self.loop.dtype
        kept = []
        for part, (low, high) in enumerate(pairwise(parts.bounds)):
            begin = ((high - low) * self.layout.numbers + count) * dtype.itemsize
            kept.append(scratch.numbers(start + part * of_slice + begin, count, dtype))
        totals = []
        for first, var in zip(firsts, self.loop.totals, strict=True):
            total = torch.zeros(var.width, dtype=dtype, device="cpu")
            summed = total.numpy()
            for numbers in kept:
                summed += numbers[first : first + var.width]
            totals.append(total)
        return tuple(totals)


def _words(
    parts: "_Parts", course: Course, lengths: Tensor | None, reset: Tensor | None
) -> tuple[int, ...]:
    """Those before the workspace's."""
    up = course.order is Order.UP
    return (
        0,
        parts.count,
        course.steps,
        course.rows,
        0 if up else course.steps - 1,
        1 if up else -1,
        0 if lengths is None else lengths.data_ptr(),
        0 if reset is None else reset.data_ptr(),
        int(course.when is Reset.AFTER),
        parts.rows.data_ptr(),
        parts.places.data_ptr(),
    )


@dataclass(frozen=True, eq=False)
class _Parts:
    """The rows of the batch, dealt out to threads; within each part the longest come first."""

    rows: Tensor
    bounds: tuple[int, ...]
    places: Tensor  # the same bounds, for the kernel

    @property
    def count(self) -> int:
        return len(self.bounds) - 1

    @property
    def most(self) -> int:
        """Rows of the largest part, which is the first."""
        return self.bounds[1]

    @classmethod
    def of(cls, course: Course, flops: int) -> "_Parts":
        """Parts for as many threads as pay, where a step of a row takes so many FLOPs."""
        threads_there = threads.worth(flops * course.rows * course.steps)
        count = threads_there if course.rows >= threads_there else 1
        even = _even(course.rows, count)
        if course.lengths is None:
            return even
        rows = course.lengths.argsort(descending=True, stable=True)
        if count > 1:
            rows = torch.cat([rows[part::count] for part in range(count)])
        return replace(even, rows=rows)


@lru_cache(maxsize=64)
def _even(rows: int, count: int) -> _Parts:
    """All rows in order, in parts of nearly one size."""
    sizes = [len(range(part, rows, count)) for part in range(count)]
    bounds = (0, *accumulate(sizes))
    return _Parts(torch.arange(rows, device="cpu"), bounds, torch.tensor(bounds, device="cpu"))
