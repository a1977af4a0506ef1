"""Scans under a memory budget: segments of time that the backward pass runs once more.

Only the state at the start of each segment is kept; what a segment saves for its gradients is made
again when their turn comes. The gradients are the same. T. Chen et al., "Training deep nets with
sublinear memory cost", 2016; A. Gruslys et al., "Memory-efficient backpropagation through time",
NeurIPS 2016.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from segue.engine.run.backend import Backend
from segue.engine.run.problem import Problem, State
from segue.errors import ScanError


def run(backend: Backend, problem: Problem, budget: int) -> tuple[Tensor, State]:
    """Outputs and final state, in segments as long as the budget of bytes allows."""
    steps = len(problem.xs)
    length = segment_length(backend, problem, budget)
    if length >= steps:
        return backend.run(problem)
    starts = range(0, steps, length)
    outputs, state = [], problem.state
    for start in reversed(starts) if problem.reverse else starts:
        part = _part(problem, start, min(start + length, steps))
        found = _checkpointed(backend, replace(part, state=state))
        outputs.append(found[0])
        state = found[1:]
    return torch.cat(outputs[::-1] if problem.reverse else outputs), state


def segment_length(backend: Backend, problem: Problem, budget: int) -> int:
    """The most steps of a segment, so that all that is kept at once fits the budget.

    Raises:
        ScanError: no length fits.
    """
    steps, rows = problem.xs.shape[:2]
    by_step = backend.saved_bytes(problem.graph) * rows
    state = sum(field.numel() * field.element_size() for field in problem.state)

    def needed(length: int) -> int:
        return length * by_step + (-(-steps // length) * state if length < steps else 0)

    fitting = [length for length in range(1, steps + 1) if needed(length) <= budget]
    if steps and not fitting:
        least = min(map(needed, range(1, steps + 1)))
        raise ScanError(
            f"scan of {problem.cell.name}: memory_budget is {budget:,} bytes, and {steps} steps of"
            f" {rows} rows need {least:,} at least; raise it, or cut time or batch"
        )
    return max(fitting, default=0)


def _part(problem: Problem, start: int, stop: int) -> Problem:
    lengths = problem.lengths
    if lengths is not None:
        lengths = (lengths - start).clamp(0, stop - start)
    reset = problem.reset
    return replace(
        problem,
        xs=problem.xs[start:stop],
        lengths=lengths,
        reset=None if reset is None else reset[start:stop],
    )


def _checkpointed(backend: Backend, part: Problem) -> tuple[Tensor, ...]:
    names, fields = list(part.params), len(part.state)

    def again(xs: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        params = dict(zip(names, rest[fields:], strict=True))
        ys, after = backend.run(replace(part, xs=xs, state=rest[:fields], params=params))
        return ys, *after

    tensors = (part.xs, *part.state, *part.params.values())
    found: Any = checkpoint(again, *tensors, use_reentrant=False, preserve_rng_state=False)
    return tuple(found)
