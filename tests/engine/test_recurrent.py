"""`Recurrent`: a cell as a layer."""

# ruff: noqa: F722, F821

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
)

import segue
from segue import cells
from segue.errors import ScanError
from segue.nn import Recurrent


def test_the_example_of_the_design_runs() -> None:
    @segue.cell
    def rnn(x: "D", h: "H", *, weight_ih: "H D", weight_hh: "H H", bias: "H"):
        """Simple recurrent network (Elman 1990)."""
        h = (x @ weight_ih.T + bias + h @ weight_hh.T).tanh()
        return h, (h,)

    layer = segue.nn.Recurrent(rnn, input_size=8, hidden_size=64)
    x = torch.randn(10, 3, 8)
    y, state = layer(x, lengths=torch.tensor([10, 7, 0]), reset=torch.rand(10, 3) < 0.1)
    assert y.shape == (10, 3, 64)
    assert state.h.shape == (3, 64)
    y, state = layer(x, state)
    assert not y.isnan().any()


def test_a_layer_has_the_cells_parameters() -> None:
    layer = Recurrent(cells.lstm_projection, 3, 5, sizes={"P": 2}, dtype=torch.float64)
    assert {name: tuple(p.shape) for name, p in layer.named_parameters()} == {
        "weight_ih": (20, 3),
        "weight_hh": (20, 2),
        "bias": (20,),
        "weight_hr": (2, 5),
    }
    assert layer.weight_hr.dtype == torch.float64
    assert max(p.abs().max() for p in layer.parameters()) <= 5**-0.5
    assert Recurrent(cells.gru, 3, 5, device="meta").bias_ih.is_meta


def test_a_layer_says_what_it_is() -> None:
    assert str(Recurrent(cells.gru, 3, 5)) == "Recurrent(gru, D=3, H=5)"
    layer = Recurrent(cells.lstm_projection, 3, 5, sizes={"P": 2}, batch_first=True, reverse=True)
    assert str(layer) == (
        "Recurrent(lstm_projection, D=3, P=2, H=5, batch_first=True, reverse=True)"
    )


def test_a_copy_computes_the_same_apart() -> None:
    layer = Recurrent(cells.gru, 3, 5)
    twin = copy.deepcopy(layer)
    x = torch.randn(4, 2, 3)
    torch.testing.assert_close(twin(x), layer(x))
    nn.init.zeros_(twin.weight_ih)
    assert layer.weight_ih.any()


def test_parametrized_weights_are_used() -> None:
    layer = nn.utils.parametrizations.weight_norm(Recurrent(cells.gru, 3, 5), "weight_hh")
    y, _ = layer(torch.randn(4, 2, 3))
    y.sum().backward()
    assert layer.parametrizations.weight_hh.original0.grad.any()


@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_a_packed_sequence_goes_in_and_out(
    enforce_sorted: bool, reverse: bool, batch_first: bool
) -> None:
    layer = Recurrent(cells.gru, 3, 5, reverse=reverse, batch_first=batch_first).double()
    lengths = torch.tensor([6, 4, 4, 1] if enforce_sorted else [4, 1, 6, 4])
    x = torch.randn(6, 4, 3, dtype=torch.float64)
    start = (torch.randn(4, 5, dtype=torch.float64),)
    reset = torch.rand(6, 4) < 0.3
    packed = pack_padded_sequence(x, lengths, enforce_sorted=enforce_sorted)
    turn = (lambda t: t.transpose(0, 1)) if batch_first else (lambda t: t)
    y, state = layer(packed, start, reset=turn(reset))
    assert isinstance(y, PackedSequence)
    wanted, wanted_state = layer(turn(x), start, lengths, turn(reset))
    padded, found_lengths = pad_packed_sequence(y, batch_first=batch_first)
    torch.testing.assert_close(padded, wanted)
    torch.testing.assert_close(state, wanted_state)
    assert found_lengths.tolist() == lengths.tolist()
    again = pack_padded_sequence(
        wanted, lengths, batch_first=batch_first, enforce_sorted=enforce_sorted
    )
    torch.testing.assert_close(y.data, again.data)


def test_a_packed_sequence_brings_its_lengths() -> None:
    packed = pack_sequence([torch.zeros(3, 2), torch.zeros(1, 2)])
    with pytest.raises(ScanError, match="brings its own lengths; leave lengths out"):
        Recurrent(cells.gru, 2, 3)(packed, lengths=torch.tensor([3, 1]))


@segue.cell
def named_like_a_method(x: "D", h: "H", *, forward: "H"):
    return h, (h,)


@segue.cell
def named_like_an_attribute(x: "D", h: "H", *, training: "H"):
    return h, (h,)


@segue.cell
def square(x: "H", h: "H"):
    return h + x, (h + x,)


WRONG: dict[str, tuple[Any, ...]] = {
    "Recurrent(lstm_projection): P has no size; pass sizes={'P': ...}": (
        cells.lstm_projection,
        3,
        5,
    ),
    "Recurrent(gru): Q is no size of the cell gru(x: D, h: H | weight_ih: 3H D, weight_hh: 3H H,"
    " bias_ih: 3H, bias_hh: 3H)": (cells.gru, 3, 5, {"Q": 2}),
    "Recurrent(gru): H is 4 in sizes and 5 by hidden_size; give it once": (
        cells.gru,
        3,
        5,
        {"H": 4},
    ),
    "Recurrent(gru): H is 0; it must be >= 1": (cells.gru, 3, 0),
    "Recurrent(square): the input has H = 5 features and input_size is 3; give 5": (square, 3, 5),
    "Recurrent(named_like_a_method): the parameter forward has the name of something that every"
    " layer has; give it another name in the step": (named_like_a_method, 3, 5),
    "Recurrent(named_like_an_attribute): the parameter training has the name of something that"
    " every layer has; give it another name in the step": (named_like_an_attribute, 3, 5),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_layer_is_refused_in_one_line(text: str) -> None:
    cell, input_size, hidden_size, *sizes = WRONG[text]
    with pytest.raises(ScanError) as caught:
        Recurrent(cell, input_size, hidden_size, sizes=sizes[0] if sizes else None)
    assert str(caught.value) == text


@pytest.mark.parametrize("batch_first", [False, True])
def test_wrong_input_is_refused_in_one_line(batch_first: bool) -> None:
    layer = Recurrent(cells.gru, 3, 5, batch_first=batch_first)
    for x in (torch.zeros(3), torch.zeros(4, 3), torch.zeros(4, 2, 7)):
        with pytest.raises(ScanError, match=r"^scan of gru: "):
            layer(x)
