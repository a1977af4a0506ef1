"""Random cells: what kernels compute against what the equation computes, values and gradients."""

from collections.abc import Iterator
from functools import cache

import pytest
import torch
from random_cells import EVERY, Drawn, random_cell, random_data
from torch import Tensor

from segue.engine import build
from segue.engine.fused import Fused
from segue.engine.loop import Interpreted
from segue.engine.measure import Case, Claim, Data, by_backend, violations
from segue.engine.ops import TABLE, Kind
from segue.engine.record import record
from segue.engine.reference import Reference
from segue.engine.schedule import Compile
from segue.engine.trace import trace

CPU = torch.device("cpu")
TYPES = (torch.float64, torch.float32)
random_cell = cache(random_cell)


def wrong(drawn: Drawn, seed: int, dtype: torch.dtype, compile: Compile) -> Iterator[str]:
    """Where a scan by loops made of the equation is not the scan by the equation itself."""
    backend = Fused(compile)
    case = Case(drawn.cell, {}, dtype, backend)
    if backend.refusal(case.graph, CPU) is not None:
        return
    plain = Case(drawn.cell, {}, dtype, Reference())

    def found(data: Data) -> tuple[Tensor, tuple[Tensor, ...]]:
        return by_backend(case, data)

    def wanted(data: Data) -> tuple[Tensor, tuple[Tensor, ...]]:
        return by_backend(plain, data)

    yield from violations(case, Claim(found, wanted, random_data(drawn, seed)))


def try_seed(seed: int, dtype: torch.dtype, compile: Compile) -> None:
    drawn = random_cell(seed)
    if drawn.jumps and dtype != torch.float64:
        return  # whether a rounding error makes it jump is a matter of luck
    for line in wrong(drawn, seed, dtype, compile):
        raise AssertionError(f"{line}\n{drawn.text}")


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_random_cell(seed: int, dtype: torch.dtype) -> None:
    try_seed(seed, dtype, build.compile)
