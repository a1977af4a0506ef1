"""Random cells: what loops made of the equation compute against what the equation computes.

Outputs, final state and all gradients are compared. How far they may be apart follows from the
error of the equation in float32, as for the laws.
"""

from functools import cache, partial

import pytest
import torch
from random_cells import EVERY, Drawn, random_cell, random_data
from torch import Tensor

from segue.engine.cpu.kernel import Kernel
from segue.engine.cpu.processor import Compile, Cpu
from segue.engine.plan.interpreted import Interpreted
from segue.engine.run.fused import Fused
from segue.engine.run.measure import Case, Claim, Data, Run, by_backend, violations
from segue.engine.run.reference import Reference
from segue.engine.step.ops import TABLE, Kind
from segue.engine.step.recording import record
from segue.engine.step.trace import trace

Scanned = tuple[Tensor, tuple[Tensor, ...]]
CPU = torch.device("cpu")
SHORT, INTERPRETED, LONG = range(8), range(100, 116), range(1000, 4000)
drawn_once = cache(random_cell)


def refusal(drawn: Drawn, compile: Compile) -> str | None:
    return Fused(Cpu(compile)).refusal(trace(drawn.cell, {}, torch.float64), CPU)


def without_gradient(run: Run, data: Data) -> Scanned:
    with torch.no_grad():
        ys, state = run(data)
    return ys.detach(), tuple(field.detach() for field in state)


def check(drawn: Drawn, seed: int, dtype: torch.dtype, compile: Compile) -> None:
    """Raise unless a scan by loops gives what a scan by the equation gives."""
    fused, plain = (
        Case(drawn.cell, {}, dtype, backend) for backend in (Fused(Cpu(compile)), Reference())
    )

    def found(data: Data) -> Scanned:
        return by_backend(fused, data)

    def wanted(data: Data) -> Scanned:
        return by_backend(plain, data)

    claims = [Claim(found, wanted, random_data(drawn, seed))]
    if seed % 3 == 0:  # the loop that runs when no gradient is wanted is another one
        calm = random_data(drawn, seed + 1)
        claims.append(
            Claim(partial(without_gradient, found), partial(without_gradient, wanted), calm)
        )
    for claim in claims:
        for line in violations(fused, claim):
            raise AssertionError(f"{line}\n{drawn.text}")


def try_seed(seed: int, compile: Compile) -> None:
    drawn = drawn_once(seed)
    if refusal(drawn, compile) is not None:
        return
    # In float32 it is a matter of luck whether a rounding error makes a function jump.
    dtype = torch.float64 if drawn.jumps or seed % 2 else torch.float32
    check(drawn, seed, dtype, compile)


@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("seed", SHORT)
def test_kernels_of_random_cells(seed: int) -> None:
    try_seed(seed, Kernel.of)


@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("seed", INTERPRETED)
def test_loops_of_random_cells(seed: int) -> None:
    try_seed(seed, Interpreted)


@pytest.mark.long
@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("seed", LONG)
def test_kernels_of_random_cells_long(seed: int) -> None:
    try_seed(seed, Kernel.of)


def test_refusals_are_rare_and_name_a_rule() -> None:
    refusals = {seed: refusal(drawn_once(seed), Interpreted) for seed in INTERPRETED}
    named = [each for each in refusals.values() if each is not None]
    assert len(named) <= 0.2 * len(refusals), refusals
    for each in named:
        rule, _, remedy = each.partition("; ")
        assert rule, each
        assert remedy, each
        assert "\n" not in each
    for seed, each in refusals.items():
        assert seed % EVERY or each, f"no kernel had what seed {seed} has; may it have it now?"


def test_every_pointwise_operation_and_reduction_of_the_table_is_drawn() -> None:
    kinds = (Kind.POINTWISE, Kind.REDUCTION)
    missing = {op for op, row in TABLE.items() if row.kind in kinds}
    for seed in {*range(100), *range(0, 200, EVERY)}:
        calls = record(drawn_once(seed).cell, {}, 5, torch.float64).calls
        missing -= {call.op for call in calls}
    assert not missing
