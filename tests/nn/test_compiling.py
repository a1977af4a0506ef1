"""torch.compile takes every layer whole; TorchScript refuses in one line."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from drop_in_cases import KINDS
from test_composition import EVERY, B, D, T, assert_same, built, draw
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import segue
from segue.errors import ScanError


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def compiled(module: nn.Module) -> Any:
    return torch.compile(module, fullgraph=True, backend="aot_eager")


@pytest.mark.parametrize("name", EVERY)
def test_fullgraph(name: str) -> None:
    layer = built(EVERY[name])
    x, lengths, reset = draw(T, B, D), torch.tensor([7, 0, 4]), torch.zeros(T, B, dtype=torch.bool)
    reset[3] = True
    params = list(layer.parameters())

    def both(call: Any) -> Any:
        y, state = call(x, None, lengths, reset)
        return (y, *leaves(state)), torch.autograd.grad(y.square().sum(), params)

    assert_same(both(compiled(layer)), both(layer))


def leaves(state: Any) -> list[Tensor]:
    if isinstance(state, Tensor):
        return [state]
    return [leaf for part in state for leaf in leaves(part)]


class Tagger(nn.Module):
    """A model around a drop-in."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.rnn = getattr(segue.nn, kind)(D, 4, num_layers=2, dropout=0.5, bidirectional=True)
        self.out = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.rnn(x.sin())
        return self.out(y).log_softmax(-1)


@pytest.mark.parametrize("kind", KINDS)
def test_inside_a_larger_model(kind: str) -> None:
    model, x = Tagger(kind).eval(), torch.randn(T, B, D)
    whole = compiled(model)
    assert_same(whole(x), model(x))
    with torch.no_grad():
        model.rnn.weight_hh_l1.mul_(2)
    assert_same(whole(x), model(x))
    model.train()
    assert not torch.equal(whole(x), whole(x)), "dropout draws anew"
    model.rnn.compile(fullgraph=True, backend="aot_eager")
    model.eval()
    assert_same(model.rnn(x), whole._orig_mod.rnn(x))


class Own(segue.nn.GRU):
    """A user's subclass."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input)[0].relu()


def test_a_subclass_of_a_drop_in() -> None:
    layer, x = Own(D, 4), torch.randn(T, B, D)
    assert_same(compiled(layer)(x), layer(x))


def test_parametrized_weights_and_a_given_state() -> None:
    layer = nn.utils.parametrizations.weight_norm(segue.nn.LSTM(D, 4), "weight_hh_l0")
    x, state = torch.randn(T, B, D), (torch.randn(1, B, 4), torch.randn(1, B, 4))
    assert_same(compiled(layer)(x, state), layer(x, state))


@pytest.mark.parametrize("kind", KINDS)
def test_torchs_own_modules_are_treated_as_before(kind: str) -> None:
    segue.nn.LSTM(D, 4)
    with pytest.raises(Exception, match="Dynamo does not support RNN, GRU, or LSTM"):
        compiled(getattr(nn, kind)(D, 4))(torch.randn(T, B, D))
    assert torch._dynamo.config.allow_rnn is False


@pytest.mark.parametrize("kind", KINDS)
def test_isinstance_still_holds(kind: str) -> None:
    assert isinstance(getattr(segue.nn, kind)(D, 4), getattr(nn, kind))


def test_packed_rows_fall_back_to_python_in_parts() -> None:
    """How many rows there are is data; dynamo breaks its graph there, with the same result."""
    layer = built(EVERY["GRU"])
    packed = pack_padded_sequence(draw(T, B, D), torch.tensor([7, 4, 2]))
    y, state = torch.compile(layer, backend="aot_eager")(packed)
    wanted, state_wanted = layer(packed)
    assert isinstance(y, PackedSequence)
    assert_same((y.data, state), (wanted.data, state_wanted))


@pytest.mark.filterwarnings("ignore")  # torch warns of TorchScript itself
@pytest.mark.parametrize("name", ["recurrent", "LSTM", "stack", "bidirectional"])
def test_torchscript_is_refused_in_one_line(name: str) -> None:
    layer = built(EVERY[name])
    for make in (torch.jit.script, lambda module: torch.jit.trace(module, (draw(T, B, D),))):
        with pytest.raises(ScanError, match=r"torch\.export\.export\(model, args\)") as error:
            make(layer)
        assert "\n" not in str(error.value)
