"""A step's own derivative is the one that trains, on every backend; or a backend refuses it."""

# ruff: noqa: F821

import inspect

import pytest
import torch
from own_derivatives import HONOURED, REFUSED, Spike, Step
from torch import Tensor

import segue
from segue.engine import laws
from segue.engine.run.backend import BACKENDS, Backend, choose
from segue.engine.run.problem import pose
from segue.engine.step.cell import Cell
from segue.engine.step.trace import trace

SIZES = {"D": 3, "H": 5}
CPU = torch.device("cpu")


def gradients(cell: Cell, backend: Backend | None) -> list[Tensor]:
    """Of a scan on a backend, or of the plain loop by autograd."""
    random = torch.Generator().manual_seed(1)

    def draw(*shape: int) -> Tensor:
        drawn = torch.randn(shape, generator=random, dtype=torch.float64)
        return drawn.requires_grad_()

    params = {field.name: draw(*field.shape(SIZES)) for field in cell.params}
    xs, state = draw(6, 4, 3), tuple(draw(4, 5) for _ in cell.state)
    if backend is None:
        ys, after = [], state
        for x in xs:
            y, after = cell.step(x, *after, **params)
            ys.append(y)
        y = torch.stack(ys)
    else:
        y, after = backend.run(pose(cell, params, xs, state, None, None, False))
    loss = (y * torch.randn(y.shape, generator=random, dtype=torch.float64)).sum()
    loss = loss + sum(field.square().sum() for field in after)
    inputs = [xs, *state, *params.values()]
    return list(torch.autograd.grad(loss, inputs, allow_unused=True, materialize_grads=True))


@pytest.mark.parametrize("step", HONOURED, ids=lambda step: step.__name__)
def test_the_gradients_are_those_of_the_step(step: Step) -> None:
    cell = segue.cell(step)
    truth = gradients(cell, None)
    for backend in BACKENDS:
        if backend.refusal(trace(cell, SIZES, torch.float64), CPU) is None:
            for found, wanted in zip(gradients(cell, backend), truth, strict=True):
                torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("step", HONOURED, ids=lambda step: step.__name__)
def test_kernels_honour_whatever_their_operations_can_be(step: Step) -> None:
    graph = trace(segue.cell(step), SIZES)
    (backend, refusal), *_ = [*choose(graph, CPU).refusals, (None, None)]
    if step.__name__ == "operator_of_a_library":
        assert backend is not None
        assert refusal is not None
        assert "segue_tests::step_up" in refusal
    else:
        assert refusal is None


@pytest.mark.parametrize("step", HONOURED, ids=lambda step: step.__name__)
def test_the_laws_hold_a_surrogate_to_the_derivative_that_it_brings(step: Step) -> None:
    laws.check(segue.cell(surrogate=True)(step), SIZES)


@pytest.mark.parametrize("step", REFUSED, ids=lambda step: step.__name__)
def test_a_derivative_that_no_plan_can_honour_is_refused_in_one_line(step: Step) -> None:
    lines, first = inspect.getsourcelines(step)
    (line,) = [number for number, text in enumerate(lines, first) if "# here" in text]
    choice = choose(trace(segue.cell(step), SIZES), CPU)
    assert choice.backend.name == "reference"
    (_, refusal), *_ = choice.refusals
    assert refusal.startswith(REFUSED[step].format(line))
    assert "\n" not in refusal
    assert ";" in refusal, "there is a remedy"


def test_the_laws_name_the_argument_that_says_it_is_meant() -> None:
    @segue.cell
    def reversed_input(x: "H", h: "H"):
        h = 0.5 * h + Spike.apply(x, 1.0)
        return h, (h,)

    with pytest.raises(laws.LawViolation, match=r"meant, say @segue\.cell\(surrogate=True\)"):
        laws.check(reversed_input, {"H": 3})


def test_a_second_derivative_is_that_of_the_step_too() -> None:
    @segue.cell
    def squared(x: "H", h: "H"):
        h = 0.5 * h + Spike.apply(x, 1.0) * x * x
        return h, (h,)

    xs = torch.linspace(-1, 1, 15, dtype=torch.float64).view(5, 1, 3).requires_grad_()
    found = []
    for backend in BACKENDS:
        problem = pose(squared, {}, xs, (torch.zeros(1, 3).double(),), None, None, False)
        (first,) = torch.autograd.grad(backend.run(problem)[0].sum(), xs, create_graph=True)
        found += torch.autograd.grad(first.square().sum(), xs)
    for each in found:
        torch.testing.assert_close(each, found[-1])
    assert found[-1].abs().max() > 0


def test_explain_says_whose_derivative_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    (spiking,) = (step for step in HONOURED if step.__name__ == "spiking")
    segue.explain(segue.cell(spiking), SIZES)
    line = inspect.getsourcelines(spiking)[1] + 3
    wanted = f"its derivative is the one that Spike (line {line}) brings"
    assert wanted in capsys.readouterr().out
