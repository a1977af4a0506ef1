"""What is said of recurrent layers, on layers whose illness is known."""

import math

import pytest
import torch
from torch import Tensor, nn

import segue
from segue.errors import InsightError
from segue.insight import diagnose
from segue.insight.diagnosis import LayerHealth, memory
from segue.insight.gradient_flow import traces_of


def linear(factor: float, units: int = 6) -> nn.RNN:
    """A network whose state is multiplied by a factor at each step, turned by a rotation."""
    torch.manual_seed(0)
    layer = nn.RNN(3, units, nonlinearity="relu", bias=False)
    with torch.no_grad():
        layer.weight_hh_l0.copy_(factor * torch.eye(units))
        layer.weight_ih_l0.copy_(layer.weight_ih_l0.abs())
    return layer


def health(layer: nn.Module, steps: int = 50) -> LayerHealth:
    x = torch.rand(steps, 4, 3, generator=torch.Generator().manual_seed(1)) + 0.1
    (found,) = diagnose(layer, lambda: layer(x)[0][-1].square().mean()).layers
    return found


@pytest.mark.parametrize(
    ("factor", "verdict"), [(0.5, "vanishing"), (0.99, "healthy"), (1.3, "exploding")]
)
def test_a_known_factor_is_found(factor: float, verdict: str) -> None:
    found = health(linear(factor))
    assert found.verdict == verdict
    assert found.growth == pytest.approx(factor, rel=1e-3)
    if factor < 1:
        assert found.half_life == pytest.approx(math.log(0.5) / math.log(factor), rel=1e-3)
        assert found.horizon == pytest.approx(math.log(0.01) / math.log(factor), rel=1e-3)
    else:
        assert found.horizon is None
        assert found.largest == pytest.approx(factor**49, rel=1e-3)
    (first, *_) = found.sentences()
    assert verdict in first


def test_an_untrained_rnn_forgets_sooner_than_an_lstm_that_keeps() -> None:
    torch.manual_seed(0)
    keeping = segue.nn.Recurrent(
        segue.cells.lstm, 3, 16, start={"bias": segue.cells.start.gate_bias(4.0, gate=1, gates=4)}
    )
    plain, kept = health(nn.RNN(3, 16)), health(keeping)
    assert plain.verdict == "vanishing"
    assert plain.horizon is not None
    assert kept.horizon is None or kept.horizon > 2 * plain.horizon


def test_saturated_and_dead_units_are_counted() -> None:
    torch.manual_seed(0)
    layer = nn.RNN(3, 8)
    with torch.no_grad():
        layer.weight_hh_l0[:] = 0
        layer.weight_ih_l0[:4] = 0
        layer.weight_ih_l0[4:] = torch.tensor([40.0, -40.0, 40.0])
    x = torch.randn(50, 4, 3)
    (found,) = diagnose(layer, lambda: layer(x)[0][-1].square().mean()).layers
    assert found.dead == 0.5
    assert found.saturated is not None
    assert 0.45 < found.saturated <= 0.5
    assert any("never move" in said for said in found.sentences())


def test_the_influence_is_that_of_each_rows_own_end() -> None:
    layer = segue.nn.Recurrent(segue.cells.gru, 3, 5)
    x, lengths = torch.randn(9, 2, 3), [9, 4]

    def ended(rows: slice, given: list[int]) -> Tensor:
        _, (trace,) = traces_of(layer, lambda: layer(x[:, rows], lengths=given)[0].square().sum())
        return memory(trace).square()

    both, first, second = ended(slice(0, 2), lengths), ended(slice(0, 1), [9]), None
    second = ended(slice(1, 2), [4])
    assert (second[4:] == 0).all()
    torch.testing.assert_close(both[5:] / both[5], first[5:] / first[5])


def test_what_has_no_state_is_one_line() -> None:
    with pytest.raises(InsightError, match="no recurrent layer"):
        diagnose(nn.Linear(2, 2), lambda: torch.zeros((), requires_grad=True))
