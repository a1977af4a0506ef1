"""Steps whose products are written as papers and people write them.

Each comes from a kind of text that is found in the open: a formula set in code letter by letter, a
port from a library that lays weights out as `[in, out]`, or one that holds time or features first.
"""

# ruff: noqa: F722, F821

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

Step = Callable[..., Any]
FUSED: list[Step] = []
REFUSED: dict[Step, str] = {}


def fused(step: Step) -> Step:
    """A step that kernels compute."""
    FUSED.append(step)
    return step


def refused(reason: str) -> Callable[[Step], Step]:
    """A step that kernels refuse, and how the refusal begins."""

    def note(step: Step) -> Step:
        REFUSED[step] = reason
        return step

    return note


# einsum, in every order of letters.


@fused
def einsum_bi_hi(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (torch.einsum("bi,hi->bh", x, w) + torch.einsum("bi,hi->bh", h, u)).tanh()
    return h, (h,)


@fused
def einsum_bi_ih(x: "D", h: "H", *, w: "D H", u: "H H"):
    h = (torch.einsum("bi,ih->bh", x, w) + torch.einsum("bi,ih->bh", h, u)).tanh()
    return h, (h,)


@fused
def einsum_hi_bi(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (torch.einsum("hi,bi->bh", w, x) + torch.einsum("hi,bi->bh", u, h)).tanh()
    return h, (h,)


@fused
def einsum_hi_bi_to_hb(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (torch.einsum("hi,bi->hb", w, x) + torch.einsum("ih,bi->hb", u, h)).tanh().T
    return h, (h,)


@fused
def einsum_dots(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (torch.einsum("...i,hi->...h", x, w) + torch.einsum("...i,hi->...h", h, u)).tanh()
    return h, (h,)


@fused
def einsum_gates(x: "D", h: "H", c: "H", *, w: "4 H D", u: "4 H H", b: "4 H"):
    gates = torch.einsum("bd,ghd->gbh", x, w) + torch.einsum("bk,ghk->gbh", h, u) + b[:, None]
    i, f, o, z = gates
    c = f.sigmoid() * c + i.sigmoid() * z.tanh()
    h = o.sigmoid() * c.tanh()
    return h, (h, c)


@fused
def einsum_gates_behind(x: "D", h: "H", *, w: "3 D H", u: "3 H H"):
    z, r, n = torch.einsum("bd,gdh->bgh", x, w).unbind(1)
    a, e, m = torch.einsum("bk,gkh->bgh", h, u).unbind(1)
    z = (z + a).sigmoid()
    h = (1 - z) * (n + (r + e).sigmoid() * m).tanh() + z * h
    return h, (h,)


@fused
def einsum_of_three(x: "D", h: "H", *, w: "H D", u: "H H", s: "H"):
    h = (torch.einsum("bi,hi,h->bh", x, w, s) + torch.einsum("bi,hi,h->bh", h, u, s)).tanh()
    return h, (h,)


@fused
def einsum_heads(x: "4D", h: "4D", *, w: "4 D D", u: "4 D D"):
    d = w.shape[-1]
    a = torch.einsum("bhi,hij->bhj", x.view(-1, 4, d), w)
    b = torch.einsum("bhi,hij->bhj", h.view(-1, 4, d), u)
    h = (a + b).tanh().flatten(1)
    return h, (h,)


@fused
def einsum_heads_first(x: "3D", h: "3 D", *, w: "3 D D", u: "3 D D"):
    x = x.unflatten(-1, (3, -1)).transpose(0, 1)
    a = torch.einsum("hbi,hji->hbj", x, w)
    h = (a + torch.einsum("hbi,hij->hbj", h.transpose(0, 1), u)).tanh().transpose(0, 1)
    return h.flatten(1), (h,)


@fused
def einsum_one_weight_for_heads(x: "2D", h: "2 D", *, u: "D D"):
    h = (torch.einsum("bhi,ij->bhj", h, u) + x.view(h.shape)).tanh()
    return h.reshape(len(h), -1), (h,)


@fused
def einsum_to_a_number(x: "D", h: "H", *, w: "H D", v: "H"):
    gate = torch.einsum("bh,h->b", h, v).sigmoid()
    h = gate[:, None] * h + torch.einsum("bd,hd->bh", x, w)
    return h, (h,)


@fused
def einsum_outer(x: "D", h: "H", *, w: "H D", v: "H"):
    gate = torch.einsum("bh,h->b", h, v).tanh()
    h = torch.einsum("b,h->bh", gate, v) + x @ w.T
    return h, (h,)


# The weight on the left.


@fused
def turned_twice(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = ((w @ x.T).T + (u @ h.T).T).tanh()
    return h, (h,)


@fused
def columns_all_along(x: "D", h: "H", *, w: "H D", u: "H H", b: "H 1"):
    h = torch.tanh(w @ x.T + u @ h.T + b).T
    return h, (h,)


@fused
def columns_with_mt(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (w.mm(x.mT) + u.mm(h.t())).mT.sigmoid()
    return h, (h,)


@fused
def column_vectors(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = torch.tanh(w @ x[..., None] + u @ h[..., None]).squeeze(-1)
    return h, (h,)


@fused
def column_vectors_all_along(x: "D 1", h: "H 1", *, w: "H D", u: "H H", b: "H 1"):
    h = torch.sigmoid(w @ x + u @ h + b)
    return h, (h,)


@fused
def column_vectors_by_matmul(x: "D", h: "H", *, w: "H D", u: "H H"):
    a = torch.matmul(w, x.unsqueeze(2)).squeeze(2)
    h = (a + torch.matmul(u, h.unsqueeze(2)).squeeze(2)).tanh()
    return h, (h,)


@fused
def row_vectors(x: "D", h: "H", *, w: "D H", u: "H H"):
    h = torch.tanh(x[:, None] @ w + h[:, None] @ u)[:, 0]
    return h, (h,)


@fused
def gates_from_columns(x: "D", h: "H", c: "H", *, w: "4H D", u: "4H H", b: "4H 1"):
    i, f, g, o = (w @ x.unsqueeze(-1) + u @ h.unsqueeze(-1) + b).squeeze(-1).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, (h, c)


# bmm and matmul with a weight repeated for each row.


@fused
def bmm_expanded(x: "D", h: "H", *, w: "H D", u: "H H"):
    n = len(h)
    a = torch.bmm(w.expand(n, -1, -1), x.unsqueeze(-1)).squeeze(-1)
    h = (a + torch.bmm(u.expand(n, -1, -1), h.unsqueeze(-1)).squeeze(-1)).tanh()
    return h, (h,)


@fused
def bmm_repeated(x: "D", h: "H", *, w: "H D", u: "H H"):
    n = h.size(0)
    a = torch.bmm(x[:, None], w.T.unsqueeze(0).repeat(n, 1, 1))
    h = (a + torch.bmm(h[:, None], u.T.unsqueeze(0).repeat(n, 1, 1))).tanh().squeeze(1)
    return h, (h,)


@fused
def matmul_expanded(x: "D", h: "H", *, u: "H H", w: "H D"):
    n = len(h)
    h = u[None].expand(n, *u.shape) @ h[:, :, None] + w[None].expand(n, *w.shape) @ x[:, :, None]
    h = h[..., 0].tanh()
    return h, (h,)


@fused
def baddbmm_expanded(x: "D", h: "H", *, u: "H H", w: "H D", b: "H"):
    n = len(h)
    bias = b[None, None].expand(n, 1, -1)
    a = torch.baddbmm(bias, x[:, None], w.T.expand(n, -1, -1))
    h = torch.baddbmm(a, h[:, None], u.T.expand(n, -1, -1), beta=0.5, alpha=0.9)[:, 0].tanh()
    return h, (h,)


# Functions that add.


@fused
def linear_functions(x: "D", h: "H", *, w: "H D", u: "H H", b: "H"):
    h = (F.linear(x, w, b) + F.linear(h, u)).tanh()
    return h, (h,)


@fused
def linear_of_heads(x: "2D", h: "2 D", *, w: "D D", u: "D D", b: "D"):
    h = (F.linear(x.view(h.shape), w, b) + F.linear(h, u, b)).tanh()
    return h.flatten(1), (h,)


@fused
def linear_without_batch_in_front(x: "2D", h: "2 D", *, u: "D D", b: "D"):
    a = F.linear(h.transpose(0, 1), u, b).transpose(0, 1)
    h = (a + x.view(h.shape)).tanh()
    return h.flatten(1), (h,)


@fused
def addmm(x: "D", h: "H", *, w: "D H", u: "H H", b: "H"):
    h = torch.addmm(torch.addmm(b, x, w), h, u, beta=0.7, alpha=0.9).tanh()
    return h, (h,)


@fused
def addmm_of_columns(x: "D", h: "H", *, w: "H D", u: "H H", b: "H 1"):
    h = torch.addmm(torch.addmm(b, w, x.T), u, h.T).T.tanh()
    return h, (h,)


@fused
def matrix_by_vector(x: "D", h: "H", *, w: "H D", v: "H"):
    gate = torch.mv(h, v).sigmoid()
    h = (gate.unsqueeze(-1) * h + x @ w.T).tanh()
    return h, (h,)


@fused
def addmv(x: "D", h: "H", *, w: "H D", v: "H", p: "D"):
    gate = torch.addmv(x @ p, h, v).sigmoid()
    h = gate.unsqueeze(-1) * h + (x @ w.T).tanh()
    return h, (h,)


@fused
def bilinear_by_broadcasting(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (x @ w.T + (h[:, None, :] * u).sum(-1)).tanh()
    return h, (h,)


@fused
def inner_product_attention(x: "D", h: "H", *, w: "H D", q: "1 H"):
    score = F.linear(h, q)
    h = (score * h + x @ w.T).tanh()
    return h, (h,)


@fused
def tensordot(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (torch.tensordot(x, w, dims=([1], [1])) + torch.tensordot(h, u, dims=1)).tanh()
    return h, (h,)


@fused
def inner(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (torch.inner(x, w) + torch.inner(h, u)).tanh()
    return h, (h,)
