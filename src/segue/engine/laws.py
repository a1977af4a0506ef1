"""Laws that hold for every cell, and `check`, which tries them on yours.

A law compares what a backend computes with what the law says that it must be, computed by the
plainest means: one row at a time, one step at a time, in float64. Values are compared, and
gradients of the input, of the initial state and of every parameter, with a cotangent on the outputs
and on the final state. What a padded row holds beyond its length is NaN, as is memory that nothing
was written to.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from segue.engine.run.backend import candidates
from segue.engine.run.measure import (
    ROWS,
    STEPS,
    Case,
    Claim,
    Data,
    Outcome,
    by_backend,
    draw,
    row_by_row,
    violations,
)
from segue.engine.run.problem import State
from segue.engine.step.cell import Cell
from segue.engine.step.graph import evaluate
from segue.engine.step.trace import trace
from segue.errors import SegueError

__all__ = ["LAWS", "Case", "Law", "LawViolation", "cases", "check"]


class LawViolation(SegueError, AssertionError):  # noqa: N818 - it is the name of what happened
    """A cell on some backend breaks a law: which, where, and by how much."""


@dataclass(frozen=True)
class Law:
    """Something that holds for every cell."""

    name: str
    statement: str
    try_on: Callable[[Case], Iterator[str]]

    def violations(self, case: Case) -> Iterator[str]:
        """What the case violates, one line each."""
        try:
            yield from self.try_on(case)
        except RuntimeError as error:
            yield f"it fails with {str(error).partition(chr(10))[0]}"

    def check(self, case: Case) -> None:
        """Raise `LawViolation` if the law does not hold for the case."""
        for violation in self.violations(case):
            raise LawViolation(f"{case} breaks the law that {self.statement}: {violation}")


def check(cell: Cell, sizes: Mapping[str, int] | None = None) -> None:
    """Try every law on a cell, in every type and on every backend that does not refuse it.

    In bfloat16 that is kernels alone, which sum up and keep the state in float32. A cell that says
    that its derivative is a surrogate is not held to the numerical one.

    Args:
        cell: any cell.
        sizes: a number for each symbol; some awkward ones when None.

    Raises:
        LawViolation: in one line, which law does not hold, where, and by how much.
        CellError: `segue.engine.step.trace` refuses the step.

    Example:
        >>> import segue
        >>> from segue.engine import laws
        >>> @segue.cell
        ... def leaky(x: "H", h: "H", *, decay: "H"):
        ...     h = decay * h + x
        ...     return h, (h,)
        >>> laws.check(leaky)
    """
    for case in cases(cell, sizes):
        for law in LAWS:
            law.check(case)


def cases(cell: Cell, sizes: Mapping[str, int] | None = None) -> Iterator[Case]:
    """All that `check` tries the laws on."""
    primes = (3, 5, 2, 7, 11, 13, 17, 19)
    awkward = [dict(zip(cell.symbols, primes, strict=False)), dict.fromkeys(cell.symbols, 1)]
    for each in awkward if sizes is None else [sizes]:
        for dtype in (torch.float32, torch.float64, torch.bfloat16):
            graph = trace(cell, each, dtype)
            # The Python loop rounds every operation to bfloat16, and what it gives proves little.
            for backend in candidates(graph)[: -1 if dtype == torch.bfloat16 else None]:
                if backend.refusal(graph, torch.device("cpu")) is None:
                    yield Case(cell, each, dtype, backend)


def _equation(case: Case) -> Iterator[str]:
    scan, alone = partial(by_backend, case), partial(row_by_row, case)
    yield from violations(case, Claim(scan, alone, draw(case)))


def _graph(case: Case) -> Iterator[str]:
    graph = case.graph

    def step(run: Callable[..., tuple[Tensor, State]], data: Data) -> tuple[Tensor, State]:
        # Values only: a step may bring a gradient of its own, which a graph does not have.
        y, state = run(data)
        return y.detach()[None], tuple(field.detach() for field in state)

    def by_graph(data: Data) -> tuple[Tensor, State]:
        return evaluate(graph, (data.xs[0], *data.state), list(data.params.values()))

    def by_equation(data: Data) -> tuple[Tensor, State]:
        return case.cell.step(data.xs[0], *data.state, **data.params)

    for rows in (1, 2, 5):
        claim = Claim(partial(step, by_graph), partial(step, by_equation), draw(case, 1, rows))
        yield from violations(case, claim)


def _chunks(case: Case) -> Iterator[str]:
    def cut(sizes: list[int], data: Data) -> tuple[Tensor, State]:
        outputs, state = [], data.state
        for chunk in torch.split(data.xs, sizes):
            ys, state = by_backend(case, Data(data.params, chunk, state))
            outputs.append(ys)
        return torch.cat(outputs), state

    for sizes in ([1] * STEPS, [3, 0, 4], [STEPS - 1, 1]):
        yield from violations(
            case, Claim(partial(cut, sizes), partial(row_by_row, case), draw(case))
        )


def _lengths(case: Case) -> Iterator[str]:
    data = draw(case, padded=True)
    data = Data(data.params, data.xs, data.state, data.lengths)
    yield from violations(case, Claim(partial(by_backend, case), partial(row_by_row, case), data))


def _neighbours(case: Case) -> Iterator[str]:
    data = draw(case, padded=True).to(case.dtype)
    for row in range(ROWS):
        others = torch.arange(ROWS) != row

        def spoil(tensor: Tensor, axis: int, others: Tensor = others) -> Tensor:
            mask = others.view([-1 if i == axis else 1 for i in range(tensor.dim())])
            return tensor.detach().masked_fill(mask, torch.nan).requires_grad_()

        state = tuple(spoil(field, 0) for field in data.state)
        contexts = {f.name: spoil(data.params[f.name], 0) for f in case.cell.contexts}
        params = {**data.params, **contexts}
        spoilt = Data(params, spoil(data.xs, 1), state, data.lengths, data.reset)
        results = [_row_of(by_backend(case, each), each, row) for each in (data, spoilt)]
        for name, clean in results[0].items():
            if not torch.equal(clean, results[1][name]):
                yield f"{name} of row {row} changes when the other rows are NaN"


def _row_of(result: tuple[Tensor, State], data: Data, row: int) -> Outcome:
    ys, state = result
    outcome = {"the output": ys[:, row], **{f"state {i}": s[row] for i, s in enumerate(state)}}
    loss = torch.stack([each.sum() for each in outcome.values()]).sum()
    gradient = torch.autograd.grad(loss, data.xs, allow_unused=True, materialize_grads=True)[0]
    outcome["the gradient of the input"] = gradient[:, row]
    return outcome


def _resets(case: Case) -> Iterator[str]:
    cut = 3

    def two(data: Data) -> tuple[Tensor, State]:
        first, _ = row_by_row(case, Data(data.params, data.xs[:cut], data.state))
        zeros = tuple(map(torch.zeros_like, data.state))
        second, state = row_by_row(case, Data(data.params, data.xs[cut:], zeros))
        return torch.cat((first, second)), state

    data = draw(case)
    reset = torch.zeros(STEPS, ROWS, dtype=torch.bool)
    reset[cut] = True
    at_cut = Data(data.params, data.xs, data.state, reset=reset)
    yield from violations(case, Claim(partial(by_backend, case), two, at_cut))
    everything = draw(case, padded=True)
    yield from violations(
        case, Claim(partial(by_backend, case), partial(row_by_row, case), everything)
    )


def _reverse(case: Case) -> Iterator[str]:
    def flipped(data: Data) -> tuple[Tensor, State]:
        assert data.lengths is not None  # noqa: S101 - for the type checker
        assert data.reset is not None  # noqa: S101
        t = torch.arange(len(data.xs))[:, None]
        there = torch.where(t < data.lengths, data.lengths - 1 - t, t)
        rows = torch.arange(data.xs.shape[1])
        turned = Data(
            data.params, data.xs[there, rows], data.state, data.lengths, data.reset[there, rows]
        )
        ys, state = row_by_row(case, turned)
        return ys[there, rows], state

    data = draw(case, padded=True)
    data = Data(data.params, data.xs, data.state, data.lengths, data.reset, reverse=True)
    yield from violations(case, Claim(partial(by_backend, case), flipped, data))


def _empty(case: Case) -> Iterator[str]:
    scan, alone = partial(by_backend, case), partial(row_by_row, case)
    for steps, rows in ((0, ROWS), (STEPS, 0), (0, 0)):
        yield from violations(case, Claim(scan, alone, draw(case, steps, rows)))
    data = draw(case)
    data = Data(data.params, data.xs, data.state, torch.zeros(ROWS, dtype=torch.int64))
    yield from violations(case, Claim(scan, alone, data))


def _derivatives(case: Case) -> Iterator[str]:
    if case.dtype != torch.float64 or case.cell.surrogate:
        return
    data = draw(case, steps=3, rows=2).to(case.dtype)
    names = list(data.params)
    inputs = (data.xs, *data.state, *data.params.values())

    def flat(xs: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        state, params = rest[: len(data.state)], rest[len(data.state) :]
        ys, after = by_backend(case, Data(dict(zip(names, params, strict=True)), xs, state))
        return tuple(each for each in (ys, *after) if each.dtype == case.dtype)

    for order, numerically in (
        ("first", torch.autograd.gradcheck),
        ("second", torch.autograd.gradgradcheck),
    ):
        if not numerically(flat, inputs, raise_exception=False, fast_mode=True):
            hint = "; if that is meant, say @segue.cell(surrogate=True)" if case.graph.own else ""
            yield f"a {order} derivative differs from the numerical one{hint}"


LAWS = (
    Law("equation", "a scan gives what the equation gives, step by step", _equation),
    Law("graph", "the traced graph computes what the step computes", _graph),
    Law("chunks", "any chunking gives what one pass gives", _chunks),
    Law("lengths", "a padded row gives what its sequence alone gives", _lengths),
    Law("neighbours", "a row depends on no other row", _neighbours),
    Law("resets", "a reset makes two sequences of one", _resets),
    Law("reverse", "a run in reverse is flip, run, flip", _reverse),
    Law("empty", "no steps, no rows and rows of length 0 are legal", _empty),
    Law("derivatives", "first and second derivatives agree with numerical ones", _derivatives),
)
