"""Integrated gradients: the axioms of the paper, through scan."""

import pytest
import torch
from torch import Tensor, nn

from segue.cells import gru
from segue.insight.attribution import integrated_gradients
from segue.nn import MaxPool, Recurrent

T, D, H = 9, 3, 8


@pytest.fixture
def network() -> nn.ModuleDict:
    torch.manual_seed(0)
    return nn.ModuleDict({"layer": Recurrent(gru, D, H), "head": nn.Linear(H, 2)})


def score_of(network: nn.ModuleDict, used: int = T) -> object:
    def score(path: Tensor) -> Tensor:
        y, _ = network["layer"](path[:used])
        return torch.softmax(4 * network["head"](MaxPool()(y)), 1)[:, 1]

    return score


def test_values_sum_to_the_difference_of_the_scores(network: nn.ModuleDict) -> None:
    x = torch.randn(T, D)
    found = integrated_gradients(score_of(network), x, tolerance=1e-3)
    assert abs(found.end - found.start) > 1e-3
    assert found.gap <= 1e-3 * abs(found.end - found.start) + 1e-6
    with torch.no_grad():
        both = score_of(network)(torch.stack([torch.zeros(T, D), x], 1))
    assert [found.start, found.end] == pytest.approx(both.tolist())


def test_values_are_those_of_a_fine_sum_along_the_path(network: nn.ModuleDict) -> None:
    x, baseline, points = torch.randn(T, D), torch.randn(T, D), 4000
    share = (torch.arange(points) + 0.5) / points
    path = (baseline[:, None] + share.view(1, -1, 1) * (x - baseline)[:, None]).requires_grad_()
    score_of(network)(path).sum().backward()
    assert path.grad is not None
    expected = path.grad.mean(1) * (x - baseline)
    found = integrated_gradients(score_of(network), x, baseline, tolerance=1e-5)
    torch.testing.assert_close(found.values, expected, rtol=0.02, atol=1e-4)


def test_what_is_not_read_gets_nothing(network: nn.ModuleDict) -> None:
    found = integrated_gradients(score_of(network, used=4), torch.randn(T, D))
    assert found.values[:4].abs().sum() > 0
    assert not found.values[4:].any()


def test_what_equals_the_baseline_gets_nothing(network: nn.ModuleDict) -> None:
    x = torch.randn(T, D)
    baseline = x.clone()
    baseline[2] += 1
    found = integrated_gradients(score_of(network), x, baseline)
    assert found.values[2].any()
    assert not found.values[torch.arange(T) != 2].any()


def test_a_step_function_says_that_its_sum_is_not_complete() -> None:
    def score(path: Tensor) -> Tensor:
        return (path.sum((0, 2)) > 1).float() + 0 * path.sum((0, 2))

    found = integrated_gradients(score, torch.ones(2, 2), most=64)
    assert found.gap == pytest.approx(1)
    assert found.points == 64


def test_gradients_of_parameters_are_left_alone(network: nn.ModuleDict) -> None:
    with torch.no_grad():  # as in prediction
        integrated_gradients(score_of(network), torch.randn(T, D))
    assert all(parameter.grad is None for parameter in network.parameters())
