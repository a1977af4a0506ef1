"""Streaming is exact: however the steps are divided, the outputs have the same bits."""

import copy
import pickle
from random import Random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import segue
from segue.cells import gru, lstm, registered
from segue.engine.cpu import build
from segue.errors import ScanError
from segue.nn import GRU, LSTM, RNN, Bidirectional, Recurrent, Residual, Stack, Stream

T, D, H = 17, 5, 7
FEW = 4
MANY = -(-10_000 // (len(registered()) * 2 * 2))  # of each cell, type and batch
TYPES = [torch.float32, torch.float64]

every_cell = pytest.mark.parametrize("cell", registered(), ids=lambda cell: cell.name)
every_type = pytest.mark.parametrize("dtype", TYPES, ids=str)


def layer_of(cell: segue.Cell, dtype: torch.dtype, **more: bool) -> Recurrent:
    torch.manual_seed(0)
    features = cell.input.shape({"D": D, "H": H})[0]
    sizes = {symbol: 3 for symbol in cell.symbols if symbol not in "DH"}
    return Recurrent(cell, features, H, sizes=sizes, dtype=dtype, **more)


def draw(layer: nn.Module, batch: int) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Inputs `[T, B, D]` and a state to begin with."""
    dtype = next(layer.parameters()).dtype
    xs = torch.randn(T, batch, layer.input_size, dtype=dtype)
    with torch.no_grad():
        _, state = layer(torch.randn_like(xs))
    return xs, state


def cuts(random: Random) -> list[int]:
    """T in pieces; some are empty."""
    pieces: list[int] = []
    while sum(pieces) < T:
        pieces.append(min(random.choice([0, 1, 1, 1, 2, 3, T]), T - sum(pieces)))
    return pieces


def in_chunks(stream: Stream, xs: Tensor, random: Random) -> Tensor:
    """The outputs of a stream in random chunks, by `run` and `step`, as arrays and as tensors."""
    outputs, start = [], 0
    for size in cuts(random):
        chunk = xs[start : start + size]
        start += size
        if size == 1 and random.random() < 0.5:
            x = chunk[0]
            y = (
                stream.step(x)
                if random.random() < 0.5
                else torch.from_numpy(stream.step(x.numpy()))
            )
            outputs.append(y[None])
        elif random.random() < 0.5:
            outputs.append(stream.run(chunk))
        else:
            outputs.append(torch.from_numpy(stream.run(chunk.numpy())))
    return torch.cat(outputs)


def try_chunkings(cell: segue.Cell, dtype: torch.dtype, count: int) -> None:
    layer = layer_of(cell, dtype)
    random = Random(1)
    for batch in (1, 3):
        xs, state = draw(layer, batch)
        stream = layer.stream(batch)
        stream.state = state
        ys, after = stream.run(xs), stream.state
        wanted, wanted_after = layer(xs, state)
        torch.testing.assert_close(ys, wanted.detach())
        torch.testing.assert_close(tuple(after), tuple(each.detach() for each in wanted_after))
        for _ in range(count):
            stream.state = state
            assert torch.equal(in_chunks(stream, xs, random), ys)
            assert all(map(torch.equal, stream.state, after))


@every_type
@every_cell
def test_any_chunks_are_one_pass(cell: segue.Cell, dtype: torch.dtype) -> None:
    try_chunkings(cell, dtype, FEW)


@pytest.mark.long
@every_type
@every_cell
def test_ten_thousand_chunkings_are_one_pass(cell: segue.Cell, dtype: torch.dtype) -> None:
    try_chunkings(cell, dtype, MANY)


@every_cell
def test_a_row_is_a_batch_of_one(cell: segue.Cell) -> None:
    layer = layer_of(cell, torch.float32)
    xs = draw(layer, 1)[0].numpy()
    ys = layer.stream().run(xs)
    assert (layer.stream().run(xs[:, 0]) == ys[:, 0]).all()
    alone, batched, tensors = layer.stream(), layer.stream(), layer.stream()
    for x, y in zip(xs, ys, strict=True):
        assert (alone.step(x[0]) == y[0]).all()
        assert (batched.step(x) == y).all()
        assert (tensors.step(torch.from_numpy(x[0])).numpy() == y[0]).all()


@every_cell
def test_batch_first_lies_as_the_layer_has_it(cell: segue.Cell) -> None:
    layer = layer_of(cell, torch.float32)
    turned = layer_of(cell, torch.float32, batch_first=True)
    xs, _ = draw(layer, 3)
    ys = layer.stream(3).run(xs)
    assert torch.equal(turned.stream(3).run(xs.transpose(0, 1)), ys.transpose(0, 1))
    one = layer.stream().run(xs[:, 0])
    assert torch.equal(turned.stream().run(xs[:, 0]), one)
    assert torch.equal(turned.stream().run(xs[None, :, 0]), one[None])


@every_cell
def test_a_reset_is_a_new_sequence(cell: segue.Cell) -> None:
    layer = layer_of(cell, torch.float64)
    xs, _ = draw(layer, 3)
    reset = torch.zeros(T, 3, dtype=torch.bool)
    reset[4, 1] = reset[9] = True
    stream = layer.stream(3)
    first = stream.run(xs[:4])
    stream.reset([1])
    second = stream.run(xs[4:9])
    stream.reset()
    assert not any(field.any() for field in stream.state)
    ys = torch.cat([first, second, stream.run(xs[9:])])
    torch.testing.assert_close(ys, layer(xs, reset=reset)[0].detach())


def test_rows_are_named_in_many_ways() -> None:
    layer = layer_of(gru, torch.float32)
    for rows in (1, [1], slice(1, 2), [False, True, False], np.array([1]), torch.tensor([1])):
        stream = layer.stream(3)
        stream.state = (torch.ones(3, H),)
        stream.reset(rows)
        assert stream.state.h[:, 0].tolist() == [1, 0, 1]


def test_a_stream_keeps_the_weights_that_it_was_made_with() -> None:
    for cell in registered():
        layer = layer_of(cell, torch.float32)
        xs, _ = draw(layer, 1)
        stream, again = layer.stream(), layer.stream()
        ys = stream.run(xs)
        with torch.no_grad():
            for param in layer.parameters():
                param.add_(1)
        assert torch.equal(again.run(xs), ys)
        assert not torch.equal(layer.stream().run(xs), ys)


def test_no_gradient_is_recorded() -> None:
    layer = layer_of(lstm, torch.float32)
    xs, state = draw(layer, 1)
    stream = layer.stream()
    stream.state = tuple(field.requires_grad_() for field in state)
    xs.requires_grad_()
    assert not stream.run(xs).requires_grad
    assert not stream.step(xs[0]).requires_grad
    assert not any(field.requires_grad for field in stream.state)


def test_streams_run_side_by_side() -> None:
    layer = layer_of(gru, torch.float32)
    xs, _ = draw(layer, 2)
    one, other = layer.stream(), layer.stream()
    pairs = [(one.step(x[0]), other.step(x[1])) for x in xs.numpy()]
    for row, ys in enumerate(zip(*pairs, strict=True)):
        assert (np.stack(ys) == layer.stream().run(xs[:, row]).numpy()).all()


def test_a_stream_is_branched_by_its_state() -> None:
    layer = layer_of(lstm, torch.float32)
    xs, _ = draw(layer, 1)
    stream, branch = layer.stream(), layer.stream()
    stream.run(xs[:9])
    branch.state = stream.state
    rest = stream.run(xs[9:])
    assert torch.equal(branch.run(xs[9:]), rest)
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(ScanError, match="cannot be pickled; call its copy"):
            copied(stream)


def test_made_in_inference_mode_it_runs_outside() -> None:
    layer = layer_of(gru, torch.float32)
    xs, _ = draw(layer, 1)
    with torch.inference_mode():
        stream = layer.stream()
        first = stream.step(xs[0])
    stream.reset()
    assert torch.equal(stream.step(xs[0]), first)


def test_bfloat16_takes_tensors() -> None:
    layer = layer_of(gru, torch.bfloat16)
    stream = layer.stream()
    by = "fused" if build.host().bfloat16 else "reference: products in bfloat16 need a processor"
    assert by in repr(stream)
    xs, _ = draw(layer, 1)
    y = stream.step(xs[0])
    assert y.dtype == stream.state.h.dtype == torch.bfloat16
    torch.testing.assert_close(y, layer(xs[:1])[0][0], rtol=0.02, atol=0.02)
    again = layer.stream().run(xs)
    assert torch.equal(torch.stack([y, *(stream.step(x) for x in xs[1:])]), again)
    stream.state = layer(xs[:3])[1]
    torch.testing.assert_close(stream.step(xs[3]), again[3], rtol=0.02, atol=0.02)
    with pytest.raises(ScanError, match="NumPy has no bfloat16; pass a tensor"):
        stream.step(np.zeros(D, np.float32))


COMPOSED = {
    "stack": lambda first: Stack(
        [
            Recurrent(gru, D, 4, batch_first=first),
            Residual(LSTM(4, 4, num_layers=2, batch_first=first)),
        ],
        dropout=0.5,
    ),
    "residual": lambda first: Residual(Recurrent(lstm, D, D, batch_first=first)),
    "RNN": lambda first: RNN(D, 3, num_layers=2, batch_first=first),
    "LSTM": lambda first: LSTM(D, 4, 2, proj_size=3, batch_first=first, dropout=0.5),
    "GRU": lambda first: GRU(D, 3, bias=False, batch_first=first),
}


def leaves(state: object) -> list[Tensor]:
    return [state] if isinstance(state, Tensor) else [t for part in state for t in leaves(part)]


@pytest.mark.parametrize("first", [False, True], ids=["time first", "batch first"])
@pytest.mark.parametrize("name", COMPOSED)
def test_layers_stream_as_they_are_composed(name: str, first: bool) -> None:
    torch.manual_seed(0)
    layer = COMPOSED[name](first).eval()
    xs = torch.randn(T, 3, D)
    with torch.no_grad():
        _, state = layer(xs.transpose(0, 1) if first else xs)
        wanted, wanted_after = layer(xs.transpose(0, 1) if first else xs, state)
    stream = layer.train().stream(3)
    stream.state = state
    ys = torch.stack([stream.step(x) for x in xs[:4]])
    rest = stream.run(xs[4:].transpose(0, 1) if first else xs[4:])
    ys = torch.cat([ys, rest.transpose(0, 1) if first else rest])
    torch.testing.assert_close(ys, wanted.transpose(0, 1) if first else wanted)
    for found, want in zip(leaves(stream.state), leaves(wanted_after), strict=True):
        torch.testing.assert_close(found, want)
    stream.reset()
    assert not any(field.any() for field in leaves(stream.state))


def test_what_cannot_stream_says_so() -> None:
    ahead, back = Recurrent(gru, D, H), Recurrent(gru, D, H, reverse=True)
    for layer in (back, Bidirectional(ahead, back), GRU(D, H, bidirectional=True)):
        for each in (layer, Stack([layer])):
            with pytest.raises(ScanError, match="cannot stream"):
                each.stream()
    with pytest.raises(ScanError, match=r"batch is 0; it must be >= 1"):
        ahead.stream(0)
    with pytest.raises(ScanError, match="turns 5 features into 7"):
        Residual(ahead).stream().step(np.zeros(D, np.float32))


WRONG = {
    r"x is a list; pass a NumPy array or a tensor": [0.0] * D,
    r"x is float64 and the layer float32; convert it with .astype": np.zeros((2, D)),
    r"x is float64 and the layer float32; convert it with .to": torch.zeros(2, D).double(),
    r"x is an array of object; convert it with .astype": np.zeros((2, D), object),
    r"x has shape \[5\]; it must be \[B, D\] = \[2, 5\]": np.zeros(D, np.float32),
    r"x has shape \[1, 5\]; it must be \[B, D\] = \[2, 5\]": np.zeros((1, D), np.float32),
    r"x has shape \[2, 1\]; it must be \[B, D\] = \[2, 5\]": torch.zeros(2, 1),
    r"x has shape \[1, 2, 5\]; it must be \[B, D\] = \[2, 5\]": torch.zeros(1, 2, D),
    r"x is on meta and the layer on cpu": torch.zeros(2, D, device="meta"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_input_is_refused_in_one_line(text: str) -> None:
    stream = layer_of(gru, torch.float32).stream(2)
    with pytest.raises(ScanError, match=f"^stream of gru: {text}[^\n]*$"):
        stream.step(WRONG[text])
    assert not stream.state.h.any()


def test_other_wrong_arguments_are_refused_in_one_line() -> None:
    stream = layer_of(gru, torch.float32).stream(2)
    with pytest.raises(ScanError, match=r"xs has shape .*; it must be \[T, B, D\] = \[T, 2, 5\]$"):
        stream.run(np.zeros((2, D), np.float32))
    with pytest.raises(
        ScanError, match=r"state h is float32 \[1, 7\]; it must be float32 \[2, 7\]"
    ):
        stream.state = (torch.zeros(1, H),)
    with pytest.raises(ScanError, match="the state must be a tuple with h"):
        stream.state = torch.zeros(2, H)
    with pytest.raises(ScanError, match="there are no rows 2 in a batch of 2"):
        stream.reset(2)
    layers = GRU(D, H, num_layers=2)
    for wrong in (None, torch.zeros(1, 1, H), (torch.zeros(2, 1, H), None)):
        with pytest.raises(ScanError, match=r"the state must be \[2, B, H\], one for each layer"):
            layers.stream().state = wrong
    with pytest.raises(ScanError, match="the state must be a tuple with 1 states"):
        Stack([layers]).stream().state = torch.zeros(2, 1, H)


@every_cell
def test_copies_go_on_side_by_side_from_one_state(cell: segue.Cell) -> None:
    layer = layer_of(cell, torch.float32)
    xs, _ = draw(layer, 3)
    stream = layer.stream()
    stream.run(xs[:9, 0])
    wide, kept = stream.copy(3), stream.copy()
    ys = wide.run(xs[9:])
    torch.testing.assert_close(ys[:, 0], stream.run(xs[9:, 0]))
    assert torch.equal(kept.run(xs[9:, 0]), kept.copy().run(xs[9:, 0])) is False  # it went on
    with torch.no_grad():
        before = xs[:9, :1].expand(-1, 3, *xs.shape[2:])
        whole, _ = layer(torch.cat([before, xs[9:]]))
    torch.testing.assert_close(ys, whole[9:], rtol=1e-4, atol=1e-5)
    with pytest.raises(ScanError, match="only one can become several"):
        wide.copy(5)
