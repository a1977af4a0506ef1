"""sLSTM and UGRNN against their papers' formulas, and at gates that no exponential survives."""

import pytest
import torch
from formulas import B, D, H, Parts, T, agree, draw, matrices, stack, vectors
from torch import Tensor

import segue
from segue import cells


def slstm_params() -> tuple[Parts, Parts, Parts, Parts]:
    w, r, b = matrices("ifzo", D), matrices("ifzo", H), vectors("ifzo")
    for part in (*w.values(), *r.values(), *b.values()):
        part.requires_grad_()
    return w, r, b, {"weight_ih": stack(w), "weight_hh": stack(r), "bias": stack(b)}


def test_slstm_stabilised() -> None:
    """Beck et al. 2024, equations (8) to (17), from a state that has seen something."""
    w, r, b, params = slstm_params()

    def step(x: Tensor, h: Tensor, c: Tensor, n: Tensor, m: Tensor) -> tuple:
        i, f, z, o = (w[gate] @ x + r[gate] @ h + b[gate] for gate in "ifzo")
        log_f = torch.log(torch.sigmoid(f))
        m_new = torch.maximum(log_f + m, i)
        i, f = torch.exp(i - m_new), torch.exp(log_f + m - m_new)
        c = f * c + i * torch.tanh(z)
        n = f * n + i
        h = torch.sigmoid(o) * (c / n)
        return h, (h, c, n, m_new)

    state = draw(B, H), draw(B, H), 1 + draw(B, H).abs(), draw(B, H)
    agree(cells.slstm, params, step, state)


def test_slstm_is_what_it_would_be_without_a_stabiliser() -> None:
    """Beck et al. 2024, equations (8) to (14), from zeros; gradients too."""
    w, r, b, params = slstm_params()
    xs, hs = draw(T, B, D), []
    h, c, n = (torch.zeros(B, H, dtype=torch.float64) for _ in range(3))
    for x in xs:
        i, f, z, o = (x @ w[gate].T + h @ r[gate].T + b[gate] for gate in "ifzo")
        c = torch.sigmoid(f) * c + torch.exp(i) * torch.tanh(z)
        n = torch.sigmoid(f) * n + torch.exp(i)
        h = torch.sigmoid(o) * (c / n)
        hs.append(h)
    ys, state = segue.scan(cells.slstm, params, xs)
    wanted = torch.stack(hs)
    torch.testing.assert_close(ys, wanted, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(state.c * state.m.exp(), c, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(state.n * state.m.exp(), n, rtol=1e-10, atol=1e-12)
    cotangent, parts = draw(T, B, H), [*w.values(), *r.values(), *b.values()]
    found = torch.autograd.grad(ys, parts, cotangent)
    expected = torch.autograd.grad(wanted, parts, cotangent)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("spread", [1.0, 300.0, 3000.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_slstm_at_any_gates_is_a_mean_of_what_came_in(dtype: torch.dtype, spread: float) -> None:
    """Without recurrence c / n is a mean of tanh(z), weighted by products of the gates."""
    gates = draw(T, B, 4 * H)
    gates[..., : 2 * H] *= spread
    i, f, z, o = gates.to(dtype).double().chunk(4, -1)
    params = {
        "weight_ih": torch.eye(4 * H, dtype=dtype),
        "weight_hh": torch.zeros(4 * H, H, dtype=dtype),
        "bias": torch.zeros(4 * H, dtype=dtype, requires_grad=True),
    }
    ys, state = segue.scan(cells.slstm, params, gates.to(dtype))
    passed = torch.nn.functional.logsigmoid(f).cumsum(0)
    for t in range(T):
        weights = torch.softmax((i + passed[t] - passed)[: t + 1], 0)
        wanted = o[t].sigmoid() * (weights * z[: t + 1].tanh()).sum(0)
        tolerance = 100 * spread * torch.finfo(dtype).eps
        torch.testing.assert_close(ys[t].double(), wanted, rtol=0, atol=tolerance)
    (gradient,) = torch.autograd.grad(ys.sum() + state.c.sum(), params["bias"])
    assert gradient.isfinite().all()
    assert (state.n >= 1).all()


@pytest.mark.parametrize("size", [-1e3, -1.0, 1e3])
def test_the_first_input_of_an_slstm_counts_alone(size: float) -> None:
    """However small its gate is, and in each unit and row by itself."""
    params = {name: param.detach() for name, param in slstm_params()[3].items()}
    params["bias"][:H] += size
    x, state = draw(B, D), [torch.zeros(B, H, dtype=torch.float64) for _ in range(4)]
    seen = torch.zeros(B, H, dtype=torch.bool)
    seen[0, 1:] = seen[1, 2] = True
    state[1][seen], state[2][seen], state[3][seen] = 0.5, 2.0, size + 1
    h, _ = cells.slstm(x, *state, **params)
    _, _, z, o = (x @ params["weight_ih"].T + params["bias"]).chunk(4, -1)
    alone = torch.isclose(h, o.sigmoid() * z.tanh(), rtol=1e-10)
    assert torch.equal(alone, ~seen)


def test_ugrnn() -> None:
    """Collins et al. 2017: the gate keeps the old state."""
    w, u, b = matrices("gc", D), matrices("gc", H), vectors("gc")

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        c = torch.tanh(u["c"] @ h + w["c"] @ x + b["c"])
        g = torch.sigmoid(u["g"] @ h + w["g"] @ x + b["g"])
        h = g * h + (1 - g) * c
        return h, (h,)

    params = {"weight_ih": stack(w), "weight_hh": stack(u), "bias": stack(b)}
    agree(cells.ugrnn, params, step)


def test_ugrnn_with_its_gate_open_or_closed() -> None:
    w, u, b, xs, start = draw(2 * H, D), draw(2 * H, H), draw(2 * H), draw(T, B, D), draw(B, H)
    keeping, passing = b.clone(), b.clone()
    keeping[:H], passing[:H] = 1000.0, -1000.0
    params = {"weight_ih": w, "weight_hh": u}
    ys, _ = segue.scan(cells.ugrnn, params | {"bias": keeping}, xs, (start,))
    torch.testing.assert_close(ys, start.expand_as(ys))
    ys, _ = segue.scan(cells.ugrnn, params | {"bias": passing}, xs, (start,))
    plain = {"weight_ih": w[H:], "weight_hh": u[H:], "bias": b[H:]}
    torch.testing.assert_close(ys, segue.scan(cells.rnn(), plain, xs, (start,))[0])
