"""Steps that `trace` accepts, of every sort that a user may write."""

# ruff: noqa: F722, F821

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

Step = Callable[..., Any]
ACCEPTED: list[Step] = []
HALF, TWO = 0.5, torch.tensor(2.0)


def accepted(step: Step) -> Step:
    ACCEPTED.append(step)
    return step


@accepted
def layer_norm(x: "D", h: "H", *, w: "H D", g: "H", b: "H"):
    h = F.layer_norm(F.linear(x, w) + h, (h.shape[-1],), g, b)
    return h, (h,)


@accepted
def rms_norm_made_in_place(x: "D", h: "H"):
    h = F.rms_norm(h, (h.shape[-1],))
    return h, (h,)


@accepted
def matrix_state(x: "D", m: "H H", *, w: "H D"):
    k = F.linear(x, w)
    m = HALF * m + torch.einsum("bi,bj->bij", k, k)
    return torch.einsum("bij,bj->bi", m, k), (m,)


@accepted
def scalar_state(x: "", s: ""):
    s = s + x
    return s, (s,)


@accepted
def own_tensors_changed_in_place(x: "D", h: "H", *, w: "H D"):
    g = x @ w.T
    g += h
    g[:, 1:].tanh_()
    out = torch.zeros_like(h)
    out[:, 0] = g[:, -1]
    out[:, 1:] = 1 - g[:, 1:]
    return out, (g * TWO * torch.tensor(0.5),)


@accepted
def parts_filled_in(x: "D", h: "H"):
    h = h.clone() + x.sum(-1, keepdim=True)
    h[h > 1] = -1
    h[:, 0] = 0.5
    h[:, -1] = (x > 0).sum(-1)
    h[:, :2] = x[:, :1]
    return h, (h * 0.9,)


@accepted
def attention_over_slots(x: "H", m: "4 H"):
    m = m + F.scaled_dot_product_attention(m, m, m)
    return m[:, 0], (torch.cat([m[:, 1:], x[:, None]], 1),)


class Spike(torch.autograd.Function):
    """A step up, whose gradient is one."""

    @staticmethod
    def forward(ctx, x):
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        return grad


@accepted
def spiking(x: "H", v: "H"):
    spikes = Spike.apply(0.9 * v + x - 1)
    return spikes, (v * (1 - spikes),)


@accepted
def sorted_features(x: "D", h: "H"):
    h = h.sort(-1).values
    return h, (h,)


@accepted
def convolution_over_features(x: "D", h: "H", *, w: "H 1 3"):
    h = F.conv1d(h[:, None], w, padding=1).mean(1)
    return h, (h,)


@accepted
def joined_and_reduced(x: "D", h: "H", *, w: "H D"):
    z = torch.cat([x @ w.T, h], -1).view(len(h), 2, -1)
    h = z.logsumexp(1) + z.max(1).values - z.var(1, correction=0) + z.prod(1)
    return h, (h,)


@accepted
def chosen(x: "D", h: "H"):
    h = torch.where(h > 0, h, -h).clamp(-1, 1) + h.softmax(-1) + h.cumsum(-1)
    return h, (h,)


@accepted
def numbered_features(x: "D", h: "H"):
    h = h + torch.arange(h.shape[1], dtype=h.dtype)
    return h, (h,)


@accepted
def output_of_its_own(x: "D", h: "H"):
    return torch.ones(len(h), 7), (h * 1,)


@accepted
def input_kept_as_state(x: "D", before: "D"):
    return x - before, (x,)


@accepted
def products_of_rows(x: "D", h: "H", c: "H", *, w: "H D"):
    h = (h.unsqueeze(1) @ torch.diag_embed(c)).squeeze(1) + x @ w.T
    return h, (h, c.flip(-1).roll(1, -1))


@accepted
def solved(x: "D", h: "H"):
    near_one = torch.eye(h.shape[1], dtype=h.dtype) + h[:, :, None] * h[:, None, :] / 100
    h = torch.linalg.solve(near_one, h)
    return h, (h,)


@accepted
def looked_up(x: "D", h: "H", *, table: "7 H"):
    h = h + table[(x.sum(-1) > 0).long()]
    return h, (h,)


@accepted
def activations(x: "D", h: "H"):
    h = F.gelu(h) + F.silu(h) + F.softplus(h) + F.elu(h) + F.logsigmoid(h) + F.mish(h) + h.erf()
    return h, (h,)


@accepted
def padded_features(x: "D", h: "H"):
    h = F.pad(h, (1, 1), value=1.0)[:, 1:-1]
    return h, (h,)


@accepted
def heads(x: "D", h: "4H"):
    q = h.view(-1, 4, h.shape[1] // 4)
    h = ((q @ q.transpose(1, 2)).softmax(-1) @ q).reshape(h.shape)
    return h, (h,)


@accepted
def rows_last_for_a_while(x: "D", h: "H", *, w: "H H"):
    h = (w @ h.T).softmax(0).T
    return h, (h,)


@accepted
def gradient_of_an_energy(x: "H", h: "H"):
    h = h - HALF * torch.func.grad(lambda q: ((q.tanh() - x) ** 2).sum())(h)
    return h, (h,)


@accepted
def mapped(x: "D", h: "H"):
    h = torch.vmap(lambda row: row / (1 + row.norm()))(h)
    return h, (h,)


@accepted
def dropout_of_nothing(x: "D", h: "H"):
    h = F.dropout(h, 0.5, training=False)
    return h, (h,)


@accepted
def sizes_decide(x: "D", h: "H"):
    h = h.tanh() if h.shape[-1] > 4 else h.sigmoid()
    for _ in range(h.shape[1]):
        h = h / 2
    return h, (h,)


@accepted
def statistics_that_nobody_needs(x: "D", h: "H"):
    unused = h.mean(0)  # noqa: F841
    return h, (h,)


@accepted
def several_parameters_only(x: "D", h: "H", *, a: "H H", s: ""):
    h = h @ torch.matrix_exp(a - a.T) * s.sigmoid()
    return h, (h,)
