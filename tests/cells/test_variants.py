"""Variants of LSTM, GRU and RNN against their papers' formulas, by gate, row and step."""

import pytest
import torch
from formulas import B, D, H, Parts, Step, T, agree, draw, matrices, stack, vectors
from torch import Tensor
from torch.nn import BatchNorm1d

import segue
from segue import cells
from segue.engine.run.backend import choose
from segue.engine.step.cell import Cell
from segue.engine.step.trace import trace


def normalised(a: Tensor, gain: Tensor, bias: Tensor | float) -> Tensor:
    """Equation (4) of Ba et al. 2016, for one row."""
    mean = a.sum() / len(a)
    deviation = ((a - mean).square().sum() / len(a) + 1e-5).sqrt()
    return gain * (a - mean) / deviation + bias


def test_lstm_layer_norm() -> None:
    """Equations (20) to (22) of Ba et al. 2016, with the shifts and the bias of the gates apart."""
    w, u = matrices("ifgo", D), matrices("ifgo", H)
    gain_x, gain_h, gain_c = vectors("ifgo"), vectors("ifgo"), draw(H)
    shift_x, shift_h, b, bias_c = vectors("ifgo"), vectors("ifgo"), vectors("ifgo"), draw(H)

    def step(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        of_x = normalised(torch.cat([w[k] @ x for k in "ifgo"]), stack(gain_x), stack(shift_x))
        of_h = normalised(torch.cat([u[k] @ h for k in "ifgo"]), stack(gain_h), stack(shift_h))
        i, f, g, o = (of_h + of_x + stack(b)).view(4, H)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(normalised(c, gain_c, bias_c))
        return h, (h, c)

    params = {
        "weight_ih": stack(w),
        "weight_hh": stack(u),
        "gain_ih": stack(gain_x),
        "gain_hh": stack(gain_h),
        "bias": stack(shift_x) + stack(shift_h) + stack(b),
        "gain_c": gain_c,
        "bias_c": bias_c,
    }
    agree(cells.lstm_layer_norm, params, step)


def test_gru_layer_norm() -> None:
    """The GRU of the supplement of Ba et al. 2016: the update gate lets the candidate in."""
    w, u = matrices("rzn", D), matrices("rzn", H)
    gain_x, gain_h, bias_x, bias_h = (vectors("rzn") for _ in range(4))

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        def gates(by: Parts, of: Tensor, gain: Parts, bias: Parts) -> Tensor:
            both = torch.cat([by["z"] @ of, by["r"] @ of])
            scale, shift = (torch.cat([each["z"], each["r"]]) for each in (gain, bias))
            return normalised(both, scale, shift)

        z, r = torch.sigmoid(gates(u, h, gain_h, bias_h) + gates(w, x, gain_x, bias_x)).view(2, H)
        of_x = normalised(w["n"] @ x, gain_x["n"], bias_x["n"])
        of_h = normalised(u["n"] @ h, gain_h["n"], bias_h["n"])
        h = (1 - z) * h + z * torch.tanh(of_x + r * of_h)
        return h, (h,)

    params = {
        "weight_ih": stack(w),
        "weight_hh": stack(u),
        "gain_ih": stack(gain_x),
        "gain_hh": stack(gain_h),
        "bias_ih": stack(bias_x),
        "bias_hh": stack(bias_h),
    }
    agree(cells.gru_layer_norm, params, step)


@pytest.mark.parametrize("cell", [cells.lstm_layer_norm, cells.gru_layer_norm], ids=str)
def test_a_normalised_product_does_not_feel_the_scale_of_its_weights(cell: Cell) -> None:
    params = {field.name: draw(*field.shape({"D": D, "H": H})) for field in cell.params}
    larger = params | {name: 7 * params[name] for name in ("weight_ih", "weight_hh")}
    xs = draw(T, B, D)
    # Equal but for the epsilon beneath the variance; the products of a zero state are zero.
    found, wanted = segue.scan(cell, larger, xs)[0], segue.scan(cell, params, xs)[0]
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-3)


def test_lstm_peephole() -> None:
    """Gers et al. 2002, section 3, with the tanh of the cell read out."""
    w, u, b, p = matrices("ifgo", D), matrices("ifgo", H), vectors("ifgo"), vectors("ifo")

    def step(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        i = torch.sigmoid(w["i"] @ x + u["i"] @ h + torch.diag(p["i"]) @ c + b["i"])
        f = torch.sigmoid(w["f"] @ x + u["f"] @ h + torch.diag(p["f"]) @ c + b["f"])
        c = f * c + i * torch.tanh(w["g"] @ x + u["g"] @ h + b["g"])
        o = torch.sigmoid(w["o"] @ x + u["o"] @ h + torch.diag(p["o"]) @ c + b["o"])
        h = o * torch.tanh(c)
        return h, (h, c)

    params = {"weight_ih": stack(w), "weight_hh": stack(u), "bias": stack(b)}
    agree(cells.lstm_peephole, params | {f"weight_c{k}": p[k] for k in "ifo"}, step)


def test_lstm_without_its_peepholes() -> None:
    params = {field.name: draw(*field.shape({"D": D, "H": H})) for field in cells.lstm.params}
    closed = params | {f"weight_c{k}": torch.zeros(H, dtype=torch.float64) for k in "ifo"}
    xs = draw(T, B, D)
    found, wanted = segue.scan(cells.lstm_peephole, closed, xs), segue.scan(cells.lstm, params, xs)
    torch.testing.assert_close(found[0], wanted[0])


def test_lstm_coupled() -> None:
    """Greff et al. 2017, section 2 and the variant CIFG, without peepholes."""
    w, u, b = matrices("igo", D), matrices("igo", H), vectors("igo")

    def step(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        z = torch.tanh(w["g"] @ x + u["g"] @ h + b["g"])
        i = torch.sigmoid(w["i"] @ x + u["i"] @ h + b["i"])
        c = z * i + c * (1 - i)
        h = torch.tanh(c) * torch.sigmoid(w["o"] @ x + u["o"] @ h + b["o"])
        return h, (h, c)

    params = {"weight_ih": stack(w), "weight_hh": stack(u), "bias": stack(b)}
    agree(cells.lstm_coupled, params, step)


def test_lstm_coupled_forgets_what_an_lstm_with_the_opposite_gate_forgets() -> None:
    w, u, b = matrices("igo", D), matrices("igo", H), vectors("igo")

    def with_forget(parts: Parts) -> Tensor:
        return torch.cat([parts["i"], -parts["i"], parts["g"], parts["o"]])

    xs, names = draw(T, B, D), ("weight_ih", "weight_hh", "bias")
    coupled = dict(zip(names, map(stack, (w, u, b)), strict=True))
    free = dict(zip(names, map(with_forget, (w, u, b)), strict=True))
    found, wanted = segue.scan(cells.lstm_coupled, coupled, xs), segue.scan(cells.lstm, free, xs)
    torch.testing.assert_close(found[0], wanted[0])
    torch.testing.assert_close(found[1].c, wanted[1].c)
    # A mean of the old cell and of a tanh stays between -1 and 1.
    assert found[1].c.abs().max() <= 1


def test_mgu() -> None:
    """Zhou et al. 2016, table 3: the products act on [h, x] and [f * h, x] together."""
    w, u, b = matrices("fn", D), matrices("fn", H), vectors("fn")

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        f = torch.sigmoid(torch.cat([u["f"], w["f"]], 1) @ torch.cat([h, x]) + b["f"])
        n = torch.tanh(torch.cat([u["n"], w["n"]], 1) @ torch.cat([f * h, x]) + b["n"])
        h = (1 - f) * h + f * n
        return h, (h,)

    params = {"weight_ih": stack(w), "weight_hf": u["f"], "weight_hn": u["n"], "bias": stack(b)}
    agree(cells.mgu, params, step)


def ligru_step(w: Parts, u: Parts, b: Parts) -> Step:
    """Ravanelli et al. 2018, with b where the batch normalisation would be."""

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        z = torch.sigmoid(w["z"] @ x + b["z"] + u["z"] @ h)
        candidate = (w["n"] @ x + b["n"] + u["n"] @ h).clamp(min=0)
        h = z * h + (1 - z) * candidate
        return h, (h,)

    return step


def test_ligru() -> None:
    w, u, b = matrices("zn", D), matrices("zn", H), vectors("zn")
    params = {"weight_ih": stack(w), "weight_hh": stack(u), "bias": stack(b)}
    agree(cells.ligru, params, ligru_step(w, u, b))


def test_trained_batch_statistics_fold_into_ligru() -> None:
    w, u = matrices("zn", D), matrices("zn", H)
    norm = BatchNorm1d(2 * H, dtype=torch.float64).eval()
    with torch.no_grad():
        for each in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
            assert each is not None
            each.copy_(torch.rand(2 * H, dtype=torch.float64) + 0.5)
        zeros = torch.zeros(1, 2 * H, dtype=torch.float64)
        shift = norm(zeros)[0]
        scale = norm(zeros + 1)[0] - shift
    folded = {"weight_ih": scale[:, None] * stack(w), "weight_hh": stack(u), "bias": shift}

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        of_x = norm((stack(w) @ x)[None])[0]
        nothing = {gate: torch.zeros(H, D, dtype=torch.float64) for gate in "zn"}
        return ligru_step(nothing, u, {"z": of_x[:H], "n": of_x[H:]})(x, h)

    agree(cells.ligru, folded, step)


def test_indrnn() -> None:
    """Equation (2) of Li et al. 2018, one unit at a time."""
    w, u, b = draw(H, D), draw(H), draw(H)

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        units = [max(0.0, float(w[n] @ x + u[n] * h[n] + b[n])) for n in range(H)]
        h = torch.tensor(units, dtype=torch.float64)
        return h, (h,)

    agree(cells.indrnn, {"weight_ih": w, "weight_hh": u, "bias": b}, step)


def test_indrnn_without_recurrence_is_a_linear_layer_and_relu() -> None:
    w, b, xs = draw(H, D), draw(H), draw(T, B, D)
    params = {"weight_ih": w, "weight_hh": torch.zeros(H, dtype=torch.float64), "bias": b}
    ys, _ = segue.scan(cells.indrnn, params, xs, (draw(B, H),))
    torch.testing.assert_close(ys, torch.nn.functional.linear(xs, w, b).relu())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("cell", cells.registered(), ids=lambda cell: cell.name)
def test_every_registered_cell_runs_through_kernels(cell: Cell, dtype: torch.dtype) -> None:
    graph = trace(cell, dict(zip(cell.symbols, (3, 5, 2), strict=False)), dtype)
    choice = choose(graph, torch.device("cpu"))
    assert choice.backend.name == "fused", choice.refusals
