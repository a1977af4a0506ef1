"""A kernel: machine code for a loop, and how it is called."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from segue.engine import build, memory, packing, threads
from segue.engine.build import Code
from segue.engine.llvm import write_module
from segue.engine.loop import Course, Form, Loop, Order, Reset, Results
from segue.engine.phases import plan
from segue.engine.rounding import pairs
from segue.engine.tiles import Layout, lay_out, round_up

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
            >>> from segue.engine.kernel import Kernel
            >>> from segue.engine.loop import Course, Fn, Loop, Pointwise, Var
            >>> x, s, y = Var("x", 2), Var("s", 2), Var("y", 2)
            >>> total = Loop("total", torch.float32, (x,), (s,), (),
            ...              (Pointwise(y, Fn.ADD, (x, s)),), (y,), (y,))
            >>> xs, zero = torch.ones(3, 1, 2), torch.zeros(1, 2)
            >>> (ys,), (last,) = Kernel.of(total).run([xs], [zero], [], Course(3, 1))
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
        """Weights in the order in which the kernel reads them; vectors as they are."""
        if self.loop.weights is not None:
            params = [pairs(each) if each.dim() == 2 else each for each in params]
        return packing.pack(self._table, params, self.loop.dtype)

    def run(
        self,
        streams: Sequence[Tensor],
        carries: Sequence[Tensor],
        params: Sequence[Tensor],
        course: Course,
    ) -> Results:
        """The outs of all steps with the totals, and the last carries; as `Interpreted.run`."""
        loop, dtype = self.loop, self.loop.dtype
        steps, rows = course.steps, course.rows
        outs = tuple([memory.empty(steps * rows, var.width, dtype=dtype) for var in loop.outs])
        last = tuple([torch.empty(rows, var.width, dtype=dtype) for var in loop.carries])
        if not rows:
            return (*outs, *(torch.zeros(var.width, dtype=dtype) for var in loop.totals)), last
        size = dtype.itemsize
        places: list[int] = []
        for stream in streams:
            *by_step, by_row, _ = stream.stride()
            to_next = by_step[0] if by_step else rows * by_row
            places += stream.data_ptr(), to_next * size, by_row * size
        places += [each.data_ptr() for each in (*carries, *last, *outs)]
        vectors = [
            param.contiguous() if var.form is Form.VECTOR else None
            for var, param in zip(loop.params, params, strict=True)
        ]
        places += [0 if vector is None else vector.data_ptr() for vector in vectors]
        packed = self.pack(params)
        places += [each.data_ptr() for each in packed]
        lengths = None if course.lengths is None else course.lengths.contiguous()
        reset = None if course.reset is None else course.reset.contiguous()
        parts = _Parts.of(course)
        step = self._slice_bytes(parts)
        with memory.Scratch(step * parts.count) as scratch:
            words = (*_words(parts, course, lengths, reset), scratch.address, step, *places)
            threads.run(self.code.worker, words, parts.count)
            totals = self._totals(scratch, step, parts) if loop.totals else ()
        return (*outs, *totals), last

    def _slice_bytes(self, parts: "_Parts") -> int:
        """Of the workspace, for each slice."""
        numbers = parts.most * self.layout.numbers + 2 * self.layout.total_starts[-1]
        return round_up(numbers * self.layout.lanes.real.bytes, _ALIGN)

    def _totals(self, scratch: memory.Scratch, step: int, parts: "_Parts") -> tuple[Tensor, ...]:
        """What the slices have kept apart, added up."""
        starts, dtype = self.layout.total_starts, self.loop.dtype
        totals = []
        for start, var in zip(starts, self.loop.totals, strict=False):
            total = torch.zeros(var.width, dtype=dtype)
            summed = total.numpy()
            for part, (low, high) in enumerate(pairwise(parts.bounds)):
                numbers = (high - low) * self.layout.numbers + starts[-1] + start
                begin = part * step + numbers * dtype.itemsize
                summed += scratch.numbers(begin, var.width, dtype)
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
    def of(cls, course: Course) -> "_Parts":
        threads_there = threads.available()
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
    return _Parts(torch.arange(rows), bounds, torch.tensor(bounds))
