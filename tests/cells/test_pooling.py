"""Cells that are linear in their state, or nearly, against their papers' formulas."""

import pytest
import torch
from formulas import B, D, H, T, agree, draw, matrices, stack, vectors
from torch import Tensor

import segue
from segue import cells


def pooled(keep: Tensor, add: Tensor, start: Tensor) -> Tensor:
    """The solution of h_t = keep_t * h_(t-1) + add_t, all steps at once."""
    kept = keep.cumprod(0)
    return kept * (start + (add / kept).cumsum(0))


def test_mingru() -> None:
    """Feng et al. 2024, section 3.1."""
    w, b = matrices("zn", D), vectors("zn")

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        z = torch.sigmoid(w["z"] @ x + b["z"])
        h = (1 - z) * h + z * (w["n"] @ x + b["n"])
        return h, (h,)

    agree(cells.mingru, {"weight_ih": stack(w), "bias": stack(b)}, step)


def test_minlstm() -> None:
    """Feng et al. 2024, section 3.2."""
    w, b = matrices("fin", D), vectors("fin")

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        f = torch.sigmoid(w["f"] @ x + b["f"])
        i = torch.sigmoid(w["i"] @ x + b["i"])
        h = f / (f + i) * h + i / (f + i) * (w["n"] @ x + b["n"])
        return h, (h,)

    agree(cells.minlstm, {"weight_ih": stack(w), "bias": stack(b)}, step)


def test_minimal_cells_have_a_closed_form() -> None:
    w, b, xs, start = matrices("fin", D), vectors("fin"), draw(T, B, D), draw(B, H)
    f, i, n = (xs @ w[gate].T + b[gate] for gate in "fin")
    z, part = i.sigmoid(), i.sigmoid() / (f.sigmoid() + i.sigmoid())
    gru = {"weight_ih": torch.cat([w["i"], w["n"]]), "bias": torch.cat([b["i"], b["n"]])}
    lstm = {"weight_ih": stack(w), "bias": stack(b)}
    for cell, params, gate in ((cells.mingru, gru, z), (cells.minlstm, lstm, part)):
        ys, _ = segue.scan(cell, params, xs, (start,))
        torch.testing.assert_close(ys, pooled(1 - gate, gate * n, start))


def test_qrnn() -> None:
    """Bradbury et al. 2017, equations (2) and (4), with biases."""
    w, v, b = matrices("zfo", D), matrices("zfo", D), vectors("zfo")

    def step(x: Tensor, c: Tensor, x_prev: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        z = torch.tanh(v["z"] @ x_prev + w["z"] @ x + b["z"])
        f = torch.sigmoid(v["f"] @ x_prev + w["f"] @ x + b["f"])
        o = torch.sigmoid(v["o"] @ x_prev + w["o"] @ x + b["o"])
        c = f * c + (1 - f) * z
        return o * c, (c, x)

    params = {"weight_ih": stack(w), "weight_prev": stack(v), "bias": stack(b)}
    agree(cells.qrnn, params, step)


def test_qrnn_is_a_masked_convolution_and_pooling() -> None:
    w, v, b, xs = draw(3 * H, D), draw(3 * H, D), draw(3 * H), draw(T, B, D)
    convolution = torch.nn.Conv1d(D, 3 * H, 2, padding=1, dtype=torch.float64)
    with torch.no_grad():
        convolution.weight.copy_(torch.stack([v, w], -1))
        convolution.bias.copy_(b)
        # The padding on the right sees the last input as the previous one of a step that is none.
        z, f, o = convolution(xs.permute(1, 2, 0))[..., :T].permute(2, 0, 1).chunk(3, -1)
    keep = f.sigmoid()
    wanted = o.sigmoid() * pooled(keep, (1 - keep) * z.tanh(), torch.zeros(B, H))
    ys, (_, last) = segue.scan(
        cells.qrnn, {"weight_ih": w, "weight_prev": v, "bias": b}, xs.clone()
    )
    torch.testing.assert_close(ys, wanted)
    torch.testing.assert_close(last, xs[-1])


def test_sru() -> None:
    """Lei et al. 2018, equations (1) to (4)."""
    w, v, b = matrices("ufr", H), vectors("fr"), vectors("fr")

    def step(x: Tensor, c: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        f = torch.sigmoid(w["f"] @ x + torch.diag(v["f"]) @ c + b["f"])
        r = torch.sigmoid(w["r"] @ x + torch.diag(v["r"]) @ c + b["r"])
        c = f * c + (1 - f) * (w["u"] @ x)
        return r * c + (1 - r) * x, (c,)

    agree(cells.sru, {"weight_ih": stack(w), "weight_c": stack(v), "bias": stack(b)}, step)


@pytest.mark.parametrize("highway", [-1000.0, 1000.0])
def test_sru_passes_its_input_or_its_memory(highway: float) -> None:
    params = {field.name: draw(*field.shape({"H": H})) for field in cells.sru.params}
    params["bias"][H:] = highway
    xs = draw(T, B, H)
    ys, (c,) = segue.scan(cells.sru, params, xs)
    torch.testing.assert_close(ys[-1], xs[-1] if highway < 0 else c)
