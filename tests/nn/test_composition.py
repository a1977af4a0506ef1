"""The laws of layers, over every way to compose them."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import segue
from segue.cells import gru, lstm, rnn
from segue.errors import ScanError
from segue.nn import GRU, LSTM, RNN, Bidirectional, Recurrent, Residual, Stack

T, B, D = 7, 3, 5
LENGTHS = torch.tensor([7, 0, 4])

Build = Callable[[bool], nn.Module]


def both(cell: segue.Cell, size: int, batch_first: bool) -> Bidirectional:
    ahead = Recurrent(cell, D, size, batch_first=batch_first)
    return Bidirectional(ahead, Recurrent(cell, D, size + 1, batch_first=batch_first, reverse=True))


def towers(batch_first: bool) -> Bidirectional:
    """Two stacks that meet only at the top."""

    def tower(reverse: bool) -> Stack:
        sizes = [(D, 3), (3, 2)]
        return Stack(
            [Recurrent(gru, d, h, batch_first=batch_first, reverse=reverse) for d, h in sizes]
        )

    return Bidirectional(tower(False), tower(True))


ONE_WAY: dict[str, Build] = {
    "recurrent": lambda first: Recurrent(lstm, D, 3, batch_first=first),
    "residual": lambda first: Residual(Recurrent(gru, D, D, batch_first=first)),
    "stack": lambda first: Stack(
        [
            Recurrent(rnn(torch.relu), D, 4, batch_first=first),
            Residual(LSTM(4, 4, num_layers=2, batch_first=first)),
            GRU(4, 2, batch_first=first),
        ],
        dropout=0.5,
    ),
    "RNN": lambda first: RNN(D, 3, num_layers=2, batch_first=first),
    "LSTM": lambda first: LSTM(D, 4, proj_size=3, batch_first=first),
    "GRU": lambda first: GRU(D, 3, bias=False, batch_first=first),
}
OTHERS: dict[str, Build] = {
    "reverse": lambda first: Recurrent(gru, D, 3, batch_first=first, reverse=True),
    "bidirectional": lambda first: both(lstm, 3, first),
    "towers": towers,
    "stack of both": lambda first: Stack(
        [both(gru, 2, first), Residual(GRU(5, 5, batch_first=first)), both(lstm, 1, first)]
    ),
    "RNN both": lambda first: RNN(D, 3, num_layers=2, bidirectional=True, batch_first=first),
    "LSTM both": lambda first: LSTM(D, 4, 2, bidirectional=True, proj_size=2, batch_first=first),
    "GRU both": lambda first: GRU(D, 3, num_layers=2, bidirectional=True, batch_first=first),
}
EVERY = ONE_WAY | OTHERS


def built(build: Build, batch_first: bool = False) -> nn.Module:
    torch.manual_seed(0)
    return build(batch_first).double().eval()


def draw(*shape: int, seed: int = 1) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=random, dtype=torch.float64)


def tensors(state: object) -> list[Tensor]:
    """The leaves of a nested state."""
    return (
        [state] if isinstance(state, Tensor) else [leaf for part in state for leaf in tensors(part)]
    )


def random_state(state: object, seed: int = 2) -> object:
    """A state of the same structure, with figures in it."""
    if isinstance(state, Tensor):
        return draw(*state.shape, seed=seed)
    parts = [random_state(part, seed + 1) for part in state]
    return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)


def row(state: object, index: int) -> object:
    """One batch row: a cell's states are `[B, H]`, those of torch's modules `[layers, B, H]`."""
    if isinstance(state, Tensor):
        return state.narrow(state.dim() - 2, index, 1)
    parts = [row(part, index) for part in state]
    return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)


def assert_same(a: object, b: object) -> None:
    for left, right in zip(tensors(a), tensors(b), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", EVERY)
def test_padded_is_each_row_alone(name: str) -> None:
    layer = built(EVERY[name])
    x = draw(T, B, D)
    y, after = layer(x, None, LENGTHS)
    before = random_state(after)
    y, after = layer(x, before, LENGTHS)
    for index, length in enumerate(LENGTHS.tolist()):
        assert not y[length:, index].any(), "outputs in the padding are zero"
        if length == 0:
            assert_same(row(after, index), row(before, index))
            continue
        alone, state = layer(x[:length, index : index + 1], row(before, index))
        assert_same(y[:length, index : index + 1], alone)
        assert_same(row(after, index), state)


@pytest.mark.parametrize("name", EVERY)
def test_packed_is_padded(name: str) -> None:
    layer = built(EVERY[name])
    x, lengths = draw(T, B, D), torch.tensor([3, 7, 5])
    reset = torch.rand(T, B, generator=torch.Generator().manual_seed(3)) < 0.3
    before = random_state(layer(x)[1])
    wanted = layer(x, before, lengths, reset)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    y, after = layer(packed, before, None, reset)
    assert_same((pad_packed_sequence(y)[0], after), wanted)


@pytest.mark.parametrize("name", EVERY)
def test_padding_may_hold_anything(name: str) -> None:
    layer = built(EVERY[name])
    clean = draw(T, B, D)
    dirty = clean.clone()
    reset = torch.zeros(T, B, dtype=torch.bool)
    for index, length in enumerate(LENGTHS.tolist()):
        clean[length:, index] = 0
        dirty[length:, index] = torch.nan
        reset[length:, index] = True
    before = random_state(layer(clean)[1])
    wanted = layer(clean, before, LENGTHS)
    found = layer(dirty, before, LENGTHS, reset)
    assert_same(found, wanted)
    params = list(layer.parameters())
    assert_same(
        torch.autograd.grad(found[0].sum(), params), torch.autograd.grad(wanted[0].sum(), params)
    )


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("padded", [False, True])
def test_a_reset_makes_two_sequences(name: str, padded: bool) -> None:
    layer = built(EVERY[name])
    x = draw(T, B, D)
    lengths = torch.tensor([7, 4, 6]) if padded else None
    starts = {0: [0, 3], 1: [3], 2: [1, 2, 5]}  # by row; row 1 has no more than 4 steps when padded
    reset = torch.zeros(T, B, dtype=torch.bool)
    for index, times in starts.items():
        reset[times, index] = True
    y, _ = layer(x, None, lengths, reset)
    for index, times in starts.items():
        end = T if lengths is None else int(lengths[index])
        bounds = sorted({0, *times, end})
        for begin, stop in pairwise(bounds):
            alone, _ = layer(x[begin:stop, index : index + 1])
            assert_same(y[begin:stop, index : index + 1], alone)


def test_read_from_the_end_the_state_enters_the_last_sequence_and_leaves_the_first() -> None:
    both = built(towers)
    x, reset = draw(T, B, D), torch.zeros(T, B, dtype=torch.bool)
    reset[4] = True
    ahead, back = before = random_state(both(x)[1])
    y, (ahead_after, back_after) = both(x, before, None, reset)
    early, late = both.forward_layer(x[:4], ahead), both.forward_layer(x[4:])
    assert_same((y[..., :2], ahead_after), (torch.cat([early[0], late[0]]), late[1]))
    early, late = both.backward_layer(x[:4]), both.backward_layer(x[4:], back)
    assert_same((y[..., 2:], back_after), (torch.cat([early[0], late[0]]), early[1]))


@pytest.mark.parametrize("name", ONE_WAY)
@pytest.mark.parametrize("sizes", [[1] * T, [3, 4]])
def test_chunks_are_one_pass(name: str, sizes: list[int]) -> None:
    layer = built(ONE_WAY[name])
    x = draw(T, B, D)
    before = random_state(layer(x)[1])
    whole, wanted = layer(x, before)
    parts, state = [], before
    for chunk in x.split(sizes):
        y, state = layer(chunk, state)
        parts.append(y)
    assert_same((torch.cat(parts), state), (whole, wanted))


@pytest.mark.parametrize("name", ["recurrent", "residual", "reverse", "bidirectional", "towers"])
@pytest.mark.parametrize("shape", [(0, B), (T, 0), (0, 0)])
def test_nothing_to_read_is_read(name: str, shape: tuple[int, int]) -> None:
    layer = built(EVERY[name])
    before = random_state(layer(draw(T, shape[1], D))[1])
    y, after = layer(draw(*shape, D), before)
    assert y.shape[:2] == shape
    if shape[0] == 0:
        assert_same(after, before)


@pytest.mark.parametrize("name", EVERY)
def test_batch_first_only_turns_the_data(name: str) -> None:
    layer, turned = built(EVERY[name]), built(EVERY[name], batch_first=True)
    assert turned.batch_first
    assert not layer.batch_first
    x = draw(T, B, D)
    reset = torch.rand(T, B, generator=torch.Generator().manual_seed(3)) < 0.3
    y, state = layer(x, None, LENGTHS, reset)
    y_turned, state_turned = turned(x.transpose(0, 1), None, LENGTHS, reset.T)
    assert_same((y_turned.transpose(0, 1), state_turned), (y, state))
    assert y_turned.shape[:2] == (B, T)


def torch_weights(layers: list[Recurrent], theirs: nn.LSTM) -> None:
    """Give `theirs`, whose two biases are added, the weights of the cells."""
    weights = {}
    for layer, names in zip(layers, theirs._all_weights, strict=True):
        ih, hh, bias, none = names
        weights |= {ih: layer.weight_ih, hh: layer.weight_hh, bias: layer.bias}
        weights[none] = torch.zeros_like(layer.bias)
    theirs.load_state_dict(weights, strict=True)


def test_composition_is_what_torch_has_options_for() -> None:
    torch.manual_seed(0)
    layers = [
        Recurrent(lstm, d, 4, reverse=back).double() for d in (D, 8) for back in (False, True)
    ]
    ours = Stack([Bidirectional(*layers[:2]), Bidirectional(*layers[2:])])
    theirs = nn.LSTM(D, 4, num_layers=2, bidirectional=True).double()
    torch_weights(layers, theirs)
    x = draw(T, B, D)
    y, state = ours(x)
    wanted, (h, c) = theirs(x)
    assert_same(y, wanted)
    flat = [part for layer in state for part in layer]
    assert_same([torch.stack([s.h for s in flat]), torch.stack([s.c for s in flat])], [h, c])


def test_dropout_lies_between_layers_and_only_in_training() -> None:
    stack = Stack([Recurrent(gru, D, 4), Recurrent(gru, 4, 3)], dropout=1.0)
    x = draw(T, B, D).float()
    first, second = stack.layers
    torch.testing.assert_close(stack(x)[0], second(torch.zeros(T, B, 4))[0])
    torch.testing.assert_close(stack.eval()(x)[0], second(first(x)[0])[0])
    alone = Stack([Recurrent(gru, D, 4)], dropout=1.0)
    torch.testing.assert_close(alone(x)[0], alone.layers[0](x)[0])


class Plain(nn.Module):
    """No layer: it has no `batch_first`."""


MISTAKES = {
    "no layers": (lambda: Stack([]), "give at least one"),
    "no layer": (lambda: Stack([Plain()]), "Plain has no batch_first"),
    "torch's": (lambda: Residual(nn.LSTM(2, 2)), "use segue.nn.LSTM"),
    "disagree": (
        lambda: Stack([GRU(2, 2), Recurrent(gru, 2, 2, batch_first=True)]),
        "give all parts the same",
    ),
    "both disagree": (
        lambda: Bidirectional(
            Recurrent(gru, 2, 2), Recurrent(gru, 2, 2, reverse=True, batch_first=True)
        ),
        "give all parts the same",
    ),
    "not reversed": (
        lambda: Bidirectional(Recurrent(gru, 2, 2), Stack([Recurrent(gru, 2, 2)])),
        "reverse=True",
    ),
    "reversed": (
        lambda: Bidirectional(Recurrent(gru, 2, 2, reverse=True), Recurrent(gru, 2, 2)),
        "reverse=False",
    ),
    "torch's cannot": (
        lambda: Bidirectional(GRU(2, 2), GRU(2, 2)),
        "GRU cannot be the backward layer",
    ),
    "features": (
        lambda: Residual(GRU(2, 3))(torch.zeros(4, 1, 2)),
        "2 features into 3",
    ),
    "states": (
        lambda: Stack([GRU(2, 2), GRU(2, 2)])(torch.zeros(4, 1, 2), (None,)),
        "1 states for 2 layers",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_in_one_line(name: str) -> None:
    mistake, words = MISTAKES[name]
    with pytest.raises(ScanError) as caught:
        mistake()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
