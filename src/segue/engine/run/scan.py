"""`scan`: a cell over time. The one primitive on which every layer stands."""

from collections.abc import Mapping

import torch
from torch import Tensor

from segue.engine.run import operator, segments
from segue.engine.run.backend import choose
from segue.engine.run.lengths import Lengths, as_lengths
from segue.engine.run.problem import Given, Problem, State, packed, pose, with_contexts
from segue.engine.run.watch import watcher
from segue.engine.step.cell import Cell
from segue.errors import ScanError

__all__ = ["Given", "State", "scan"]


def scan(
    cell: Cell,
    params: Mapping[str, Tensor],
    xs: Given,
    state: State | None = None,
    *,
    lengths: Lengths | None = None,
    reset: Tensor | None = None,
    reverse: bool = False,
    memory_budget: int | None = None,
    context: Mapping[str, Tensor] | None = None,
) -> tuple[Tensor, State]:
    """Run `cell` over the time steps of `xs`.

    No time steps, an empty batch and rows of length 0 are legal: such rows keep their state.
    Padding is never read. Under autocast, input and state are taken in the type of the
    parameters, the step computes as autocast has it, and results keep that type. In bfloat16, given
    or by autocast, kernels round both sides of products, and all else is float32.

    Args:
        cell: the equation of one step.
        params: one tensor for each parameter of the cell, by name.
        xs: input `[T, B, ...]`, of the parameters' type and device; several in a tuple or by name.
        state: one tensor `[B, ...]` for each state field; zeros when None.
        lengths: the real steps of each row, `[B]` of integers or a mask `[T, B]`; a tensor, array
            or list. Outputs after them are zero and the state stays at the last. All when None.
        reset: `[T, B]` of bool; where True, the row's state is zero before that step is computed.
        reverse: run each row from its last real step to its first. Outputs stay where their inputs
            are; the final state is the one after step 0.
        memory_budget: bytes that may be kept for the backward pass, beside arguments and results.
            It runs segments of time once more, for the same gradients. No limit when None.
        context: one tensor `[B, ...]` for each context of the cell (`segue.context`), by name.

    Returns:
        Outputs `[T, B, ...]` and the state after the last step run, as the cell's `State`.

    Raises:
        ScanError: a part that does not fit the cell or the others; too small a budget.
        CellError: a step that `segue.engine.step.trace` refuses.

    Example:
        >>> import torch, segue
        >>> @segue.cell
        ... def total(x: "", s: ""):
        ...     return s + x, (s + x,)
        >>> xs = torch.ones(4, 2)                                     # 4 steps of 2 rows
        >>> ys, state = segue.scan(total, {}, xs, lengths=[4, 2])
        >>> ys.T.tolist()
        [[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 0.0, 0.0]]
        >>> state
        State(s=tensor([4., 2.]))
    """
    params = with_contexts(cell, params, context)
    xs, state = packed(cell, params, xs, state)
    timing = _row_lengths(cell, lengths, xs), reset, reverse
    if torch.compiler.is_dynamo_compiling() and memory_budget is None:
        ys, *fields = operator.whole(cell, params, xs, state, *timing)
        return ys, cell.State(*fields)
    ys, after = _run(pose(cell, params, xs, state, *timing), memory_budget)
    return ys, cell.State(*after)


def _row_lengths(cell: Cell, given: Lengths | None, xs: Tensor) -> Tensor | None:
    if given is None or not isinstance(xs, Tensor):
        return None
    steps, rows = (*xs.shape, 0, 0)[:2]
    return as_lengths(f"scan of {cell.name}", given, steps, rows)


def _run(problem: Problem, memory_budget: int | None) -> tuple[Tensor, State]:
    if torch._C._is_tracing():
        raise ScanError(
            f"scan of {problem.cell.name}: torch.jit.trace cannot record a scan; use"
            " torch.export.export(model, args) or torch.compile(model)"
        )
    if (answer := watcher()) is not None:
        return answer(problem)
    backend = choose(problem.graph, problem.xs.device).backend
    if memory_budget is None or not torch.is_grad_enabled():
        return backend.run(problem)
    return segments.run(backend, problem, memory_budget)
