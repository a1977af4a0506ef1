"""What a backend computes beside what it must compute: the means by which `laws` are tried.

How far results may be apart follows from the error that the plainest computation makes in float32
(`allowed`), and from nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from segue.engine.run.backend import Backend
from segue.engine.run.problem import State, pose
from segue.engine.step.cell import Cell
from segue.engine.step.graph import Graph, dtype_name
from segue.engine.step.trace import trace

Outcome = dict[str, Tensor]
STEPS, ROWS = 7, 4
SAMPLES = 8  # the errors of small differences of large numbers vary by orders of magnitude


@dataclass(frozen=True)
class Case:
    """A cell with sizes and a type, on a backend."""

    cell: Cell
    sizes: Mapping[str, int]
    dtype: torch.dtype
    backend: Backend

    @property
    def graph(self) -> Graph:
        """The cell's step."""
        return trace(self.cell, self.sizes, self.dtype)

    def __str__(self) -> str:
        sizes = ", ".join(f"{symbol}={size}" for symbol, size in self.sizes.items())
        return f"{self.cell.name} ({sizes}) in {dtype_name(self.dtype)} on {self.backend.name}"


@dataclass(frozen=True)
class Data:
    """Arguments of a scan."""

    params: Mapping[str, Tensor]
    xs: Tensor
    state: State
    lengths: Tensor | None = None
    reset: Tensor | None = None
    reverse: bool = False

    def to(self, dtype: torch.dtype) -> "Data":
        """The same numbers in another type, as leaves; all that is not fixed has a gradient."""

        def leaf(tensor: Tensor) -> Tensor:
            return tensor.detach().to(dtype).requires_grad_()

        params = {
            name: leaf(param).requires_grad_(param.requires_grad)
            for name, param in self.params.items()
        }
        state = tuple(map(leaf, self.state))
        return Data(params, leaf(self.xs), state, self.lengths, self.reset, self.reverse)


Run = Callable[[Data], tuple[Tensor, State]]


@dataclass(frozen=True)
class Claim:
    """That two ways to compute give the same for the same data."""

    found: Run
    wanted: Run
    data: Data


def draw(case: Case, steps: int = STEPS, rows: int = ROWS, *, padded: bool = False) -> Data:
    """Random data in float64; when padded, with resets and lengths, one of them 0.

    A parameter that the cell starts is near its start, and what is fixed is as it starts.
    """
    random = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64) / 2

    cell, sizes = case.cell, case.sizes
    params = {
        field.name: normal(*(rows,) * field.context, *field.shape(sizes)) for field in cell.params
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        for field in cell.params:
            if field.start is not None:
                start = torch.empty_like(params[field.name])
                cell.begin(field, start, field.start)
                params[field.name] = start if field.fixed else start + params[field.name] / 4
            params[field.name].requires_grad_(not field.fixed)
    xs = normal(steps, rows, *cell.input.shape(sizes))
    state = tuple(normal(rows, *field.shape(sizes)) for field in cell.state)
    if not padded:
        return Data(params, xs, state)
    lengths = torch.tensor([steps, 0, 3, steps - 1])[:rows]
    reset = torch.rand(steps, rows, generator=random) < 0.3
    for row, length in enumerate(lengths.tolist()):
        xs[length:, row] = torch.nan
    return Data(params, xs, state, lengths, reset)


def by_backend(case: Case, data: Data) -> tuple[Tensor, State]:
    """What the backend computes."""
    problem = pose(
        case.cell, data.params, data.xs, data.state, data.lengths, data.reset, data.reverse
    )
    with _memory_full_of_nan():
        return case.backend.run(problem)


def row_by_row(case: Case, data: Data) -> tuple[Tensor, State]:
    """What it must be: each row on its own, by the equation."""
    steps, rows = data.xs.shape[:2]
    output = case.graph.output
    features = [size.count for size in output.shape[1:]]
    dtype = data.xs.dtype if output.dtype == case.dtype else output.dtype
    zeros = data.xs.new_zeros(1, *features, dtype=dtype)
    outputs, states = [], []
    for row in range(rows):
        state = tuple(field[row : row + 1] for field in data.state)
        length = steps if data.lengths is None else int(data.lengths[row])
        params = {**data.params, **{f.name: data.params[f.name][[row]] for f in case.cell.contexts}}
        ys = {}
        for t in reversed(range(length)) if data.reverse else range(length):
            if data.reset is not None and data.reset[t, row]:
                state = tuple(torch.zeros_like(field) for field in state)
            ys[t], state = case.cell.step(data.xs[t, row : row + 1], *state, **params)
        column = [ys.get(t, zeros) for t in range(steps)]
        outputs.append(torch.stack(column) if column else zeros.new_zeros(0, 1, *features))
        states.append(state)
    if not rows:
        return zeros.new_zeros(steps, 0, *features), data.state
    return torch.cat(outputs, 1), tuple(torch.cat(field) for field in zip(*states, strict=True))


@contextmanager
def _memory_full_of_nan() -> Iterator[None]:
    """Let `torch.empty` give NaN, so that what is read before it is written is seen."""
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)


def _measure(case: Case, run: Run, data: Data, dtype: torch.dtype) -> Outcome:
    """Values and gradients of a run in one type."""
    leaf = data.to(dtype)
    ys, state = run(leaf)
    fields = [field.name for field in case.cell.state]
    outcome = {
        "the outputs": ys,
        **dict(zip((f"the final {f}" for f in fields), state, strict=True)),
    }
    random = torch.Generator().manual_seed(2)
    loss = torch.zeros((), dtype=dtype)
    for each in outcome.values():
        cotangent = torch.randn(each.shape, generator=random, dtype=torch.float64).to(dtype)
        loss = loss + (each * cotangent).sum()
    inputs = {"the input": leaf.xs}
    inputs |= dict(zip((f"the initial {f}" for f in fields), leaf.state, strict=True))
    inputs |= {name: param for name, param in leaf.params.items() if param.requires_grad}
    if loss.requires_grad:
        gradients = torch.autograd.grad(
            loss, list(inputs.values()), allow_unused=True, materialize_grads=True
        )
    else:
        gradients = tuple(map(torch.zeros_like, inputs.values()))
    named = dict(zip((f"the gradient of {name}" for name in inputs), gradients, strict=True))
    return {name: each.detach() for name, each in (outcome | named).items()}


def allowed(truth: Tensor, others: Sequence[Tensor], dtype: torch.dtype) -> float:
    """How far a result may be from the truth in float64: from the error of float32, by precision.

    Four times the largest error that the plain computation makes in float32, or in either type
    with other roundings (`Rounding`), carried over to the precision at hand; and a few units in
    the last place of the largest number.
    """
    if not truth.numel():
        return 0.0
    error = max((o.double() - truth).abs().max() / _rounding(o.dtype) for o in others)
    return float((4 * error + 16 * truth.abs().max()) * torch.finfo(dtype).eps)


def _rounding(dtype: torch.dtype) -> float:
    return torch.finfo(dtype if dtype.is_floating_point else torch.float32).eps


class Rounding(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Monte Carlo arithmetic (D. S. Parker, 1997): each result is off by up to one rounding."""

    def __init__(self, seed: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.random = torch.Generator().manual_seed(seed)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        results = func(*args, **(kwargs or {}))
        is_new = all(returned.alias_info is None for returned in func._schema.returns)
        return tree_map_only(Tensor, self.round, results) if is_new else results

    def round(self, result: Tensor) -> Tensor:
        """One result, each number of it off by up to one rounding."""
        if not result.dtype.is_floating_point:
            return result
        by = torch.rand(result.shape, generator=self.random, dtype=result.dtype) - 0.5
        return result * (1 + by * torch.finfo(result.dtype).eps)


def _rounded(case: Case, claim: Claim) -> Iterator[Outcome]:
    """What is wanted, computed with other roundings."""
    for dtype in (torch.float32, torch.float64):
        for seed in range(SAMPLES):
            with Rounding(seed):
                yield _measure(case, claim.wanted, claim.data, dtype)


def violations(case: Case, claim: Claim) -> Iterator[str]:
    """Where what is found is not what is wanted, one line for each result."""
    truth = _measure(case, claim.wanted, claim.data, torch.float64)
    others = [_measure(case, claim.wanted, claim.data, torch.float32)]
    found = _measure(case, claim.found, claim.data, case.dtype)
    for name, true in truth.items():
        got = found[name]
        dtype = case.dtype if true.dtype == torch.float64 else true.dtype
        if got.shape != true.shape:
            yield f"{name} has shape {list(got.shape)} and should have {list(true.shape)}"
        elif got.dtype != dtype:
            yield f"{name} is {dtype_name(got.dtype)} and should be {dtype_name(dtype)}"
        elif not got.isfinite().all():
            yield f"{name} is not finite"
        elif got.numel():
            apart = float((got.double() - true.double()).abs().max())
            limit = allowed(true.double(), [each[name] for each in others], case.dtype)
            if apart > limit and len(others) == 1:
                others += _rounded(case, claim)
                limit = allowed(true.double(), [each[name] for each in others], case.dtype)
            if apart > limit:
                yield f"{name} is off by {apart:.2g}, where {limit:.2g} is allowed"
