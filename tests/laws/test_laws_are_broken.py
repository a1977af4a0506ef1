"""Every law can be broken: backends that are wrong in one way each, and cells that lie."""

# ruff: noqa: F722, F821

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

import segue
from segue import cells
from segue.engine import laws
from segue.engine.run.problem import Problem, State
from segue.engine.run.reference import Reference
from segue.engine.step.graph import Graph
from segue.errors import CellError

Wrong = Callable[[Problem], tuple[Tensor, State]]
RIGHT = Reference()


@dataclass(frozen=True)
class Mutant:
    run: Wrong
    name: str = "mutant"
    summary: str = "wrong on purpose"
    reason: str = "it is tested"

    def refusal(self, graph: Graph, device: torch.device) -> str | None:
        return None


def broken(run: Wrong, dtype: torch.dtype = torch.float64) -> set[str]:
    """Names of the laws that a backend breaks."""
    case = laws.Case(cells.gru, {"D": 3, "H": 5}, dtype, Mutant(run))
    names = set()
    for law in laws.LAWS:
        violations = list(law.violations(case))
        assert all("\n" not in violation for violation in violations)
        names |= {law.name} if violations else set()
    return names


def no_reset(p: Problem) -> tuple[Tensor, State]:
    return RIGHT.run(replace(p, reset=None))


def reset_after(p: Problem) -> tuple[Tensor, State]:
    return RIGHT.run(replace(p, reset=None if p.reset is None else p.reset.roll(1, 0)))


def no_lengths(p: Problem) -> tuple[Tensor, State]:
    return RIGHT.run(replace(p, xs=p.xs.nan_to_num(), lengths=None))


def padding_is_read(p: Problem) -> tuple[Tensor, State]:
    ys, state = RIGHT.run(p)
    return ys + 0 * p.xs.sum(2, keepdim=True), state


def outputs_not_zeroed(p: Problem) -> tuple[Tensor, State]:
    ys, state = RIGHT.run(p)
    return torch.where(ys == 0, torch.empty_like(ys), ys), state


def state_runs_on(p: Problem) -> tuple[Tensor, State]:
    return RIGHT.run(p)[0], no_lengths(p)[1]


def forwards_always(p: Problem) -> tuple[Tensor, State]:
    return RIGHT.run(replace(p, reverse=False))


def flipped_whole(p: Problem) -> tuple[Tensor, State]:
    if not p.reverse:
        return RIGHT.run(p)
    reset = None if p.reset is None else p.reset.flip(0)
    turned = replace(p, xs=p.xs.nan_to_num().flip(0), reset=reset, reverse=False)
    ys, state = RIGHT.run(turned)
    return ys.flip(0), state


def state_forgotten(p: Problem) -> tuple[Tensor, State]:
    return RIGHT.run(replace(p, state=tuple(map(torch.zeros_like, p.state))))


def state_cut_off(p: Problem) -> tuple[Tensor, State]:
    return RIGHT.run(replace(p, state=tuple(field.detach() for field in p.state)))


def weight_gradient_lost(p: Problem) -> tuple[Tensor, State]:
    return RIGHT.run(replace(p, params={**p.params, "weight_hh": p.params["weight_hh"].detach()}))


def cotangent_of_state_lost(p: Problem) -> tuple[Tensor, State]:
    ys, state = RIGHT.run(p)
    return ys, tuple(field.detach() for field in state)


def rows_mixed(p: Problem) -> tuple[Tensor, State]:
    ys, state = RIGHT.run(p)
    return ys, tuple(field + 1e-3 * field.mean(0) for field in state)


def single_precision(p: Problem) -> tuple[Tensor, State]:
    ys, state = RIGHT.run(p)
    return ys.float().double(), state


def no_second_derivative(p: Problem) -> tuple[Tensor, State]:
    ys, state = RIGHT.run(p)
    return ys + OnceOnly.apply(ys), state


class OnceOnly(torch.autograd.Function):
    """Zero, whose first derivative is zero and whose second derivative is wrong."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.zeros_like(x)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return grad * (x - x.detach())


def nothing_on_empty(p: Problem) -> tuple[Tensor, State]:
    ys, state = RIGHT.run(p)
    return (ys, state) if ys.numel() else (ys[..., :1], state)


MUTANTS: dict[Wrong, set[str]] = {
    no_reset: {"resets", "reverse"},
    reset_after: {"resets", "reverse"},
    no_lengths: {"lengths", "resets", "reverse", "empty"},
    padding_is_read: {"lengths", "neighbours", "resets", "reverse"},
    outputs_not_zeroed: {"lengths", "resets", "reverse", "empty"},
    state_runs_on: {"lengths", "resets", "reverse", "empty"},
    forwards_always: {"reverse"},
    flipped_whole: {"reverse"},
    state_forgotten: {"equation", "chunks", "lengths", "resets", "reverse", "empty"},
    state_cut_off: {"equation", "chunks", "lengths", "resets", "reverse", "empty", "derivatives"},
    weight_gradient_lost: {"equation", "chunks", "lengths", "resets", "reverse", "derivatives"},
    cotangent_of_state_lost: {"equation", "chunks", "lengths", "resets", "reverse"},
    rows_mixed: {"equation", "chunks", "lengths", "neighbours", "resets", "reverse", "empty"},
    single_precision: {"equation", "chunks", "lengths", "resets", "reverse"},
    no_second_derivative: {"derivatives"},
    nothing_on_empty: {"empty"},
}


@pytest.mark.parametrize("run", MUTANTS, ids=lambda run: run.__name__)
def test_a_wrong_backend_breaks_the_law(run: Wrong) -> None:
    assert broken(run) >= MUTANTS[run]


def test_every_law_about_backends_is_broken_by_some() -> None:
    assert set().union(*MUTANTS.values()) == {law.name for law in laws.LAWS} - {"graph"}


def test_a_right_backend_breaks_none() -> None:
    assert broken(RIGHT.run) == set()


def test_single_precision_is_good_enough_for_float32() -> None:
    case = laws.Case(cells.gru, {"D": 3, "H": 5}, torch.float32, RIGHT)
    for law in laws.LAWS:
        law.check(case)


def test_a_violation_is_said_in_one_line() -> None:
    case = laws.Case(cells.gru, {"D": 3, "H": 5}, torch.float32, Mutant(state_forgotten))
    with pytest.raises(laws.LawViolation) as caught:
        laws.LAWS[0].check(case)
    assert str(caught.value).startswith(
        "gru (D=3, H=5) in float32 on mutant breaks the law that a scan gives what the equation"
        " gives, step by step: the outputs is off by "
    )


def test_a_step_that_remembers_breaks_the_graph() -> None:
    remembered = [1.0]

    @segue.cell
    def moody(x: "H", h: "H"):
        return h, (h * remembered[0] + x,)

    case = laws.Case(moody, {"H": 3}, torch.float64, RIGHT)
    (law,) = (law for law in laws.LAWS if law.name == "graph")
    law.check(case)
    remembered[0] = 2.0
    with pytest.raises(laws.LawViolation, match="the traced graph computes what the step computes"):
        law.check(case)


def test_a_cell_of_the_user_is_checked_with_sizes() -> None:
    @segue.cell
    def heads(x: "D", h: "H", *, weight: "H D"):
        parts = (h + x @ weight.T).view(len(h), 4, -1).softmax(-1)
        h = parts.reshape(h.shape)
        return h, (h,)

    laws.check(heads, {"D": 3, "H": 8})
    with pytest.raises(CellError, match=r"shape .* is invalid"):
        laws.check(heads)


def test_outputs_of_another_type_are_lawful() -> None:
    @segue.cell
    def rises(x: "D", before: "D"):
        return x > before, (x,)

    laws.check(rises)
