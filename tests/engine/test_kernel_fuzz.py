"""Kernels of random loops against the interpreter, with memory full of NaN."""

from random import Random

import pytest
import torch
from random_loops import Data, random_data, random_loop
from run_loop import run

from segue.engine.cpu.kernel import Kernel
from segue.engine.plan.interpreted import Interpreted
from segue.engine.plan.loop import Loop


def interpreted(loop: Loop, data: Data, dtype: torch.dtype) -> list[torch.Tensor]:
    there = data.to(dtype)
    same = Loop(
        loop.name, dtype, loop.streams, loop.carries, loop.params, loop.nodes, loop.outs,
        loop.next_carries, loop.totals,
    )  # fmt: skip
    outs, last = run(Interpreted(same), there.streams, there.carries, there.params, there.course)
    return [*outs, *last]


def check(loop: Loop, data: Data) -> None:
    truth = interpreted(loop, data, torch.float64)
    rough = interpreted(loop, data, torch.float32)
    there = data.to(loop.dtype)
    outs, last = run(Kernel.of(loop), there.streams, there.carries, there.params, there.course)
    for found, true, near in zip((*outs, *last), truth, rough, strict=True):
        assert found.shape == true.shape
        assert found.isfinite().all(), str(loop)
        if not found.numel():
            continue
        error = (near.double() - true).abs().max() / torch.finfo(torch.float32).eps
        if loop.dtype == torch.float64:
            error = torch.zeros(())  # operations that jump make float32 err without bound
        scale = true.abs().max().clamp(min=1)
        allowed = (8 * error + 2000 * scale) * torch.finfo(loop.dtype).eps
        assert (found.double() - true).abs().max() <= allowed, str(loop)


def try_seed(seed: int, dtype: torch.dtype) -> None:
    loop = random_loop(seed, dtype)
    draw = Random(seed)
    for rows in {1, draw.randint(2, 20)}:
        check(loop, random_data(loop, seed, draw.randint(1, 4), rows))


@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("seed", range(14))
def test_random_loop(seed: int, dtype: torch.dtype) -> None:
    try_seed(seed, dtype)


@pytest.mark.long
@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("seed", range(1000, 3000))
def test_random_loop_long(seed: int, dtype: torch.dtype) -> None:
    try_seed(seed, dtype)
