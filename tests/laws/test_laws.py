"""Every registered cell, in every type and on every backend, under every law."""

import pytest
import torch

from segue import cells
from segue.engine import laws
from segue.engine.cell import Cell

CELLS = {f"{index}-{cell.name}": cell for index, cell in enumerate(cells.registered())}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.name)
@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
def test_law(cell: Cell, law: laws.Law, dtype: torch.dtype) -> None:
    tried = [case for case in laws.cases(cell) if case.dtype == dtype]
    assert tried
    for case in tried:
        law.check(case)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())
@pytest.mark.parametrize("size", [16, 17])
def test_sizes_at_and_beside_a_vector_width(cell: Cell, size: int) -> None:
    laws.check(cell, dict.fromkeys(cell.symbols, size))
