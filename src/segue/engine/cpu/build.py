"""From LLVM IR to machine code in memory: compile, keep on disk, load.

Machine code is kept (`segue.engine.cpu.cache`) by what it depends on: its own name, the engine's
own text, llvmlite, and the processor.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from segue import engine
from segue.engine.cpu import cache
from segue.engine.cpu.tiles import Machine

_ELF, _NO_BITS = b"\x7fELF\x02\x01", 8
_OTHERS = (b"\xcf\xfa\xed\xfe", b"\x64\x86", b"\x64\xaa")  # Mach-O and COFF


@once
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
    kept = f"{_key(name, machine)}.o"
    data = cache.read(kept)
    if data is not None:
        found = _loaded(data, machine)
        if found is not None:
            return Code(found.get_function_address("worker"), True, found)
    data = _machine_code(write(), machine)
    cache.write(kept, data)
    engine = _engine_with(data, machine)
    return Code(engine.get_function_address("worker"), False, engine)


def _loaded(code: bytes, machine: Machine) -> Any:
    """The engine of kept code; None where it is no whole object file."""
    if not _is_whole(code):
        return None
    try:
        return _engine_with(code, machine)
    except RuntimeError:
        return None


def _is_whole(code: bytes) -> bool:
    """Whether all sections of an object file lie in it; LLVM does not look before it reads.

    Of files that are not ELF, only the first bytes are looked at.
    """
    if not code.startswith(_ELF):
        return code.startswith(_OTHERS)
    if len(code) < 64:
        return False
    table = int.from_bytes(code[40:48], "little")
    size, count = (int.from_bytes(code[at : at + 2], "little") for at in (58, 60))
    if size != 64 or count == 0 or table + size * count > len(code):
        return False
    for at in range(table, table + size * count, size):
        kind = int.from_bytes(code[at + 4 : at + 8], "little")
        start, length = (int.from_bytes(code[at + k : at + k + 8], "little") for k in (24, 32))
        if kind != _NO_BITS and start + length > len(code):
            return False
    return True


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


@once
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
