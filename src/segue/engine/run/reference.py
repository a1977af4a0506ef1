"""The Python loop over the step: the definition of what `scan` computes.

Rows are sorted by length, so that at each step those that take part stand in front and the others
wait behind, untouched. Padding is never computed with: whatever it holds reaches nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from segue.engine.run.problem import Problem, State
from segue.engine.step.graph import Graph, dtype_name, is_too_narrow
from segue.errors import ScanError


@dataclass(frozen=True)
class Reference:
    """The backend that runs every cell on every device."""

    name: str = "reference"
    summary: str = "the Python loop over the step"
    reason: str = "it runs every cell on every device"

    def refusal(self, graph: Graph, device: torch.device) -> str | None:
        """None: nothing is refused."""
        return None

    def saved_bytes(self, graph: Graph) -> int:
        """What autograd keeps, at most: the result of every operation."""
        results = (value for node in graph.nodes for value in node.results)
        rows = (value for value in results if any(size.batch for size in value.shape))
        return sum(value.elements(1) * value.dtype.itemsize for value in rows)

    def run(self, problem: Problem) -> tuple[Tensor, State]:
        """Outputs `[T, B, ...]` and the final state, a tensor `[B, ...]` for each field."""
        _check_types(problem)
        xs, state, reset = problem.xs, problem.state, problem.reset
        steps, rows = xs.shape[:2]
        if problem.lengths is None:
            return _loop(problem, problem.params, xs, state, reset, [rows] * steps)
        order = problem.lengths.argsort(descending=True, stable=True).to(xs.device)
        back = order.argsort()
        names = [field.name for field in problem.cell.contexts]
        times = torch.arange(steps, device=problem.lengths.device)[:, None]
        taking_part = (problem.lengths > times).sum(1).tolist()
        ys, state = _loop(
            problem,
            {
                **problem.params,
                **{each: problem.params[each].index_select(0, order) for each in names},
            },
            xs.index_select(1, order),
            tuple(field.index_select(0, order) for field in state),
            None if reset is None else reset.index_select(1, order),
            taking_part,
        )
        return ys.index_select(1, back), tuple(field.index_select(0, back) for field in state)


def _check_types(problem: Problem) -> None:
    for node in filter(is_too_narrow, problem.graph.nodes):
        kind = dtype_name(node.results[0].dtype)
        error = problem.cell.error(
            f"torch computes {node.title} wrongly in {kind}; compute it in float32, as in"
            " torch.matrix_exp(a.float()).to(a.dtype)",
            node.line,
        )
        raise ScanError(str(error))


def _loop(
    problem: Problem,
    params: Mapping[str, Tensor],
    xs: Tensor,
    state: State,
    reset: Tensor | None,
    taking_part: list[int],
) -> tuple[Tensor, State]:
    """Run over time; at step t the first `taking_part[t]` rows do."""
    steps, rows = xs.shape[:2]
    output = problem.graph.output
    if steps == 0:
        return xs.new_zeros(problem.output_shape, dtype=output.dtype), state
    inputs = xs.unbind(0)
    resets = [False] * steps if reset is None else reset.any(1).tolist()
    ys = []
    for t in reversed(range(steps)) if problem.reverse else range(steps):
        n, x, now = taking_part[t], inputs[t], state
        if n == 0:
            ys.append(xs.new_zeros(problem.output_shape[1:], dtype=output.dtype))
            continue
        if n < rows:
            x, now = x[:n], tuple(field[:n] for field in now)
        if reset is not None and resets[t]:
            now = tuple(_zero(field, reset[t, :n]) for field in now)
        y, new = problem.cell.step(x, *now, **_first(problem, params, n))
        # Under autocast a step computes in other types than it keeps.
        y = y.to(output.dtype)
        new = tuple(after.to(before.dtype) for after, before in zip(new, now, strict=True))
        if n < rows:
            y = torch.cat((y, y.new_zeros(rows - n, *y.shape[1:])))
            new = tuple(torch.cat((a, b[n:])) for a, b in zip(new, state, strict=True))
        ys.append(y)
        state = new
    return torch.stack(ys[::-1] if problem.reverse else ys), state


def _first(problem: Problem, params: Mapping[str, Tensor], n: int) -> Mapping[str, Tensor]:
    """The parameters of the first n rows."""
    contexts = {field.name: params[field.name][:n] for field in problem.cell.contexts}
    return {**params, **contexts} if contexts else params


def _zero(field: Tensor, rows: Tensor) -> Tensor:
    return field.masked_fill(rows.view(-1, *[1] * (field.dim() - 1)), 0)
