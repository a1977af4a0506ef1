"""What kernels refuse is said in one line: the operation, the line of the step, the remedy."""

# ruff: noqa: F821, F722

import re

import pytest
import torch
from accepted_steps import ACCEPTED, Step, numbered_features

import segue
from segue.engine import laws
from segue.engine.run.backend import choose
from segue.engine.run.problem import pose
from segue.engine.run.reference import Reference
from segue.engine.step.trace import trace
from segue.errors import ScanError

CPU = torch.device("cpu")


def refusals(step: Step) -> list[str]:
    cell = segue.cell(step)
    sizes = dict(zip(cell.symbols, (4, 6), strict=False))
    return [refusal for _, refusal in choose(trace(cell, sizes), CPU).refusals]


REFUSED = [step for step in ACCEPTED if refusals(step)]


@pytest.mark.parametrize("step", REFUSED, ids=lambda step: step.__name__)
def test_a_refusal_names_operation_line_and_remedy(step: Step) -> None:
    (refusal,) = refusals(step)
    assert re.search("^[^;]+; [a-z]", refusal), "there is a remedy"
    assert "\n" not in refusal
    assert "expected device" not in refusal
    assert "allocate" not in refusal
    if step.__name__ == "solved":  # whose refusal is of what torch adds, in no line of the step
        assert refusal.startswith("linalg_check_errors has no place")
        return
    code = step.__code__
    found = re.match(r"line (\d+): ([a-z_]+)", refusal)
    assert found is not None, refusal
    assert int(found[1]) in {line for *_, line in code.co_lines()}
    assert hasattr(torch.ops.aten, found[2]), "an operation of torch"


def test_tensors_that_a_step_makes_of_nothing_are_no_reason_to_refuse() -> None:
    assert numbered_features not in REFUSED
    laws.check(segue.cell(numbered_features), {"D": 3, "H": 5})


@segue.cell
def turned(x: "D", h: "H", *, w: "H D", a: "H H"):
    """A recurrence without loss (S. L. Hyland, G. Rätsch, AAAI 2017)."""
    h = (h @ torch.matrix_exp(a - a.T) + x @ w.T).tanh()
    return h, (h,)


def test_matrix_exp_is_computed_in_float32_in_every_narrower_type() -> None:
    laws.check(turned)


def test_the_plain_loop_refuses_what_torch_computes_wrongly() -> None:
    params = {"w": torch.ones(5, 3).bfloat16(), "a": torch.randn(5, 5).bfloat16()}
    xs, state = torch.ones(2, 1, 3).bfloat16(), (torch.zeros(1, 5).bfloat16(),)
    problem = pose(turned, params, xs, state, None, None, False)
    wanted = (
        r"cell turned \(test_backend_refusals.py:\d+\): torch computes linalg_matrix_exp wrongly"
    )
    with pytest.raises(ScanError, match=wanted + " in bfloat16; compute it in float32"):
        Reference().run(problem)
