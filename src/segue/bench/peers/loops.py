"""segue's scan, and the equation in a Python loop over time as a user of torch would write it."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from segue.bench.configs import Pass, Work
from segue.bench.peers.autograd import leaves, ready
from segue.bench.peers.contestant import Ready
from segue.engine.run.scan import scan

Loop = Callable[[Tensor, Mapping[str, Tensor]], Tensor]


def segue(work: Work, task: Pass, threads: int) -> Ready:
    """What is measured."""
    xs, params = leaves(work, task)

    def run() -> Tensor:
        return scan(work.cell, params, xs, lengths=work.lengths, reset=work.reset)[0]

    return ready(work, task, run, (xs, *params.values()))


def eager(work: Work, task: Pass, threads: int) -> Ready:
    """A loop over the steps, the cell's equation in each; masks for resets and for lengths."""
    return looping(work, task, loop(work))


def looping(work: Work, task: Pass, run: Loop) -> Ready:
    """A loop, compiled or not, on the tensors of a work."""
    xs, params = leaves(work, task)
    return ready(work, task, lambda: run(xs, params), (xs, *params.values()))


def loop(work: Work) -> Loop:
    """The loop itself: input and parameters to outputs."""
    step: Callable[..., tuple[Tensor, tuple[Tensor, ...]]] = work.cell.equation
    start = tuple(
        torch.zeros(work.config.batch, *field.shape(work.config.sizes)) for field in work.cell.state
    )
    keep = None if work.reset is None else (~work.reset)[..., None].float().unbind(0)
    real = None
    if work.lengths is not None:
        real = (torch.arange(work.config.time)[:, None] < work.lengths)[..., None].unbind(0)

    def run(xs: Tensor, params: Mapping[str, Tensor]) -> Tensor:
        state, outputs = start, []
        for t, x in enumerate(xs.unbind(0)):
            if keep is not None:
                state = tuple(field * keep[t] for field in state)
            y, after = step(x, *state, **params)
            if real is not None:
                y = y * real[t]
                after = tuple(
                    torch.where(real[t], new, old) for new, old in zip(after, state, strict=True)
                )
            state = after
            outputs.append(y)
        return torch.stack(outputs)

    return run
