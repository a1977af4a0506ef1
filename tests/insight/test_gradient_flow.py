"""The gradient at every layer and step, held against autograd's own."""

# ruff: noqa: F821

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import segue
from segue.errors import InsightError
from segue.insight import GradientFlow, gradient_flow

STEPS, ROWS = 7, 3


def inputs(features: int = 4) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(STEPS, ROWS, features)


def last(out: tuple[Tensor, object]) -> Tensor:
    return out[0][-1].square().sum()


def by_cells(layer: nn.LSTM, x: Tensor) -> Tensor:
    """The norms of an LSTM of one layer, by a loop over torch's cell."""
    cell = nn.LSTMCell(layer.input_size, layer.hidden_size)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    h = c = torch.zeros(ROWS, layer.hidden_size)
    states = []
    for now in x:
        h, c = cell(now, (h, c))
        h.retain_grad()
        states.append(h)
    h.square().sum().backward()
    return torch.stack([each.grad.norm() for each in states if each.grad is not None])


@pytest.mark.parametrize("kind", [nn.LSTM, segue.nn.LSTM])
def test_the_norms_are_autograds(kind: type[nn.LSTM]) -> None:
    torch.manual_seed(0)
    layer = kind(4, 5)
    flow = gradient_flow(layer, inputs(), last)
    assert list(flow.norms) == ["LSTM"]
    torch.testing.assert_close(flow.norms["LSTM"], by_cells(layer, inputs()))
    assert all(each.grad is None for each in layer.parameters())
    assert flow.loss == pytest.approx(float(last(layer(inputs()))), rel=1e-5)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_torchs_layers_and_segues_have_one_flow(kind: str) -> None:
    torch.manual_seed(0)
    settings = {"num_layers": 2, "bidirectional": True, "batch_first": True}
    theirs = getattr(nn, kind)(4, 5, **settings)
    ours = getattr(segue.nn, kind)(4, 5, **settings)
    ours.load_state_dict(theirs.state_dict())
    x, before = inputs().transpose(0, 1), torch.randn(4, ROWS, 5)
    state = (before, before / 2) if kind == "LSTM" else before

    def loss(out: tuple[Tensor, object]) -> Tensor:
        return out[0].square().sum()

    one, two = (gradient_flow(each, (x, state), loss) for each in (theirs, ours))
    names = [f"{kind}.l{k}{way}" for k in (0, 1) for way in ("", "_reverse")]
    assert list(one.norms) == list(two.norms) == names
    for name in names:
        torch.testing.assert_close(one.norms[name], two.norms[name], rtol=1e-4, atol=1e-5)
    assert one.reverse == {name for name in names if name.endswith("reverse")}
    assert one.loss == pytest.approx(float(loss(theirs(x, state))), rel=1e-5)


def test_packed_sequences_and_lengths_agree() -> None:
    torch.manual_seed(0)
    layer = nn.GRU(4, 5)
    ours = segue.nn.GRU(4, 5)
    ours.load_state_dict(layer.state_dict())
    lengths = [4, 7, 2]
    packed = pack_padded_sequence(inputs(), torch.tensor(lengths), enforce_sorted=False)
    one = gradient_flow(layer, packed, lambda out: out[1].square().sum())
    two = gradient_flow(ours, packed, lambda out: out[1].square().sum())
    torch.testing.assert_close(one.norms["GRU"], two.norms["GRU"], rtol=1e-4, atol=1e-6)
    assert one.loss == pytest.approx(float(layer(packed)[1].square().sum()), rel=1e-5)


def test_layers_anywhere_in_a_module_are_found_by_name() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = segue.nn.Recurrent(segue.cells.gru, 4, 6)
            self.both = segue.nn.Bidirectional(
                segue.nn.Recurrent(segue.cells.mgu, 6, 3),
                segue.nn.Recurrent(segue.cells.mgu, 6, 3, reverse=True),
            )
            self.cell = nn.GRUCell(6, 2)

        def forward(self, x: Tensor) -> Tensor:
            y, _ = self.both(self.first(x)[0])
            h = torch.zeros(ROWS, 2)
            for now in y:
                h = self.cell(now, h)
            return h

    flow = gradient_flow(Net(), inputs(), lambda h: h.sum())
    assert list(flow.norms) == ["first", "both.forward_layer", "both.backward_layer", "cell"]
    assert all(each.shape == (STEPS,) for each in flow.norms.values())
    assert flow.reverse == {"both.backward_layer"}


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_half_life_and_horizon_of_a_known_decay(share: float) -> None:
    @segue.cell
    def leaky(x: "H", h: "H"):
        h = share * h + x
        return h, (h,)

    flow = gradient_flow(segue.nn.Recurrent(leaky, 2, 2), torch.ones(30, 1, 2), last)
    assert flow.half_life["Recurrent"] == pytest.approx(math.log(0.5) / math.log(share), rel=1e-4)
    assert flow.horizon["Recurrent"] == pytest.approx(math.log(0.01) / math.log(share), rel=1e-4)
    assert flow.growth["Recurrent"] == pytest.approx(share, rel=1e-4)


def test_a_gradient_that_grows_has_no_horizon() -> None:
    layer = nn.RNN(1, 4, nonlinearity="relu")
    with torch.no_grad():
        layer.weight_hh_l0.copy_(1.2 * torch.eye(4))
        layer.weight_ih_l0.fill_(1)
    flow = gradient_flow(layer, torch.ones(20, 1, 1), lambda out: out[0][-1].sum())
    assert flow.horizon["RNN"] == math.inf
    assert flow.growth["RNN"] == pytest.approx(1.2, rel=1e-3)


def test_watching_leaves_the_module_as_it_was() -> None:
    layer = nn.LSTM(4, 5)
    gradient_flow(layer, inputs(), last)
    assert "forward" not in vars(layer)
    assert not layer._forward_hooks
    with pytest.raises(RuntimeError):
        gradient_flow(layer, torch.zeros(2, 2, 9), last)
    assert "forward" not in vars(layer)


@pytest.mark.parametrize(
    ("module", "x", "loss", "said"),
    [
        (nn.Linear(4, 2), inputs(), torch.sum, "has no recurrent layer"),
        (nn.GRU(4, 2), inputs()[:1], last, "has one step"),
        (nn.GRU(4, 2), inputs() * torch.nan, last, "the loss is nan"),
        (nn.GRU(4, 2), inputs(), lambda out: out[0], "it must be a scalar"),
        (nn.GRU(4, 2), inputs(), lambda out: torch.zeros((), requires_grad=True), "depends on no"),
    ],
)
def test_what_cannot_be_diagnosed_is_one_line(module, x, loss, said: str) -> None:
    with pytest.raises(InsightError, match=said) as caught:
        gradient_flow(module, x, loss)
    assert "\n" not in str(caught.value)


def test_it_is_the_field_of_a_state_that_the_output_is() -> None:
    flow = gradient_flow(segue.nn.Recurrent(segue.cells.lstm_peephole, 4, 3), inputs(), last)
    assert isinstance(flow, GradientFlow)
    assert (flow.norms["Recurrent"] > 0).all()
