"""A kernel that goes on step by step.

Its words, and all memory that they point to, are made once. A step is then no more than this: copy
the input in, call, copy the output out. The state stays where the kernel left it.
"""

import copy
import ctypes
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from segue.engine.cpu.frame import Words
from segue.engine.cpu.kernel import Kernel
from segue.engine.cpu.tiles import round_up
from segue.engine.plan.environment import Timing
from segue.engine.plan.loop import Form
from segue.engine.plan.normal import features
from segue.engine.plan.schedule import Program, Section
from segue.engine.plan.stepper import Array, Stepper, numpy_type, spread
from segue.engine.step.graph import Graph

_ALIGN = 64
_QUICK = 1 << 20  # multiply-adds, up to which a step keeps other Python threads waiting
_Worker = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
# Whoever gives Python's lock away for two microseconds may get it back after milliseconds.
_QuickWorker = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)


class KernelStepper(Stepper):
    """A kernel on the calling thread.

    In bfloat16 the state stays float32 from step to step; what is read of it is rounded.
    """

    def __init__(
        self,
        backend: str,
        program: Program,
        section: Section,
        params: Sequence[Tensor],
        rows: int,
        graph: Graph,
    ) -> None:
        self.backend = backend
        kernel, given, output = section.kernel, program.joint.input, program.joint.output
        assert isinstance(kernel, Kernel)  # noqa: S101 - for the type checker
        self._kernel, self._output = kernel, features(output)
        self._dtype, self._type = numpy_type(kernel.loop.dtype), numpy_type(output.dtype)
        self._given = graph.dtype, graph.output.dtype  # of the state and of outputs
        with torch.no_grad():
            taken = section.parameters(program.environment(params, Timing(1, rows)))
            self._vectors = {
                index: each.clone()
                for index, (var, each) in enumerate(zip(kernel.loop.params, taken, strict=True))
                if var.form is Form.VECTOR
            }
            self._packed = kernel.pack(taken)
        self._fields = [features(field) for field in section.body.carries]
        self._features = features(given)
        self._lay_out(rows)

    def _lay_out(self, rows: int) -> None:
        """Make the memory of a number of rows, their state zero, and the words that point to it."""
        kernel, self._rows = self._kernel, rows
        self._state = [np.zeros((rows, *field), self._dtype) for field in self._fields]
        space = rows * kernel.layout.numbers * kernel.loop.dtype.itemsize
        self._space = np.zeros(space + _ALIGN, np.uint8)
        self._order, self._bounds = np.arange(rows), np.array([0, rows])
        self._words = self._prepared()
        lead = () if rows == 1 else (rows,)
        self._x = np.zeros((*lead, *self._features), self._dtype)
        self._y = np.zeros((*lead, *self._output), self._dtype)
        self._point(self._x, self._y, 1)
        self._address = ctypes.addressof(self._words)
        self._call = _Worker(kernel.code.worker)
        is_quick = rows * sum(each.numel() for each in self._packed) <= _QUICK
        self._call_once = _QuickWorker(kernel.code.worker) if is_quick else self._call

    def copy(self, rows: int) -> Stepper:
        """As every stepper."""
        made = copy.copy(self)
        made._lay_out(rows)
        made.write(spread(self.read(), rows))
        return made

    def step(self, x: Array) -> Array:
        """As every stepper."""
        self._x[...] = x
        self._words[0] = 0  # NEXT_SLICE
        self._call_once(self._address)
        return self._y.astype(self._type)

    def run(self, xs: Tensor) -> Tensor:
        """As every stepper."""
        steps = len(xs)
        inputs = np.ascontiguousarray(xs.to(self._kernel.loop.dtype).numpy(force=True))
        outputs = np.empty((steps, self._rows, *self._output), self._dtype)
        try:
            self._point(inputs, outputs, steps)
            self._words[Words.NEXT_SLICE] = 0
            self._call(self._address)
        finally:
            self._point(self._x, self._y, 1)
        return torch.from_numpy(outputs.astype(self._type, copy=False)).to(self._given[1])

    def read(self) -> tuple[Tensor, ...]:
        """As every stepper."""
        return tuple(torch.from_numpy(field.copy()).to(self._given[0]) for field in self._state)

    def write(self, state: tuple[Tensor, ...]) -> None:
        """As every stepper."""
        for field, value in zip(self._state, state, strict=True):
            np.copyto(field, value.to(self._kernel.loop.dtype).numpy(force=True))

    def _prepared(self) -> "ctypes.Array[ctypes.c_int64]":
        """The words that stay, and room for the others; one slice has all rows."""
        loop, batches = self._kernel.loop, len(self._packed)
        table = Words(loop, batches)
        words = (ctypes.c_int64 * table.count)()
        words[Words.SLICES] = words[Words.ADVANCE] = 1
        words[Words.BATCH] = self._rows
        words[Words.ROWS] = self._order.ctypes.data
        words[Words.BOUNDS] = self._bounds.ctypes.data
        words[Words.WORKSPACE] = round_up(self._space.ctypes.data, _ALIGN)
        for index, field in enumerate(self._state):
            # A kernel copies the state in before the first step and out after the last one.
            words[table.carry_in(index)] = words[table.carry_out(index)] = field.ctypes.data
        for index, vector in self._vectors.items():
            words[table.param(index)] = vector.data_ptr()
        for index, packed in enumerate(self._packed):
            words[table.pack(index)] = packed.data_ptr()
        return words

    def _point(self, inputs: Array, outputs: Array, steps: int) -> None:
        """Let the words say where inputs and outputs of some steps lie."""
        loop, words = self._kernel.loop, self._words
        table = Words(loop, len(self._packed))
        words[Words.STEPS] = steps
        if loop.streams:  # else the step does not read its input
            place, row = table.stream(0), loop.streams[0].width * loop.dtype.itemsize
            words[place] = inputs.ctypes.data
            words[place + 1], words[place + 2] = row * self._rows, row
        words[table.out(0)] = outputs.ctypes.data
