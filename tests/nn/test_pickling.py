"""Layers, cells and states go to other processes and into files, as torch's own do."""

import copy
import io
import pickle
from typing import Any

import importable_cells
import pytest
import torch
from test_composition import EVERY, B, D, T, assert_same, built, draw
from torch import nn

import segue
from segue import cells
from segue.errors import CellError, ScanError
from segue.nn import Recurrent


def pickled(made: Any) -> Any:
    return pickle.loads(pickle.dumps(made))


def saved(made: Any) -> Any:
    file = io.BytesIO()
    torch.save(made, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


WAYS = {"pickle": pickled, "torch.save": saved, "deepcopy": copy.deepcopy}
CELLS = [
    *cells.registered(),
    importable_cells.leaky,
    importable_cells.gated(torch.tanh),
    importable_cells.gated(torch.relu, scale=0.5),
    importable_cells.Cells.inner,
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_cell_is_itself_again(cell: segue.Cell, way: str) -> None:
    assert WAYS[way](cell) is cell
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(cell, protocol)) is cell


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", EVERY)
def test_a_layer_and_its_state(name: str, way: str) -> None:
    layer = built(EVERY[name])
    x = draw(T, B, D)
    with torch.no_grad():
        y, state = layer(x)
    again = WAYS[way](layer)
    assert all(a is not b for a, b in zip(again.parameters(), layer.parameters(), strict=True))
    y_again, state_again = again(x)
    assert_same((y_again, state_again), (y, state))
    carried = WAYS[way](state)
    assert type(carried) is type(state)
    assert_same(carried, state)
    assert_same(again(x, carried), layer(x, state))


@pytest.mark.parametrize("way", WAYS)
def test_a_parametrized_layer(way: str) -> None:
    layer = nn.utils.parametrizations.spectral_norm(segue.nn.GRU(D, 4), "weight_hh_l0").eval()
    if way != "deepcopy":
        with pytest.raises(RuntimeError, match="only supported through state_dict"):
            WAYS[way](layer)  # torch's own rule for every parametrized module
        return
    x = torch.randn(T, B, D)
    assert_same(WAYS[way](layer)(x), layer(x))


def test_a_layer_works_in_a_process_that_was_spawned() -> None:
    for layer in (
        Recurrent(importable_cells.gated(torch.tanh), D, 4, sizes={}),
        segue.nn.Stack([Recurrent(cells.rnn(torch.relu), D, 4), segue.nn.LSTM(4, 3)]),
    ):
        xs = torch.randn(2, T, B, D)
        data = importable_cells.Steps(layer, xs)
        loader = torch.utils.data.DataLoader(
            data, batch_size=None, num_workers=1, multiprocessing_context="spawn"
        )
        for found, x in zip(loader, xs, strict=True):
            assert_same(found, layer(x))


def test_a_cell_that_no_other_process_finds_says_what_to_do() -> None:
    for cell in (importable_cells.unmarked(), importable_cells.renamed):
        layer = Recurrent(cell, 3, 3)
        _, state = layer(torch.zeros(T, B, 3))
        for made in (cell, layer, state):
            with pytest.raises(CellError, match=r"mark the function .* with @segue\.factory") as e:
                pickle.dumps(made)
            assert "\n" not in str(e.value)
        assert copy.deepcopy(layer).cell is cell


def test_a_factory_gives_equal_arguments_one_cell() -> None:
    assert cells.rnn() is cells.rnn(torch.tanh)
    assert cells.rnn(torch.relu) is not cells.rnn()
    assert importable_cells.gated(torch.tanh, 1.0) is importable_cells.gated(f=torch.tanh)
    assert importable_cells.gated(torch.tanh, 1) is not importable_cells.gated(torch.tanh, 1.0)
    assert cells.cornn.__name__ == "cornn"
    assert pickled(cells.cornn) is cells.cornn


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_says_what_to_do(way: str) -> None:
    for layer in (Recurrent(cells.gru, D, 4), segue.nn.LSTM(D, 4)):
        with pytest.raises(ScanError, match="make a new one of the layer and assign its state"):
            WAYS[way](layer.stream())
