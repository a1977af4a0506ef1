"""From LLVM IR to machine code in memory: compile, keep on disk, load.

Machine code is kept under `$SEGUE_CACHE`, else `$XDG_CACHE_HOME/segue`, else `~/.cache/segue`,
named by what it depends on: its own name, the engine's own text, llvmlite, and the processor.
Each file begins with a digest of the rest. A file that is damaged, or that another user could have
written, is not used.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from segue import engine
from segue.engine.cpu import disk
from segue.engine.cpu.tiles import Machine


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
    folder = disk.folder()
    path = None if folder is None else folder / f"{_key(name, machine)}.o"
    data = None if path is None else disk.read(path)
    kept = None if data is None else _loaded(data, machine)
    if kept is not None:
        return Code(kept.get_function_address("worker"), True, kept)
    data = _machine_code(write(), machine)
    if path is not None:
        disk.write(path, data)
    made = _engine_with(data, machine)
    return Code(made.get_function_address("worker"), False, made)


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


def _loaded(code: bytes, machine: Machine) -> Any:
    """Code from disk in memory; None where it is none."""
    try:
        made = _engine_with(code, machine)
    except RuntimeError:  # no object file
        return None
    return made if made.get_function_address("worker") else None


def _engine_with(code: bytes, machine: Machine) -> Any:
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target(machine))
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


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
