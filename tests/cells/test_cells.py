"""The cells against torch's own, and against their equations written out by hand."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from segue import cells
from segue.engine.step.cell import Cell

D, H, P, B = 3, 5, 2, 4


def arguments(cell: Cell) -> tuple[list[Tensor], dict[str, Tensor]]:
    random = torch.Generator().manual_seed(0)
    sizes = {"D": D, "H": H, "P": P}

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64)

    flow = [draw(B, *field.shape(sizes)) for field in (cell.input, *cell.state)]
    return flow, {field.name: draw(*field.shape(sizes)) for field in cell.params}


def load(module: nn.Module, params: dict[str, Tensor]) -> None:
    """Give a module of torch the cell's weights; where a cell has one bias, torch adds two."""
    weights = {f"{name}_l0": value for name, value in params.items() if name != "bias"}
    if "bias" in params:
        weights |= {
            "bias_ih_l0": params["bias"] / 4,
            "bias_hh_l0": params["bias"] * 3 / 4,
        }
    module.load_state_dict(weights)


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_rnn_is_torchs(name: str) -> None:
    cell = cells.rnn(getattr(torch, name))
    (x, h), params = arguments(cell)
    module = nn.RNN(D, H, nonlinearity=name, dtype=torch.float64)
    load(module, params)
    wanted, _ = module(x[None], h[None])
    y, state = cell(x, h, **params)
    torch.testing.assert_close(y, wanted[0])
    torch.testing.assert_close(state, (wanted[0],))


def test_lstm_is_torchs() -> None:
    (x, h, c), params = arguments(cells.lstm)
    module = nn.LSTM(D, H, dtype=torch.float64)
    load(module, params)
    wanted, after = module(x[None], (h[None], c[None]))
    y, state = cells.lstm(x, h, c, **params)
    torch.testing.assert_close(y, wanted[0])
    torch.testing.assert_close(state, tuple(field[0] for field in after))


def test_lstm_projection_is_torchs() -> None:
    (x, h, c), params = arguments(cells.lstm_projection)
    module = nn.LSTM(D, H, proj_size=P, dtype=torch.float64)
    load(module, params)
    wanted, after = module(x[None], (h[None], c[None]))
    y, state = cells.lstm_projection(x, h, c, **params)
    torch.testing.assert_close(y, wanted[0])
    torch.testing.assert_close(state, tuple(field[0] for field in after))


def test_gru_is_torchs() -> None:
    (x, h), params = arguments(cells.gru)
    module = nn.GRU(D, H, dtype=torch.float64)
    load(module, params)
    wanted, _ = module(x[None], h[None])
    y, state = cells.gru(x, h, **params)
    torch.testing.assert_close(y, wanted[0])
    torch.testing.assert_close(state, (wanted[0],))


def test_gru_original_resets_before_the_product() -> None:
    """Equations (5) to (8) of Cho et al. 2014, one row at a time, with biases."""
    (x, h), params = arguments(cells.gru_original)
    y, (after,) = cells.gru_original(x, h, **params)
    w_r, w_z, w = np.split(params["weight_ih"].numpy(), 3)
    u_r, u_z = np.split(params["weight_hh"].numpy(), 2)
    u = params["weight_hn"].numpy()
    b_r, b_z, b = np.split(params["bias"].numpy(), 3)

    def sigmoid(a: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-a))

    for row in range(B):
        x_row, h_row = x[row].numpy(), h[row].numpy()
        r = sigmoid(w_r @ x_row + u_r @ h_row + b_r)
        z = sigmoid(w_z @ x_row + u_z @ h_row + b_z)
        candidate = np.tanh(w @ x_row + u @ (r * h_row) + b)
        # z keeps the old state, as in the paper.
        wanted = z * h_row + (1 - z) * candidate
        np.testing.assert_allclose(after[row].numpy(), wanted, rtol=1e-12)
        np.testing.assert_allclose(y[row].numpy(), wanted, rtol=1e-12)


def test_the_two_grus_differ() -> None:
    (x, h), params = arguments(cells.gru)
    same = {
        "weight_ih": params["weight_ih"],
        "weight_hh": params["weight_hh"][: 2 * H],
        "weight_hn": params["weight_hh"][2 * H :],
        "bias": params["bias_ih"],
    }
    after = cells.gru(x, h, **{**params, "bias_hh": torch.zeros_like(params["bias_hh"])})[0]
    before = cells.gru_original(x, h, **same)[0]
    assert (after - before).abs().max() > 1e-3


def test_every_cell_file_is_registered_and_cites_its_paper() -> None:
    files = {path.stem for path in Path(cells.__file__).parent.glob("*.py")} - {"__init__", "start"}
    codes = [cell.code for cell in cells.registered()]
    assert {Path(code.co_filename).stem for code in codes if code is not None} == files
    for cell in cells.registered():
        assert re.search(r"\b(19|20)\d\d\b", cell.doc), f"{cell.name} names no year"


def test_command_lines_offer_the_cells_that_need_no_other_size() -> None:
    offered = cells.by_name()
    fitting = {cell.name for cell in cells.registered() if set(cell.symbols) == {"D", "H"}}
    assert set(offered) == fitting >= {"gru", "lstm", "rnn"}
    assert all(offered[name].name == name for name in offered)
    x, h = torch.zeros(1, 1), torch.zeros(1, 1)
    weights = {
        field.name: -torch.ones(field.shape({"D": 1, "H": 1})) for field in cells.rnn().params
    }
    assert offered["rnn"](x, h, **weights)[0] == torch.tensor(-1.0).tanh()
    assert offered["lstm"] is cells.lstm
    with pytest.raises(TypeError):
        offered["mine"] = cells.lstm  # type: ignore[index]


def test_rnn_takes_any_f() -> None:
    cell = cells.rnn(lambda a: a.sin() * 2)
    (x, h), params = arguments(cell)
    wanted = (x @ params["weight_ih"].T + params["bias"] + h @ params["weight_hh"].T).sin() * 2
    torch.testing.assert_close(cell(x, h, **params)[0], wanted)
