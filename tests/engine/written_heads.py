"""Steps with heads, joined weights and states that are matrices, as papers and people write them.

They join the lists of `written_products`.
"""

# ruff: noqa: F722, F821

import torch
from torch.nn import functional as F
from written_products import fused, refused

# Block-diagonal weights.


@fused
def heads_by_matmul(x: "4D", h: "4D", *, w: "4 D D", u: "4 D D"):
    d = w.shape[-1]
    a = (x.view(-1, 4, 1, d) @ w + h.view(-1, 4, 1, d) @ u).squeeze(2)
    h = a.flatten(1).tanh()
    return h, (h,)


@fused
def heads_by_bmm(x: "2D", h: "2D", *, u: "2 D D"):
    a = torch.bmm(h.view(-1, 2, h.shape[1] // 2).transpose(0, 1), u)
    h = (a.transpose(0, 1).reshape(h.shape) + x).tanh()
    return h, (h,)


@fused
def heads_by_columns(x: "2D", h: "2D", *, u: "2 D D"):
    a = u @ h.view(len(h), 2, -1, 1)
    h = (a.reshape(h.shape) + x).tanh()
    return h, (h,)


@fused
def block_diagonal_weight(x: "2D", h: "2D", *, a: "D D", b: "D D"):
    h = (h @ torch.block_diag(a, b) + x).tanh()
    return h, (h,)


@fused
def gates_of_heads(x: "D", h: "2H", c: "2H", *, w: "8H D", u: "2 H 4H"):
    n, width = h.shape
    gates = torch.einsum("bnd,ndg->bng", h.view(n, 2, -1), u).view(n, 2, 4, -1)
    gates = (gates + (x @ w.T).view(gates.shape)).transpose(1, 2)
    i, f, g, o = gates.reshape(n, 4, width).unbind(1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, (h, c)


# Input and state side by side, against one weight.


@fused
def joined_h_x(x: "D", h: "H", *, w: "H K", v: "K D", p: "K H"):
    a = torch.cat([h @ p.T, x @ v.T], -1) @ torch.cat([w, w], 1).T
    return a.tanh(), (a.tanh(),)


@fused
def lstm_of_hx(x: "D", h: "H", c: "H", *, wh: "4H H", wx: "4H D", b: "4H"):
    weight = torch.cat([wh, wx], 1)
    i, f, o, g = F.linear(torch.cat([h, x], 1), weight, b).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, (h, c)


@fused
def gru_of_xh(x: "D", h: "H", *, wz: "2D H", wh: "2D H"):
    xh = torch.cat((x, h[:, : wz.shape[0] - x.shape[1]]), -1)
    z = (xh @ wz).sigmoid()
    h = (1 - z) * h + z * (xh @ wh).tanh()
    return h, (h,)


@fused
def gru_of_hx(x: "H", h: "H", *, wz: "H 2H", wr: "H 2H", w: "H 2H"):
    hx = torch.cat([h, x], dim=1)
    z, r = torch.sigmoid(hx @ wz.T), torch.sigmoid(hx @ wr.T)
    h = (1 - z) * h + z * torch.tanh(torch.cat([r * h, x], dim=1) @ w.T)
    return h, (h,)


@fused
def joined_with_one(x: "H", h: "H", *, w: "H K", a: "K 2H", b: "K"):
    one = x.new_ones(len(x), 1)
    h = (torch.cat([x, h, one], 1) @ torch.cat([a, b[:, None]], 1).T @ w.T).tanh()
    return h, (h,)


@fused
def joined_columns(x: "H", h: "H", *, w: "H 2H", b: "H 1"):
    h = torch.tanh(w @ torch.cat([h, x], 1).unsqueeze(-1) + b).squeeze(-1)
    return h, (h,)


@fused
def joined_turned(x: "H", h: "H", *, w: "H 2H"):
    h = torch.tanh(w @ torch.cat([h.T, x.T])).T
    return h, (h,)


@fused
def joined_einsum(x: "H", h: "H", *, w: "H 2H"):
    h = torch.einsum("oi,bi->bo", w, torch.cat([x, h], -1)).tanh()
    return h, (h,)


@fused
def joined_by_stack(x: "H", h: "H", *, w: "2 H H"):
    h = torch.einsum("gbi,gij->bj", torch.stack([x, h]), w).tanh()
    return h, (h,)


@fused
def joined_three(x: "H", h: "H", c: "H", *, w: "3H 3H"):
    f, i, z = torch.cat([x, h, c], 1).matmul(w).split(h.shape[1], 1)
    c = f.sigmoid() * c + i.sigmoid() * z.tanh()
    return c, (c.tanh(), c)


# States that are matrices.


@fused
def matrix_state_by_a_weight(x: "D", m: "3 H", *, w: "3 D", u: "H H"):
    m = 0.5 * (m @ u) + (x @ w.T)[:, :, None]
    return m.sum(-1), (m.tanh(),)


@fused
def matrix_state_between_weights(x: "3", m: "3 H", *, a: "3 3", u: "H H"):
    m = (a @ m @ u + x[:, :, None]).tanh()
    return m[:, 0], (m,)


@fused
def rank_one(x: "D", m: "H K", *, w: "H D", v: "K D"):
    m = 0.9 * m + (x @ w.T).unsqueeze(2) * (x @ v.T).unsqueeze(1)
    return m.flatten(1), (m,)


@fused
def rank_one_einsum(x: "D", m: "H K", *, w: "H D", v: "K D"):
    m = 0.9 * m + torch.einsum("bi,bj->bij", x @ w.T, x @ v.T)
    return m.flatten(1), (m,)


@fused
def rank_one_bmm(x: "D", m: "H K", *, w: "H D", v: "K D"):
    m = 0.9 * m + torch.bmm((x @ w.T)[:, :, None], (x @ v.T)[:, None])
    return m.flatten(1), (m,)


@fused
def rank_one_of_the_state(x: "D", h: "K", m: "H K", *, w: "H D", v: "K D"):
    m = 0.9 * m + (x @ w.T).unsqueeze(2) * h.unsqueeze(1)
    h = (x @ v.T + m.sum(1)).tanh()
    return h, (h, m)


@fused
def fast_weights(x: "D", h: "H", m: "H H", *, w: "H D", u: "H H"):
    """J. Ba et al., Using fast weights to attend to the recent past, NeurIPS 2016."""
    z = x @ w.T + h @ u.T
    inner = z.tanh()
    inner = (z + torch.bmm(m, inner.unsqueeze(2)).squeeze(2)).tanh()
    m = 0.95 * m + 0.5 * torch.bmm(inner.unsqueeze(2), inner.unsqueeze(1))
    return inner, (inner, m)


@fused
def delta_rule(x: "D", m: "K K", *, wq: "K D", wk: "K D", wv: "K D", b: "1 D"):
    """I. Schlag, K. Irie, J. Schmidhuber, Linear transformers are fast weight programmers, 2021."""
    q, k, v = (x @ wq.T).softmax(-1), (x @ wk.T).softmax(-1), x @ wv.T
    old = torch.einsum("bij,bj->bi", m, k)
    m = m + torch.einsum("bi,bj->bij", torch.sigmoid(x @ b.T) * (v - old), k)
    return torch.einsum("bij,bj->bi", m, q), (m,)


@fused
def attention_over_slots(x: "H", m: "4 H", *, q: "H H", k: "H H", v: "H H"):
    m = torch.cat([m[:, 1:], x[:, None]], 1)
    weights = torch.einsum("bd,bnd->bn", x @ q.T, m @ k.T).softmax(-1)
    return torch.einsum("bn,bnd->bd", weights, m @ v.T), (m,)


@fused
def mixture_of_two(x: "H", h: "H", *, u: "2 H H", g: "2 H"):
    """K. Greff et al. and others: some transitions, and a gate that weighs them by the state."""
    gate = F.softmax(h @ g.T, -1)
    h = torch.einsum("bk,kij,bj->bi", gate, u, h).tanh() + x
    return h, (h,)


@fused
def kronecker(x: "6", h: "6", *, a: "2 2", b: "3 3"):
    h = (h @ torch.kron(a, b) + x).tanh()
    return h, (h,)


# What has no form that pays.


@refused(
    "line {line}: mm: it multiplies 65 vectors of a row, more than 64; multiply fewer, or join"
)
def many_vectors(x: "H", m: "65 H", *, u: "H H"):
    m = (m @ u + x[:, None]).tanh()  # here
    return m.sum(1), (m,)


@refused("line {line}: mul: features are put in another order in 65 pieces; keep them together")
def large_rank_one(x: "65", m: "65 65"):
    m = 0.9 * m + x.unsqueeze(2) * x.unsqueeze(1)  # here
    return m.sum(1), (m,)


@refused(
    "line {line}: convolution_backward has no place in the recurrence; write it with operations"
)
def convolution(x: "H", h: "H", *, k: "1 1 3"):
    h = F.conv1d(h[:, None], k, padding=1)[:, 0] + x  # here
    return h, (h,)
