"""What torch makes by default, on another device or in another type, leaves a scan alone."""

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence

import segue
from segue import cells
from segue.nn import LSTM, Recurrent

CELLS = (cells.lstm, cells.lstm_layer_norm, cells.gru_original, cells.slstm)


def everything(cell: segue.Cell, xs: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
    """Whatever a layer can be asked for."""
    torch.manual_seed(0)
    layer = Recurrent(cell, 5, 7, reverse=True, device="cpu", dtype=xs.dtype)
    ys, state = layer(xs, None, lengths, torch.zeros_like(xs[..., 0], dtype=torch.bool))
    grads = torch.autograd.grad(ys.sum() + sum(s.sum() for s in state), list(layer.parameters()))
    stream = Recurrent(cell, 5, 7, device="cpu", dtype=xs.dtype).stream(xs.shape[1])
    torch.manual_seed(0)
    module = LSTM(5, 7, device="cpu", dtype=xs.dtype)
    packed, _ = module(pack_padded_sequence(xs, lengths, enforce_sorted=False))
    return ys, *grads, packed.data, stream.run(xs)[:0]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
@pytest.mark.parametrize("fresh", [False, True])
def test_another_default_device(cell: segue.Cell, fresh: bool) -> None:
    """Before, kernels read addresses of tensors that had none, and the process died."""
    xs, lengths = torch.randn(6, 20, 5), torch.arange(20) % 6 + 1
    wanted = everything(cell, xs, lengths)
    if fresh:  # nothing was traced or compiled on the usual device before
        cell.graphs.clear()
        cell.fitting.clear()
    with torch.device("meta"):
        found = everything(cell, xs, lengths)
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_another_default_type(cell: segue.Cell) -> None:
    xs, lengths = torch.randn(6, 20, 5), torch.arange(20) % 6 + 1
    wanted = everything(cell, xs, lengths)
    torch.set_default_dtype(torch.float64)
    try:
        found = everything(cell, xs, lengths)
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
