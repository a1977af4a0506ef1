"""From LLVM IR to machine code in memory: compile, keep on disk, load.

Machine code is kept under `$SEGUE_CACHE`, else `$XDG_CACHE_HOME/segue`, else `~/.cache/segue`,
named by what it depends on: its own name, the engine's own text, llvmlite, and the processor.
Each file begins with a digest of the rest. A file that is damaged is not used and written again.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from segue import engine
from segue.engine.cpu.tiles import Machine

_DIGEST = 32  # bytes of SHA-256


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
    """A digest of the text of the whole engine: another text may give other code."""
    digest = hashlib.sha256()
    for path in sorted(Path(engine.__file__).parent.rglob("*.py")):
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
