"""A step with several inputs, and one that shows what stands beside its output."""

# ruff: noqa: F722, F821

import pickle

import numpy as np
import pytest
import torch
from torch import Tensor

import segue
from segue.engine import laws
from segue.errors import CellError, ScanError
from segue.nn import Recurrent


@segue.cell
def gru_d(
    x: "D", mask: "D", delta: "D", /, h: "H", *, decay_x: "D", decay_h: "H D",
    weight: "3H D", weight_mask: "3H D", weight_hh: "3H H", bias: "3H",
):  # fmt: skip
    """A GRU whose input and state decay while nothing is seen (Che et al. 2018)."""
    rate = torch.exp(-torch.relu(delta * decay_x))
    seen = mask * x + (1 - mask) * rate * x
    h = h * torch.exp(-torch.relu(delta @ decay_h.T))
    r, z, n = (seen @ weight.T + mask @ weight_mask.T + bias).chunk(3, -1)
    hr, hz, hn = (h @ weight_hh.T).chunk(3, -1)
    z = (z + hz).sigmoid()
    h = z * h + (1 - z) * torch.tanh(n + (r + hr).sigmoid() * hn)
    return h, (h,), {"update": z, "rate": rate.mean(1)}


@segue.cell
def timed(x: "D K", age: "", /, s: "K"):
    """Inputs of other ranks; K is known from the state alone, D from the inputs."""
    s = s + x.sum(1) * age[:, None]
    return s, (s,)


SIZES = {"D": 3, "H": 5}


def parts(layer: Recurrent, steps: int = 6, rows: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    x = torch.randn(steps, rows, layer.input_size)
    return x, (torch.rand_like(x) < 0.5).float(), torch.rand_like(x)


@pytest.fixture
def layer() -> Recurrent:
    torch.manual_seed(0)
    return Recurrent(gru_d, 3, 5)


def by_equation(layer: Recurrent, inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    h, ys, gates = torch.zeros(inputs[0].shape[1], 5), [], []
    params = dict(layer.named_parameters())
    for now in zip(*inputs, strict=True):
        y, (h,), shown = gru_d(*now, h, **params)
        ys.append(y)
        gates.append(shown["update"])
    return torch.stack(ys), torch.stack(gates)


@pytest.mark.parametrize("cell", [gru_d, gru_d.observed, timed], ids=str)
def test_the_laws_hold(cell: segue.Cell) -> None:
    laws.check(cell)


def test_they_run_in_kernels(layer: Recurrent) -> None:
    assert repr(layer.stream()) == "CellStream(gru_d, D=3, H=5, batch=1, fused)"
    assert str(gru_d).startswith("gru_d(x: D, mask: D, delta: D, /, h: H | decay_x: D")


def test_values_are_the_equations(layer: Recurrent) -> None:
    inputs = parts(layer)
    want, gates = by_equation(layer, inputs)
    y, state = layer(inputs)
    torch.testing.assert_close(y, want)
    torch.testing.assert_close(state.h, want[-1])
    named = dict(zip(("delta", "x", "mask"), (inputs[2], *inputs[:2]), strict=True))
    assert torch.equal(layer(named)[0], y)
    assert torch.equal(layer(torch.cat(inputs, 2))[0], y)
    observed, _, shown = layer.observe(inputs)
    torch.testing.assert_close(observed, want)
    torch.testing.assert_close(shown["update"], gates)
    assert shown["rate"].shape == (6, 4)


def test_gradients_reach_each_input(layer: Recurrent) -> None:
    inputs = tuple(each.requires_grad_() for each in parts(layer))
    found = torch.autograd.grad(layer(inputs)[0].square().sum(), inputs)
    want = torch.autograd.grad(by_equation(layer, inputs)[0].square().sum(), inputs)
    for one, other in zip(found, want, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_what_is_shown_has_gradients_and_zeros_in_padding(layer: Recurrent) -> None:
    inputs = parts(layer)
    _, _, shown = layer.observe(inputs, lengths=[6, 2, 0, 4])
    assert not shown["update"][2:, 1].any()
    assert shown["update"][:2, 1].all()
    shown["update"].sum().backward()
    assert layer.weight_mask.grad is not None
    assert layer.weight_mask.grad.abs().sum() > 0


def test_laid_out_with_the_batch_in_front(layer: Recurrent) -> None:
    inputs = parts(layer)
    turned = Recurrent(gru_d, 3, 5, batch_first=True)
    turned.load_state_dict(layer.state_dict())
    flipped = tuple(each.transpose(0, 1) for each in inputs)
    lengths = [6, 2, 0, 4]
    y, _, shown = turned.observe(flipped, lengths=lengths)
    other, _, others = layer.observe(inputs, lengths=lengths)
    assert torch.equal(y.transpose(0, 1), other)
    assert torch.equal(shown["rate"].transpose(0, 1), others["rate"])


def test_a_stream_takes_them(layer: Recurrent) -> None:
    inputs = [each.numpy() for each in parts(layer, rows=1)]
    y = layer.stream().run(tuple(each[:, 0] for each in inputs))
    stream = layer.stream()
    for t in range(6):
        step = stream.step(
            {"x": inputs[0][t, 0], "mask": inputs[1][t, 0], "delta": inputs[2][t, 0]}
        )
        assert np.array_equal(step, y[t])
    by_tensors = layer.stream().run(tuple(torch.from_numpy(each[:, 0]) for each in inputs))
    assert torch.equal(by_tensors, torch.from_numpy(y))


def test_compiled_exported_and_pickled(layer: Recurrent) -> None:
    inputs = parts(layer)
    want = layer(inputs)[0]
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    assert torch.equal(compiled(inputs)[0], want)
    exported = torch.export.export(layer, (inputs,)).module()
    assert torch.equal(exported(inputs)[0], want)
    assert torch.equal(pickle.loads(pickle.dumps(layer))(inputs)[0], want)


def test_sizes_that_only_packed_inputs_show() -> None:
    xs = torch.arange(12.0).reshape(1, 2, 6)
    age = torch.ones(1, 2)
    given = torch.cat([xs, age[:, :, None]], 2)
    y, _ = segue.scan(timed, {}, given, (torch.zeros(2, 3),))
    assert torch.equal(y, xs.reshape(1, 2, 2, 3).sum(2))
    assert torch.equal(segue.scan(timed, {}, (xs.reshape(1, 2, 2, 3), age))[0], y)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p[:2], "2 of the cell's 3 inputs are given; pass a tuple with x, mask, delta"),
        (lambda p: {"x": p[0]}, "the inputs are x; pass a tuple with x, mask, delta"),
        (
            lambda p: (p[0], p[1][:, :2], p[2]),
            "mask has \\[6, 2\\] steps and rows and x \\[6, 4\\]",
        ),
        (lambda p: (p[0], p[1].bool(), p[2]), "mask is bool and xs float32"),
        (lambda p: (p[0], p[1][:, :, :2], p[2]), "mask has shape \\[6, 4, 2\\].*D = 3 by decay_x"),
        (lambda p: torch.zeros(6, 4, 8), "xs has shape \\[6, 4, 8\\]; it must be \\[T, B, D \\+ D"),
        (lambda p: (p[0], p[1], 3), "delta is a int; pass a tensor"),
    ],
)
def test_what_does_not_fit_is_one_line(layer: Recurrent, change, said: str) -> None:
    with pytest.raises(ScanError, match=said):
        layer(change(parts(layer)))


def test_a_stream_says_what_does_not_fit(layer: Recurrent) -> None:
    stream = layer.stream()
    three = np.zeros(3, np.float32)
    with pytest.raises(ScanError, match=r"mask has shape \[2\]; it must be \[\.\.\., 3\]"):
        stream.step((three, three[:2], three))
    with pytest.raises(ScanError, match=r"it must be \[B, D \+ D \+ D\]"):
        stream.step(np.zeros(8, np.float32))


def test_a_step_that_shows_nothing_is_not_observed() -> None:
    layer = Recurrent(segue.cells.gru, 2, 3)
    with pytest.raises(CellError, match="shows nothing beside its output; return a third"):
        layer.observe(torch.zeros(1, 1, 2))


def test_what_is_shown_has_rows() -> None:
    @segue.cell
    def whole(x: "H", h: "H"):
        return x + h, (x,), {"mean": x.mean()}

    with pytest.raises(CellError, match="shows 'mean' as \\[\\]; it must be a tensor"):
        Recurrent(whole, 2, 2).observe(torch.zeros(1, 1, 2))
    assert Recurrent(whole, 2, 2)(torch.ones(1, 1, 2))[0].sum() == 2
