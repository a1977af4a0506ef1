"""In which types kernels compute what is asked: the graph's, or bfloat16 in products alone.

A graph in bfloat16, and one in float32 under autocast, run by the kernels of the float32 graph with
weights and left sides of products rounded to bfloat16. Everything else stays float32: the sums, the
state from step to step, and what is pointwise. Results have the type that the graph says.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import torch

from segue.engine.run.problem import Problem
from segue.engine.run.processors import Target
from segue.engine.step.graph import Graph, dtype_name
from segue.errors import CellError

_PLAIN = (torch.float32, torch.float64)


@dataclass(frozen=True, eq=False)
class Precision:
    """What kernels compute for a graph.

    Attributes:
        graph: the step in float32 or float64.
        weights: what products in the loops round both sides to; None: they do not.
    """

    graph: Graph
    weights: torch.dtype | None = None


def precision(graph: Graph, target: Target) -> Precision | str:
    """What kernels compute for a graph under the autocast that is in force; or why they cannot."""
    device = target.device
    autocast = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None
    if autocast is None and graph.dtype in _PLAIN:
        return Precision(graph)
    refusal = _refusal(graph.dtype, autocast, target)
    wide = refusal or (graph if graph.dtype == torch.float32 else _widened(graph))
    return wide if isinstance(wide, str) else Precision(wide, torch.bfloat16)


def _refusal(dtype: torch.dtype, autocast: torch.dtype | None, target: Target) -> str | None:
    """The rule that products in bfloat16 would break, and what to change."""
    if dtype not in (*_PLAIN, torch.bfloat16):
        return (
            "it computes in float32, float64 and bfloat16, and the type is"
            f" {dtype_name(dtype)}; convert the layer with .float()"
        )
    if dtype == torch.float64:
        return "autocast is for float32, and the type is float64; leave autocast off"
    if autocast not in (None, torch.bfloat16):
        return (
            f"it has no products in {dtype_name(autocast)}, which autocast asks for; use"
            f" torch.autocast({target.device!r}, torch.bfloat16)"
        )
    return target.lacks(torch.bfloat16)


def _widened(graph: Graph) -> Graph | str:
    """The same step in float32; made once."""
    if torch.float32 not in graph.programs:
        try:
            graph.programs[torch.float32] = graph.retraced(torch.float32)
        except CellError as error:
            graph.programs[torch.float32] = f"in float32 {error}"
    found: Graph | str = graph.programs[torch.float32]
    return found


def lowered(problem: Problem, to: Precision) -> Problem:
    """A problem as kernels compute it, by conversions that autograd sees."""
    if to.graph is problem.graph:
        same = to.weights is problem.weights
        return problem if same else replace(problem, weights=to.weights)
    kind = to.graph.dtype
    return replace(
        problem,
        graph=to.graph,
        params={name: each.to(kind) for name, each in problem.params.items()},
        xs=problem.xs.to(kind),
        state=tuple(field.to(kind) for field in problem.state),
        weights=to.weights,
    )


def without_autocast(device: str) -> AbstractContextManager[object]:
    """A stretch in which torch computes in the types that it is given."""
    if torch.is_autocast_enabled(device):
        return torch.autocast(device, enabled=False)
    return nullcontext()
