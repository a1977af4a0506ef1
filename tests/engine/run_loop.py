"""Runs a loop into outs that are made for it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from segue.engine.cpu.kernel import Kernel
from segue.engine.plan.interpreted import Interpreted
from segue.engine.plan.loop import Course, Results


def run(
    kernel: Kernel | Interpreted,
    streams: Sequence[Tensor],
    carries: Sequence[Tensor],
    params: Sequence[Tensor],
    course: Course,
) -> Results:
    """The outs of all steps, `[T * B, width]`, with the totals; and the last carries."""
    rows = course.steps * course.rows
    outs = [
        torch.full((rows, var.width), torch.nan, dtype=kernel.loop.dtype)
        for var in kernel.loop.outs
    ]
    totals, last = kernel.run(streams, carries, params, outs, course)
    return (*outs, *totals), last
