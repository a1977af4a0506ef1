"""Laws that hold for every cell, and `check`, which tries them on yours.

A law compares what a backend computes with what the law says that it must be, computed by the
plainest means: one row at a time, one step at a time, in float64. Values are compared, and
gradients of the input, of the initial state and of every parameter, with a cotangent on the outputs
and on the final state. What a padded row holds beyond its length is NaN, as is memory that nothing
was written to. How far results may be apart follows from the error that the plain computation
itself makes in float32 (`_allowed`), and from nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from segue.engine.backend import BACKENDS, Backend
from segue.engine.cell import Cell
from segue.engine.graph import Graph, dtype_name, evaluate
from segue.engine.problem import State, pose
from segue.engine.trace import trace
from segue.errors import SegueError

Outcome = dict[str, Tensor]
_STEPS, _ROWS = 7, 4


class LawViolation(SegueError, AssertionError):  # noqa: N818 - it is the name of what happened
    """A cell on some backend breaks a law: which, where, and by how much."""


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
    """Arguments of a scan, in float64, and cotangents of its results."""

    params: Mapping[str, Tensor]
    xs: Tensor
    state: State
    lengths: Tensor | None = None
    reset: Tensor | None = None
    reverse: bool = False

    def to(self, dtype: torch.dtype) -> "Data":
        """The same numbers in another type, as leaves that require gradients."""

        def leaf(tensor: Tensor) -> Tensor:
            return tensor.detach().to(dtype).requires_grad_()

        params = {name: leaf(param) for name, param in self.params.items()}
        state = tuple(map(leaf, self.state))
        return Data(params, leaf(self.xs), state, self.lengths, self.reset, self.reverse)


Run = Callable[[Data], tuple[Tensor, State]]


@dataclass(frozen=True)
class Claim:
    """That two ways to compute give the same for the same data."""

    found: Run
    wanted: Run
    data: Data


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

    Args:
        cell: any cell.
        sizes: a number for each symbol; some awkward ones when None.

    Raises:
        LawViolation: in one line, which law does not hold, where, and by how much.
        CellError: `segue.engine.trace` refuses the step.

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
        for dtype in (torch.float32, torch.float64):
            graph = trace(cell, each, dtype)
            for backend in BACKENDS:
                if backend.refusal(graph, torch.device("cpu")) is None:
                    yield Case(cell, each, dtype, backend)


def _draw(case: Case, steps: int = _STEPS, rows: int = _ROWS, *, padded: bool = False) -> Data:
    """Random data; rows of several lengths, with a length of 0 among them, when padded."""
    random = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64) / 2

    cell, sizes = case.cell, case.sizes
    params = {field.name: normal(*field.shape(sizes)) for field in cell.params}
    xs = normal(steps, rows, *cell.input.shape(sizes))
    state = tuple(normal(rows, *field.shape(sizes)) for field in cell.state)
    if not padded:
        return Data(params, xs, state)
    lengths = torch.tensor([steps, 0, 3, steps - 1])[:rows]
    reset = torch.rand(steps, rows, generator=random) < 0.3
    for row, length in enumerate(lengths.tolist()):
        xs[length:, row] = torch.nan
    return Data(params, xs, state, lengths, reset)


def _scan(case: Case, data: Data) -> tuple[Tensor, State]:
    """What the backend computes."""
    problem = pose(
        case.cell, data.params, data.xs, data.state, data.lengths, data.reset, data.reverse
    )
    with _memory_full_of_nan():
        return case.backend.run(problem)


def _alone(case: Case, data: Data) -> tuple[Tensor, State]:
    """What it must be: each row on its own, by the equation."""
    steps, rows = data.xs.shape[:2]
    features = [size.count for size in case.graph.output.shape[1:]]
    outputs, states = [], []
    for row in range(rows):
        state = tuple(field[row : row + 1] for field in data.state)
        length = steps if data.lengths is None else int(data.lengths[row])
        ys = {}
        for t in reversed(range(length)) if data.reverse else range(length):
            if data.reset is not None and data.reset[t, row]:
                state = tuple(torch.zeros_like(field) for field in state)
            ys[t], state = case.cell.step(data.xs[t, row : row + 1], *state, **data.params)
        zeros = data.xs.new_zeros(1, *features)
        column = [ys.get(t, zeros) for t in range(steps)]
        outputs.append(torch.stack(column) if column else data.xs.new_zeros(0, 1, *features))
        states.append(state)
    if not rows:
        return data.xs.new_zeros(steps, 0, *features), data.state
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
    inputs |= leaf.params
    if loss.requires_grad:
        gradients = torch.autograd.grad(
            loss, list(inputs.values()), allow_unused=True, materialize_grads=True
        )
    else:
        gradients = tuple(map(torch.zeros_like, inputs.values()))
    named = dict(zip((f"the gradient of {name}" for name in inputs), gradients, strict=True))
    return {name: each.detach() for name, each in (outcome | named).items()}


def _allowed(truth: Tensor, rough: Tensor, dtype: torch.dtype) -> float:
    """How far a result may be from the truth in float64: from the error of float32, by precision.

    Four times the largest error that the plain computation makes in float32, carried over to the
    precision at hand, and a few units in the last place of the largest number.
    """
    if not truth.numel():
        return 0.0
    error = (rough.double() - truth).abs().max() / torch.finfo(torch.float32).eps
    return float((4 * error + 16 * truth.abs().max()) * torch.finfo(dtype).eps)


def _violations(case: Case, claim: Claim) -> Iterator[str]:
    truth = _measure(case, claim.wanted, claim.data, torch.float64)
    rough = _measure(case, claim.wanted, claim.data, torch.float32)
    found = _measure(case, claim.found, claim.data, case.dtype)
    for name, true in truth.items():
        got = found[name]
        if got.shape != true.shape:
            yield f"{name} has shape {list(got.shape)} and should have {list(true.shape)}"
        elif got.dtype != case.dtype:
            yield f"{name} is {dtype_name(got.dtype)}"
        elif not got.isfinite().all():
            yield f"{name} is not finite"
        elif got.numel():
            apart = float((got.double() - true).abs().max())
            allowed = _allowed(true, rough[name], case.dtype)
            if apart > allowed:
                yield f"{name} is off by {apart:.2g}, where {allowed:.2g} is allowed"


def _equation(case: Case) -> Iterator[str]:
    scan, alone = partial(_scan, case), partial(_alone, case)
    yield from _violations(case, Claim(scan, alone, _draw(case)))


def _graph(case: Case) -> Iterator[str]:
    graph = case.graph

    def step(run: Callable[..., tuple[Tensor, State]], data: Data) -> tuple[Tensor, State]:
        y, state = run(data)
        return y[None], state

    def by_graph(data: Data) -> tuple[Tensor, State]:
        return evaluate(graph, (data.xs[0], *data.state), list(data.params.values()))

    def by_equation(data: Data) -> tuple[Tensor, State]:
        return case.cell.step(data.xs[0], *data.state, **data.params)

    for rows in (1, 2, 5):
        claim = Claim(partial(step, by_graph), partial(step, by_equation), _draw(case, 1, rows))
        yield from _violations(case, claim)


def _chunks(case: Case) -> Iterator[str]:
    def cut(sizes: list[int], data: Data) -> tuple[Tensor, State]:
        outputs, state = [], data.state
        for chunk in torch.split(data.xs, sizes):
            ys, state = _scan(case, Data(data.params, chunk, state))
            outputs.append(ys)
        return torch.cat(outputs), state

    for sizes in ([1] * _STEPS, [3, 0, 4], [_STEPS - 1, 1]):
        yield from _violations(case, Claim(partial(cut, sizes), partial(_alone, case), _draw(case)))


def _lengths(case: Case) -> Iterator[str]:
    data = _draw(case, padded=True)
    data = Data(data.params, data.xs, data.state, data.lengths)
    yield from _violations(case, Claim(partial(_scan, case), partial(_alone, case), data))


def _neighbours(case: Case) -> Iterator[str]:
    data = _draw(case, padded=True).to(case.dtype)
    for row in range(_ROWS):
        others = torch.arange(_ROWS) != row

        def spoil(tensor: Tensor, axis: int, others: Tensor = others) -> Tensor:
            mask = others.view([-1 if i == axis else 1 for i in range(tensor.dim())])
            return tensor.detach().masked_fill(mask, torch.nan).requires_grad_()

        state = tuple(spoil(field, 0) for field in data.state)
        spoilt = Data(data.params, spoil(data.xs, 1), state, data.lengths, data.reset)
        results = [_row_of(_scan(case, each), each, row) for each in (data, spoilt)]
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
        first, _ = _alone(case, Data(data.params, data.xs[:cut], data.state))
        zeros = tuple(map(torch.zeros_like, data.state))
        second, state = _alone(case, Data(data.params, data.xs[cut:], zeros))
        return torch.cat((first, second)), state

    data = _draw(case)
    reset = torch.zeros(_STEPS, _ROWS, dtype=torch.bool)
    reset[cut] = True
    at_cut = Data(data.params, data.xs, data.state, reset=reset)
    yield from _violations(case, Claim(partial(_scan, case), two, at_cut))
    everything = _draw(case, padded=True)
    yield from _violations(case, Claim(partial(_scan, case), partial(_alone, case), everything))


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
        ys, state = _alone(case, turned)
        return ys[there, rows], state

    data = _draw(case, padded=True)
    data = Data(data.params, data.xs, data.state, data.lengths, data.reset, reverse=True)
    yield from _violations(case, Claim(partial(_scan, case), flipped, data))


def _empty(case: Case) -> Iterator[str]:
    scan, alone = partial(_scan, case), partial(_alone, case)
    for steps, rows in ((0, _ROWS), (_STEPS, 0), (0, 0)):
        yield from _violations(case, Claim(scan, alone, _draw(case, steps, rows)))
    data = _draw(case)
    data = Data(data.params, data.xs, data.state, torch.zeros(_ROWS, dtype=torch.int64))
    yield from _violations(case, Claim(scan, alone, data))


def _derivatives(case: Case) -> Iterator[str]:
    if case.dtype != torch.float64:
        return
    data = _draw(case, steps=3, rows=2).to(case.dtype)
    names = list(data.params)
    inputs = (data.xs, *data.state, *data.params.values())

    def flat(xs: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        state, params = rest[: len(data.state)], rest[len(data.state) :]
        ys, after = _scan(case, Data(dict(zip(names, params, strict=True)), xs, state))
        return ys, *after

    for order, numerically in (
        ("first", torch.autograd.gradcheck),
        ("second", torch.autograd.gradgradcheck),
    ):
        if not numerically(flat, inputs, raise_exception=False, fast_mode=True):
            yield f"a {order} derivative differs from the numerical one"


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
