"""From a loop to a kernel that runs it: compile, keep on disk, load, call.

Machine code is kept under `$SEGUE_CACHE`, else `$XDG_CACHE_HOME/segue`, else `~/.cache/segue`,
named by what it depends on: the loop's text, this package's own text, llvmlite, and the processor.
Each file begins with a digest of the rest. A file that is damaged is not used and written again.
"""

import ctypes
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import torch
from torch import Tensor

from segue.engine import memory, threads
from segue.engine.frame import Words
from segue.engine.llvm import write_module
from segue.engine.loop import Course, Form, Loop, Order, Reset, Results
from segue.engine.phases import plan
from segue.engine.rounding import pairs
from segue.engine.tiles import Layout, Machine, lay_out, round_up

_DIGEST = 32  # bytes of SHA-256
_ALIGN = 64


@cache
def host() -> Machine:
    """The processor at hand."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()  # for the inline assembly of ARM's kernels
    features = llvm.get_host_cpu_features()
    triple = llvm.get_default_triple()
    wide = bool(features.get("avx512f") and features.get("avx512dq"))
    # Every 64-bit processor of the other kinds has vectors of 16 bytes.
    size = 64 if wide else 32 if features.get("avx2") and features.get("fma") else 16
    registers = 32 if wide or not triple.startswith("x86") else 16
    bfloat16 = wide and bool(features.get("avx512bf16"))
    return Machine(triple, llvm.get_host_cpu_name(), features.flatten(), size, registers, bfloat16)


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
    code: "Code"

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

    def pack(self, params: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Weights in the order in which the kernel reads them; vectors as they are."""
        if self.loop.weights is not None:
            params = [pairs(each) if each.dim() == 2 else each for each in params]
        return self.layout.pack(params)

    def run(
        self,
        streams: Sequence[Tensor],
        carries: Sequence[Tensor],
        params: Sequence[Tensor],
        course: Course,
    ) -> Results:
        """The outs of all steps, and the carries after the last one; as `Interpreted.run`."""
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
        return outs, last

    def _workspace(self, parts: "_Parts") -> tuple[Tensor, int]:
        """Memory for every slice, and bytes for each."""
        rows = max(high - low for low, high in zip(parts.bounds, parts.bounds[1:], strict=False))
        step = round_up(rows * self.layout.numbers * self.layout.lanes.real.bytes, _ALIGN)
        return memory.empty(step * parts.count + _ALIGN, dtype=torch.uint8), step

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
        rows = torch.arange(course.rows)
        sizes = [len(range(part, course.rows, count)) for part in range(count)]
        if course.lengths is not None:
            rows = course.lengths.argsort(descending=True, stable=True)
            if count > 1:
                rows = torch.cat([rows[part::count] for part in range(count)])
        bounds = [0]
        for size in sizes:
            bounds.append(bounds[-1] + size)
        return cls(rows, tuple(bounds), torch.tensor(bounds))


def compile(loop: Loop) -> Kernel:
    """Machine code for a loop, from disk where it is there.

    Example:
        >>> import torch
        >>> from segue.engine import build
        >>> from segue.engine.loop import Course, Fn, Loop, Pointwise, Var
        >>> x, s, y = Var("x", 2), Var("s", 2), Var("y", 2)
        >>> total = Loop("total", torch.float32, (x,), (s,), (),
        ...              (Pointwise(y, Fn.ADD, (x, s)),), (y,), (y,))
        >>> kernel = build.compile(total)
        >>> xs, zero = torch.ones(3, 1, 2), torch.zeros(1, 2)
        >>> (ys,), (last,) = kernel.run([xs], [zero], [], Course(3, 1))
        >>> ys[:, 0]
        tensor([[1., 1.],
                [2., 2.],
                [3., 3.]])
    """
    machine = host()
    layout = lay_out(loop, plan(loop), machine)
    code = load(loop.text, lambda: write_module(layout), machine)
    return Kernel(loop, layout, code)


@dataclass(frozen=True, eq=False)
class Code:
    """Machine code in memory.

    Attributes:
        worker: the address of the function that threads call.
        from_disk: whether it was found on disk.
    """

    worker: int
    from_disk: bool
    _engine: Any  # keeps the memory


def load(name: str, write: Callable[[], str], machine: Machine) -> Code:
    """Machine code from disk by what it is made of, else made of the IR that is written."""
    path = _folder() / f"{_key(name, machine)}.o"
    data = _read(path)
    found = data is not None
    if data is None:
        data = _machine_code(write(), machine)
        _write(path, data)
    engine = _engine_with(data, machine)
    return Code(engine.get_function_address("worker"), found, engine)


def _target(machine: Machine) -> Any:
    target = llvm.Target.from_triple(machine.triple)
    return target.create_target_machine(cpu=machine.cpu, features=machine.features, opt=2, jit=True)


def _machine_code(text: str, machine: Machine) -> bytes:
    module = llvm.parse_assembly(text)
    module.verify()
    target = _target(machine)
    # The text is written nearly as it shall run: what the standard passes add is time to compile.
    passes = llvm.create_new_function_pass_manager()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_instruction_combine_pass()
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=1))
    for function in module.functions:
        if not function.is_declaration:
            passes.run(function, builder)
    code = target.emit_object(module)
    assert isinstance(code, bytes)  # noqa: S101 - for the type checker
    return code


def _engine_with(code: bytes, machine: Machine) -> Any:
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target(machine))
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def _folder() -> Path:
    own = os.environ.get("SEGUE_CACHE")
    if own:
        return Path(own)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "segue"


@cache
def _own_text() -> bytes:
    """A digest of the text of this package: another text may give other code."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()


def _key(name: str, machine: Machine) -> str:
    digest = hashlib.sha256(_own_text())
    for part in (llvmlite.__version__, machine.triple, machine.cpu, machine.features, name):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:40]


def _read(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    code = data[_DIGEST:]
    return code if code and hashlib.sha256(code).digest() == data[:_DIGEST] else None


def _write(path: Path, code: bytes) -> None:
    """Write beside the place, then rename: no reader ever sees half a file."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(code).digest() + code)
    except OSError:
        # Nothing is kept where nothing can be written; the next process compiles again.
        return
    beside = Path(file.name)
    try:
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
