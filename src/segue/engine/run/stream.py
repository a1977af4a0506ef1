"""A cell that goes on step by step: parameters taken once, and a state of its own.

Every step computes the same operations on the same number of rows, however many are asked for at
once, so that any division into chunks gives the same bits.
"""

import copy
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from segue.engine.plan.refusal import Refusal
from segue.engine.plan.schedule import Program
from segue.engine.plan.stepper import Array, Stepper, spread
from segue.engine.run.backend import Choice, choose
from segue.engine.run.fused import Fused
from segue.engine.run.precision import without_autocast
from segue.engine.run.problem import Problem, State, check_params
from segue.engine.run.reference import Reference
from segue.engine.step.cell import Cell
from segue.engine.step.graph import Graph
from segue.engine.step.trace import apart, trace


def stream(
    cell: Cell, params: Mapping[str, Tensor], sizes: Mapping[str, int], rows: int
) -> Stepper:
    """What steps a cell on, by kernels where they can be made, from a state of zeros.

    Args:
        cell: the equation.
        params: one tensor for each parameter; copied.
        sizes: a number for each symbol of the cell.
        rows: B.

    Raises:
        ScanError: parameters missing or unknown.
        CellError: a step that `trace` refuses.

    Example:
        >>> import numpy as np, torch, segue
        >>> from segue.engine.run.stream import stream
        >>> @segue.cell
        ... def leaky(x: "H", h: "H", *, decay: "H"):
        ...     h = decay * h + x
        ...     return h, (h,)
        >>> stepper = stream(leaky, {"decay": torch.tensor([0.5, 0.0])}, {"H": 2}, rows=1)
        >>> for _ in range(3):
        ...     y = stepper.step(np.ones(2, np.float32))
        >>> y, stepper.backend
        (array([1.75, 1.  ], dtype=float32), 'fused')
    """
    check_params(cell, params)
    like = next(iter(params.values()), torch.empty(0))
    graph = trace(cell, sizes, like.dtype)
    state = tuple(like.new_zeros(rows, *field.shape(sizes)).detach() for field in cell.state)
    choice = choose(graph, like.device)
    if not isinstance(choice.backend, Fused):
        return ReferenceStepper(cell, graph, params, state, _why(choice))
    program = choice.backend.program(graph)
    assert isinstance(program, Program)  # noqa: S101 - it was asked for a refusal before
    try:
        section = apart(lambda: program.stream)
    except (Refusal, NotImplementedError) as error:
        return ReferenceStepper(cell, graph, params, state, str(error))
    taken = [params[field.name].detach().to(program.graph.dtype) for field in cell.params]
    processor = choice.backend.processor
    with without_autocast(processor.device):
        return processor.stepper(choice.backend.name, program, section, taken, rows, graph)


def _why(choice: Choice) -> str:
    return choice.refusals[0][1] if choice.refusals else choice.backend.reason


class ReferenceStepper(Stepper):
    """The Python loop."""

    backend = Reference().name

    def __init__(
        self,
        cell: Cell,
        graph: Graph,
        params: Mapping[str, Tensor],
        state: State,
        refusal: str,
    ) -> None:
        self.cell, self.graph, self.state, self.refusal = cell, graph, state, refusal
        self.params = {name: param.detach().clone() for name, param in params.items()}

    def step(self, x: Array) -> Array:
        """As every stepper."""
        single = x.ndim == len(self.cell.input.dims)
        like = next(iter((*self.state, *self.params.values())), torch.empty(0))
        xs = torch.from_numpy(np.array(x)).to(like.device)
        y: Array = self.run(xs[None, None] if single else xs[None])[0].cpu().numpy()
        return y[0, ...] if single else y

    def run(self, xs: Tensor) -> Tensor:
        """As every stepper."""
        # A copy lies as every other one does, and so is computed with in the same way.
        parts = [x.clone(memory_format=torch.contiguous_format) for x in torch.split(xs, 1)]
        return torch.cat([self._run(x) for x in parts])

    @torch.no_grad()
    def _run(self, xs: Tensor) -> Tensor:
        problem = Problem(self.cell, self.graph, self.params, xs, self.state, None, None, False)
        ys, self.state = Reference().run(problem)
        return ys

    def read(self) -> State:
        """As every stepper."""
        return tuple(field.clone() for field in self.state)

    def write(self, state: State) -> None:
        """As every stepper."""
        self.state = tuple(field.detach().clone() for field in state)

    def copy(self, rows: int) -> Stepper:
        """As every stepper."""
        made = copy.copy(self)
        made.write(spread(self.state, rows))
        return made
