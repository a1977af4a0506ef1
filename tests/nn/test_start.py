"""How parameters start, and tensors that are never learned."""

# ruff: noqa: F821, F722

import copy
import io

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import segue
from segue import cells
from segue.engine import laws
from segue.engine.run.backend import BACKENDS
from segue.engine.step.trace import trace
from segue.errors import CellError, ScanError
from segue.nn import GRU, LSTM, Bidirectional, Recurrent, Stack


def sparse(weight: Tensor) -> None:
    """A reservoir: one weight in three is not 0, and its norm is below 1."""
    nn.init.uniform_(weight, -1, 1)
    weight *= torch.rand(weight.shape) < 0.3
    weight *= 0.9 / (torch.linalg.matrix_norm(weight, 2) + 1e-3)


def lower(mask: Tensor) -> None:
    mask.fill_(1).tril_()


@segue.cell
def reservoir(
    x: "D",
    h: "H",
    *,
    weight_ih: "H D",
    weight_hh: "H H" = segue.fixed(sparse),
    mask: "H H" = segue.fixed(lower),
    weight_out: "H H" = nn.init.eye_,
    gain: "H" = nn.init.ones_,
):
    """A reservoir whose units see those before them alone."""
    h = (gain * (x @ weight_ih.T) + h @ (weight_hh * mask).T).tanh()
    return h @ weight_out.T, (h,)


def layer() -> Recurrent:
    torch.manual_seed(0)
    return Recurrent(reservoir, input_size=3, hidden_size=5)


def test_what_is_fixed_is_a_buffer_and_the_rest_is_learned() -> None:
    made = layer()
    assert [name for name, _ in made.named_parameters()] == ["weight_ih", "weight_out", "gain"]
    assert [name for name, _ in made.named_buffers()] == ["weight_hh", "mask"]
    assert set(made.state_dict()) == {field.name for field in reservoir.params}
    assert made.double().mask.dtype == torch.float64
    assert torch.equal(made.mask, torch.ones(5, 5).double().tril())


def test_training_leaves_what_is_fixed_as_it_was() -> None:
    made, x = layer(), torch.randn(6, 4, 3)
    before = copy.deepcopy(made.state_dict())
    optimizer = torch.optim.SGD(made.parameters(), 0.1)
    made(x)[0].square().sum().backward()
    optimizer.step()
    for name, tensor in made.state_dict().items():
        same = torch.equal(tensor, before[name])
        assert same == (name in {"weight_hh", "mask"}), name
    assert made.weight_hh.grad is None


def test_the_laws_hold_with_what_is_fixed() -> None:
    laws.check(reservoir)
    derivative = laws.Case(reservoir, {"D": 3, "H": 5}, torch.float64, BACKENDS[0])
    data = laws.draw(derivative)
    assert {name for name, each in data.params.items() if not each.requires_grad} == {
        "weight_hh",
        "mask",
    }
    assert torch.equal(data.params["mask"], torch.ones(5, 5).double().tril())
    assert 0 < (data.params["gain"] - 1).abs().max() < 1, "near its start, and not at it"


def test_what_is_computed_of_fixed_tensors_leaves_the_loop(
    capsys: pytest.CaptureFixture[str],
) -> None:
    segue.explain(layer())
    shown = capsys.readouterr().out
    fixed = shown.partition("Fixed: of parameters alone, once for each call")[2]
    assert "mul(weight_hh, mask)" in fixed.partition("Forward loop")[0]
    assert "Fixed, never learned" in shown
    total = shown.partition("Parameters\n")[2].partition("total")[2].split()[0]
    assert total == str(5 * 3 + 5 * 5 + 5)


def test_layers_on_top_of_layers_and_both_directions() -> None:
    torch.manual_seed(0)
    both = Bidirectional(layer(), Recurrent(reservoir, 3, 5, reverse=True))
    stack = Stack([both, Recurrent(reservoir, 10, 4)])
    x, lengths = torch.randn(6, 2, 3), torch.tensor([6, 2])
    y, _ = stack(x, lengths=lengths)
    alone, _ = stack(x[:2, 1:])
    torch.testing.assert_close(y[:2, 1:], alone)
    again = copy.deepcopy(stack)
    again.load_state_dict(stack.state_dict())
    assert torch.equal(again(x, lengths=lengths)[0], y)


def test_a_stream_goes_on_with_what_is_fixed() -> None:
    made, x = layer(), torch.randn(6, 1, 3)
    stream = made.stream()
    steps = np.stack([stream.step(each) for each in x[:, 0].numpy()])
    torch.testing.assert_close(torch.from_numpy(steps), made(x)[0][:, 0].detach())


def test_an_exported_layer_brings_what_is_fixed() -> None:
    made, x = layer(), torch.randn(6, 2, 3)
    program = torch.export.export(made, (x,))
    assert torch.equal(program.module()(x)[0], made(x)[0])
    held = io.BytesIO()
    torch.export.save(program, held)
    held.seek(0)
    assert torch.equal(torch.export.load(held).module()(x)[0], made(x)[0])


def test_a_layer_in_bfloat16_and_without_numbers() -> None:
    made = layer().bfloat16()
    assert made(torch.ones(3, 2, 3).bfloat16())[0].isfinite().all()
    empty = Recurrent(reservoir, 3, 5, device="meta")
    assert empty.mask.is_meta
    assert empty.weight_ih.is_meta


@pytest.mark.parametrize("cell", [cells.lstm_layer_norm, cells.gru_layer_norm], ids=str)
def test_gains_start_at_one_and_shifts_at_zero(cell: segue.Cell) -> None:
    made = Recurrent(cell, 3, 5)
    for name, param in made.named_parameters():
        if "gain" in name or "bias" in name:
            assert (param == float("gain" in name)).all(), name
        else:
            assert param.abs().max() <= 5**-0.5


def test_indrnn_starts_in_its_range() -> None:
    weight = Recurrent(cells.indrnn, 3, 1000).weight_hh
    assert 0 <= weight.min() < 0.1
    assert 0.9 < weight.max() <= 1


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_the_drop_ins_and_their_cells_start_as_torch_does(name: str) -> None:
    torchs = {"lstm": nn.LSTM, "gru": nn.GRU}[name]
    torch.manual_seed(3)
    wanted = torchs(3, 5).state_dict()
    torch.manual_seed(3)
    found = {"lstm": LSTM, "gru": GRU}[name](3, 5).state_dict()
    assert all(torch.equal(found[key], each) for key, each in wanted.items())
    torch.manual_seed(3)
    made = Recurrent(cells.by_name()[name], 3, 5)
    assert torch.equal(made.weight_ih, wanted["weight_ih_l0"])
    assert torch.equal(made.weight_hh, wanted["weight_hh_l0"])


def test_a_layer_may_start_otherwise_than_its_cell() -> None:
    start = {
        "bias": cells.start.chrono(50, keep=1, gates=4, let_in=0),
        "weight_hh": cells.start.orthogonal(4),
    }
    made = Recurrent(cells.lstm, 3, 6, start=start)
    torch.testing.assert_close(made.bias[6:12], -made.bias[:6])
    assert made.bias[12:].abs().max() == 0
    assert made.bias[6:12].exp().max() <= 49
    for block in made.weight_hh.chunk(4):
        torch.testing.assert_close(block @ block.T, torch.eye(6), atol=1e-5, rtol=0)
    before = made.bias.clone()
    made.reset_parameters()
    assert not torch.equal(made.bias, before)
    torch.testing.assert_close(made.bias[6:12], -made.bias[:6])
    with pytest.raises(ScanError, match="start has bais, no parameter of lstm"):
        Recurrent(cells.lstm, 3, 6, start={"bais": nn.init.zeros_})


def test_a_start_that_fails_is_named_in_one_line() -> None:
    @segue.cell
    def wrong(x: "H", h: "H", *, decay: "H" = nn.init.orthogonal_):
        return h, (decay * h + x,)

    wanted = (
        r"cell wrong \(test_start.py:\d+\): decay of shape \[4\] does not start: ValueError: .*"
    )
    with pytest.raises(CellError, match=wanted + "fill such a tensor in place") as caught:
        Recurrent(wrong, 4, 4)
    assert "\n" not in str(caught.value)
    with pytest.raises(CellError, match="decay is missing; pass decay="):
        wrong(torch.ones(1, 4), torch.ones(1, 4))


def test_a_table_from_outside_is_refused_with_the_way_to_declare_it() -> None:
    table = torch.ones(4)

    @segue.cell
    def outside(x: "H", h: "H"):
        return h, (table * h + x,)

    with pytest.raises(CellError, match=r"with the default segue\.fixed\(\.\.\.\) if it is not"):
        trace(outside, {"H": 4})
