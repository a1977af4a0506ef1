"""Operations that move, add up or divide with a rest run in kernels and keep every law."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

import segue
from segue.engine import laws
from segue.engine.run.backend import choose
from segue.engine.step.trace import trace

# ruff: noqa: F722, F821
STEPS: dict[str, Callable[[Any], Any]] = {
    "cumsum": lambda v: v.cumsum(-1) / 4,
    "cumsum_of_shares": lambda v: v.softmax(-1).cumsum(-1),
    "fmod": lambda v: torch.fmod(v, 0.75),
    "remainder": lambda v: v % 0.75,
    "remainder_of_less_than_nothing": lambda v: v % -0.75,
    "remainder_of_values": lambda v: torch.remainder(v, v.roll(1, -1)),
    "roll": lambda v: v.roll(2, -1),
    "tan": lambda v: v.atan().tan().tanh(),
    "arange": lambda v: (v + torch.arange(v.shape[-1], dtype=v.dtype)).tanh(),
    "eye": lambda v: (v @ torch.eye(v.shape[-1], dtype=v.dtype).roll(1, 0)).tanh(),
}


@pytest.mark.parametrize("name", STEPS)
def test_it_runs_in_kernels_by_the_laws(name: str) -> None:
    compute = STEPS[name]

    @segue.cell
    def made(x: "D", h: "H", *, w: "H D", u: "H H"):
        h = compute(x @ w.T + h @ u.T)
        return h, (h,)

    graph = trace(made, {"D": 3, "H": 8})
    assert choose(graph, torch.device("cpu")).refusals == ()
    for case in laws.cases(made):
        # In bfloat16 a rest may be rounded to the other end of its range.
        if case.dtype != torch.bfloat16 or not name.startswith(("fmod", "remainder")):
            for law in laws.LAWS:
                law.check(case)


@pytest.mark.parametrize("name", ["cumprod", "argmax"])
def test_what_kernels_lack_is_said_with_its_line(name: str) -> None:
    @segue.cell
    def made(x: "D", h: "H", *, w: "H D", u: "H H"):
        v = (x @ w.T + h @ u.T).tanh()
        h = v.cumprod(-1) if name == "cumprod" else u[v.argmax(-1)]
        return h, (h,)

    ((_, refusal),) = choose(trace(made, {"D": 3, "H": 8}), torch.device("cpu")).refusals
    assert name in refusal
    assert refusal.startswith("line ")
