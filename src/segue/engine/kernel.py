"""A kernel: machine code for a loop, and how it is called."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from segue.engine import build, memory, packing, threads
from segue.engine.build import Code
from segue.engine.frame import Words
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
            >>> ys[:, 0]
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
        return self.run_packed(streams, carries, params, self.pack(params), course)

    def run_packed(
        self,
        streams: Sequence[Tensor],
        carries: Sequence[Tensor],
        params: Sequence[Tensor],
        packed: Sequence[Tensor],
        course: Course,
    ) -> Results:
        """The same, with weights packed before."""
        loop, dtype = self.loop, self.loop.dtype
        course = _contiguous(course)
        size = (course.steps, course.rows)
        outs = tuple(memory.empty(*size, var.width, dtype=dtype) for var in loop.outs)
        last = tuple(torch.empty(course.rows, var.width, dtype=dtype) for var in loop.carries)
        vectors = [
            param.contiguous() if var.form is Form.VECTOR else None
            for var, param in zip(loop.params, params, strict=True)
        ]
        totals = tuple(torch.zeros(var.width, dtype=dtype) for var in loop.totals)
        if course.rows:
            parts = _Parts.of(course)
            room, step = self._workspace(parts)
            words = self._words(parts, course)
            words[Words.WORKSPACE] = round_up(room.data_ptr(), _ALIGN)
            words[Words.SLICE_BYTES] = step
            addresses: list[int] = []
            for stream in streams:
                bytes_of = stream.element_size()
                addresses += [
                    stream.data_ptr(), stream.stride(0) * bytes_of, stream.stride(1) * bytes_of
                ]  # fmt: skip
            addresses += [each.data_ptr() for each in (*carries, *last, *outs)]
            addresses += [0 if vector is None else vector.data_ptr() for vector in vectors]
            addresses += [each.data_ptr() for each in packed]
            words += addresses
            array = (ctypes.c_int64 * len(words))(*words)
            threads.run(self.code.worker, ctypes.addressof(array), parts.count)
            totals = self._totals(room, step, parts)
        return (*outs, *totals), last

    def _workspace(self, parts: "_Parts") -> tuple[Tensor, int]:
        """Memory for every slice, and bytes for each."""
        rows = max(high - low for low, high in pairwise(parts.bounds))
        numbers = rows * self.layout.numbers + 2 * self.layout.total_starts[-1]
        step = round_up(numbers * self.layout.lanes.real.bytes, _ALIGN)
        return memory.empty(step * parts.count + _ALIGN, dtype=torch.uint8), step

    def _totals(self, room: Tensor, step: int, parts: "_Parts") -> tuple[Tensor, ...]:
        """What the slices have kept apart, added up."""
        starts, dtype = self.layout.total_starts, self.loop.dtype
        if len(starts) == 1:
            return ()
        first = round_up(room.data_ptr(), _ALIGN) - room.data_ptr()
        kept = []
        for part, (low, high) in enumerate(pairwise(parts.bounds)):
            numbers = (high - low) * self.layout.numbers + starts[-1]
            begin = first + part * step + numbers * dtype.itemsize
            kept.append(room[begin : begin + starts[-1] * dtype.itemsize].view(dtype))
        total = kept[0] if len(kept) == 1 else torch.stack(kept).sum(0)
        return tuple(
            total[start : start + var.width].clone()
            for start, var in zip(starts, self.loop.totals, strict=False)
        )

    def _words(self, parts: "_Parts", course: Course) -> list[int]:
        up = course.order is Order.UP
        return [
            0,
            parts.count,
            course.steps,
            course.rows,
            0 if up else course.steps - 1,
            1 if up else -1,
            0 if course.lengths is None else course.lengths.data_ptr(),
            0 if course.reset is None else course.reset.data_ptr(),
            int(course.when is Reset.AFTER),
            parts.rows.data_ptr(),
            parts.places.data_ptr(),
            0,
            0,
        ]


def _contiguous(course: Course) -> Course:
    return replace(
        course,
        lengths=None if course.lengths is None else course.lengths.contiguous(),
        reset=None if course.reset is None else course.reset.contiguous(),
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
