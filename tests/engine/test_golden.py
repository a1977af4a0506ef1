"""The whole text of `explain` for three cells, and the IR of one, as files.

They are made for processors described here, so that they are the same everywhere. To write them
anew after a change that is meant: SEGUE_WRITE_GOLDEN=1 pytest tests/engine/test_golden.py
"""

import io
import os
from difflib import unified_diff
from pathlib import Path

import llvmlite.binding as llvm
import pytest
import torch

import segue
from segue import cells
from segue.engine.cpu import build, threads
from segue.engine.cpu.llvm import write_module
from segue.engine.cpu.tiles import Machine, lay_out
from segue.engine.plan.phases import plan
from segue.engine.run.fused import Fused
from segue.engine.step.trace import symbolic

GOLDEN = Path(__file__).parent / "golden"
COMMAND = "SEGUE_WRITE_GOLDEN=1 pytest tests/engine/test_golden.py"
AVX2 = Machine("x86_64-unknown-linux-gnu", "haswell", "+avx2,+fma", 32, 16)
AVX512 = Machine("x86_64-unknown-linux-gnu", "skylake-avx512", "+avx512f,+avx512dq", 64, 32)
ARM = Machine("aarch64-unknown-linux-gnu", "cortex-a72", "+neon", 16, 32)
SIZES = {"D": 3, "H": 20}
EXPLAINED = {"lstm": AVX2, "gru_original": AVX512, "lstm_layer_norm": ARM}


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SEGUE_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.exists(), f"golden/{name} is missing; write it: {COMMAND}"
    before = path.read_text(encoding="utf-8")
    if text != before:
        lines = [each.splitlines() for each in (before, text)]
        shown = "\n".join(list(unified_diff(*lines, "golden", "now", lineterm="", n=1))[:40])
        pytest.fail(f"golden/{name} differs; if that is meant: {COMMAND}\n{shown}", pytrace=False)


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_explain_prints(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "host", lambda: EXPLAINED[name])
    monkeypatch.setattr(threads, "available", lambda: 2)
    page = io.StringIO()
    segue.explain(cells.by_name()[name], SIZES, file=page)
    compare(f"{name}.txt", page.getvalue())


def ir(cell: segue.Cell, part: str, machine: Machine) -> str:
    program = Fused().program(symbolic(cell, SIZES, torch.float32))
    assert not isinstance(program, str)
    loop = getattr(program, part).normal.loop
    return write_module(lay_out(loop, plan(loop), machine))


def test_the_ir_of_one_loop() -> None:
    compare("rnn.ll", ir(cells.rnn(), "inference", AVX2))


@pytest.mark.parametrize("machine", [AVX2, AVX512, ARM], ids=lambda machine: machine.cpu)
def test_the_ir_is_valid_for_every_processor(machine: Machine) -> None:
    for part in ("training", "backward"):
        llvm.parse_assembly(ir(cells.lstm_layer_norm, part, machine)).verify()
