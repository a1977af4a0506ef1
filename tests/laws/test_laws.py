"""Every registered cell, in every type and on every backend, under every law."""

import pytest
import torch

from segue import cells
from segue.engine import laws
from segue.engine.cpu import build
from segue.engine.run.backend import BACKENDS
from segue.engine.step.cell import Cell

CELLS = {f"{index}-{cell.name}": cell for index, cell in enumerate(cells.registered())}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_laws(cell: Cell, dtype: torch.dtype) -> None:
    tried = [case for case in laws.cases(cell) if case.dtype == dtype]
    assert len({case.backend.name for case in tried}) == len(BACKENDS)
    for case in tried:
        for law in laws.LAWS:
            law.check(case)


@pytest.mark.skipif(not build.host().bfloat16, reason="this processor has no products of bfloat16")
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_laws_in_bfloat16(cell: Cell) -> None:
    tried = [case for case in laws.cases(cell) if case.dtype == torch.bfloat16]
    assert {case.backend.name for case in tried} == {"fused"}
    for case in tried:
        for law in laws.LAWS:
            law.check(case)


@pytest.mark.parametrize("size", [16, 17])
@pytest.mark.parametrize("name", ["gru_original", "lstm", "lstm_layer_norm"])
def test_sizes_at_and_beside_a_vector_width(name: str, size: int) -> None:
    cell = cells.by_name()[name]
    laws.check(cell, dict.fromkeys(cell.symbols, size))


@pytest.mark.long
@pytest.mark.parametrize("size", [16, 17, 40])
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_sizes_beside_a_vector_width_for_every_cell(cell: Cell, size: int) -> None:
    laws.check(cell, dict.fromkeys(cell.symbols, size))
