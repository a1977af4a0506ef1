"""A cell that goes on step by step: parameters taken once, and a state of its own.

A kernel's words, and all memory that they point to, are made once. A step is then no more than
this: copy the input in, call, copy the output out. The state stays where the kernel left it.

Every step computes the same operations on the same number of rows, however many are asked for at
once, so that any division into chunks gives the same bits.
"""

import ctypes
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.engine.cpu.frame import Words
from segue.engine.cpu.kernel import Kernel
from segue.engine.cpu.tiles import round_up
from segue.engine.plan.environment import Timing
from segue.engine.plan.loop import Form
from segue.engine.plan.normal import Refusal, features
from segue.engine.plan.schedule import Program, Section
from segue.engine.run.backend import choose
from segue.engine.run.fused import Fused
from segue.engine.run.precision import without_autocast
from segue.engine.run.problem import Problem, State, check_params
from segue.engine.run.reference import Reference
from segue.engine.step.cell import Cell
from segue.engine.step.graph import Graph
from segue.engine.step.trace import apart, trace

Array = NDArray[Any]

_ALIGN = 64
_QUICK = 1 << 20  # multiply-adds, up to which a step keeps other Python threads waiting
_Worker = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
# Whoever gives Python's lock away for two microseconds may get it back after milliseconds.
_QuickWorker = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)


class Stepper(ABC):
    """Rows on their way through time; what is given is not checked.

    Attributes:
        backend: what computes, in one word.
        refusal: why it is not the fastest; empty where it is.
    """

    backend: str
    refusal: str = ""

    @abstractmethod
    def step(self, x: Array) -> Array:
        """The output `[B, ...]` of one step, for an input `[B, ...]`; of one row, without B."""

    @abstractmethod
    def run(self, xs: Tensor) -> Tensor:
        """The outputs `[T, B, ...]` of several steps."""

    @abstractmethod
    def read(self) -> State:
        """A copy of the state."""

    @abstractmethod
    def write(self, state: State) -> None:
        """Go on from a copy of this state."""


def stream(
    cell: Cell, params: Mapping[str, Tensor], sizes: Mapping[str, int], rows: int
) -> Stepper:
    """What steps a cell on, by kernels where they can be made, from a state of zeros.

    Args:
        cell: the equation.
        params: one tensor for each parameter; copied.
        sizes: a number for each symbol of the cell.
        rows: B.

    Raises:
        ScanError: parameters missing or unknown.
        CellError: a step that `trace` refuses.

    Example:
        >>> import numpy as np, torch, segue
        >>> from segue.engine.run.stream import stream
        >>> @segue.cell
        ... def leaky(x: "H", h: "H", *, decay: "H"):
        ...     h = decay * h + x
        ...     return h, (h,)
        >>> stepper = stream(leaky, {"decay": torch.tensor([0.5, 0.0])}, {"H": 2}, rows=1)
        >>> for _ in range(3):
        ...     y = stepper.step(np.ones(2, np.float32))
        >>> y, stepper.backend
        (array([1.75, 1.  ], dtype=float32), 'fused')
    """
    check_params(cell, params)
    like = next(iter(params.values()), torch.empty(0))
    graph = trace(cell, sizes, like.dtype)
    state = tuple(like.new_zeros(rows, *field.shape(sizes)).detach() for field in cell.state)
    choice = choose(graph, like.device)
    if not isinstance(choice.backend, Fused):
        return ByReference(cell, graph, params, state, choice.refusals[0][1])
    program = choice.backend.program(graph)
    assert isinstance(program, Program)  # noqa: S101 - it was asked for a refusal before
    try:
        section = apart(lambda: program.stream)
    except (Refusal, NotImplementedError) as error:
        return ByReference(cell, graph, params, state, str(error))
    taken = [params[field.name].detach().to(program.graph.dtype) for field in cell.params]
    return ByKernel(program, section, taken, rows, graph)


class ByReference(Stepper):
    """The Python loop."""

    backend = Reference().name

    def __init__(
        self,
        cell: Cell,
        graph: Graph,
        params: Mapping[str, Tensor],
        state: State,
        refusal: str,
    ) -> None:
        self.cell, self.graph, self.state, self.refusal = cell, graph, state, refusal
        self.params = {name: param.detach().clone() for name, param in params.items()}

    def step(self, x: Array) -> Array:
        """As every stepper."""
        single = x.ndim == len(self.cell.input.dims)
        like = next(iter((*self.state, *self.params.values())), torch.empty(0))
        xs = torch.from_numpy(np.array(x)).to(like.device)
        y: Array = self.run(xs[None, None] if single else xs[None])[0].cpu().numpy()
        return y[0, ...] if single else y

    def run(self, xs: Tensor) -> Tensor:
        """As every stepper."""
        # A copy lies as every other one does, and so is computed with in the same way.
        parts = [x.clone(memory_format=torch.contiguous_format) for x in torch.split(xs, 1)]
        return torch.cat([self._run(x) for x in parts])

    @torch.no_grad()
    def _run(self, xs: Tensor) -> Tensor:
        problem = Problem(self.cell, self.graph, self.params, xs, self.state, None, None, False)
        ys, self.state = Reference().run(problem)
        return ys

    def read(self) -> State:
        """As every stepper."""
        return tuple(field.clone() for field in self.state)

    def write(self, state: State) -> None:
        """As every stepper."""
        self.state = tuple(field.detach().clone() for field in state)


class ByKernel(Stepper):
    """A kernel on the calling thread.

    In bfloat16 the state stays float32 from step to step; what is read of it is rounded.
    """

    backend = Fused().name

    def __init__(
        self,
        program: Program,
        section: Section,
        params: Sequence[Tensor],
        rows: int,
        graph: Graph,
    ) -> None:
        kernel, given, output = section.kernel, program.joint.input, program.joint.output
        assert isinstance(kernel, Kernel)  # noqa: S101 - for the type checker
        self._kernel, self._rows, self._output = kernel, rows, features(output)
        self._dtype, self._type = numpy_type(kernel.loop.dtype), numpy_type(output.dtype)
        self._given = graph.dtype, graph.output.dtype  # of the state and of outputs
        with torch.no_grad(), without_autocast():
            taken = section.parameters(program.known(params, Timing(1, rows)))
            self._vectors = {
                index: each.clone()
                for index, (var, each) in enumerate(zip(kernel.loop.params, taken, strict=True))
                if var.form is Form.VECTOR
            }
            self._packed = kernel.pack(taken)
        self._state = [
            np.zeros((rows, *features(field)), self._dtype) for field in section.body.carries
        ]
        space = rows * kernel.layout.numbers * kernel.loop.dtype.itemsize
        self._space = np.zeros(space + _ALIGN, np.uint8)
        self._order, self._bounds = np.arange(rows), np.array([0, rows])
        self._words = self._prepared()
        lead = () if rows == 1 else (rows,)
        self._x = np.zeros((*lead, *features(given)), self._dtype)
        self._y = np.zeros((*lead, *self._output), self._dtype)
        self._point(self._x, self._y, 1)
        self._address = ctypes.addressof(self._words)
        self._call = _Worker(kernel.code.worker)
        is_quick = rows * sum(each.numel() for each in self._packed) <= _QUICK
        self._call_once = _QuickWorker(kernel.code.worker) if is_quick else self._call

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

    def read(self) -> State:
        """As every stepper."""
        return tuple(torch.from_numpy(field.copy()).to(self._given[0]) for field in self._state)

    def write(self, state: State) -> None:
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


def numpy_type(dtype: torch.dtype) -> "np.dtype[Any] | None":
    """NumPy's name for a type; None where it has none.

    Example:
        >>> numpy_type(torch.float32), numpy_type(torch.bfloat16)
        (dtype('float32'), None)
    """
    try:
        return torch.empty(0, dtype=dtype, device="cpu").numpy().dtype
    except TypeError:
        return None
