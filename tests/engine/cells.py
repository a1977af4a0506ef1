"""Cells that are no part of the package, chosen for what their equations use."""

# ruff: noqa: F722, F821

import torch
import torch.nn.functional as F

import segue
from segue.engine.step.cell import Cell


@segue.cell
def layer_norm(x: "D", h: "H", c: "H", *, w: "4H D", u: "4H H", g: "4H", b: "4H", gc: "H", bc: "H"):
    z = F.layer_norm(x @ w.T, (len(w),), g, b, 0.01) + F.layer_norm(h @ u.T, (len(w),), eps=0.01)
    i, f, q, o = z.chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * q.tanh()
    h = o.sigmoid() * F.layer_norm(c, (c.shape[-1],), gc, bc, 0.01).tanh()
    return h, (h, c)


@segue.cell
def peephole(x: "D", h: "H", c: "H", *, w: "4H D", u: "4H H", b: "4H", p: "3H"):
    i, f, q, o = (x @ w.T + h @ u.T + b).chunk(4, -1)
    p_i, p_f, p_o = p.chunk(3)
    c = (f + p_f * c).sigmoid() * c + (i + p_i * c).sigmoid() * q.tanh()
    h = (o + p_o * c).sigmoid() * c.tanh()
    return h, (h, c)


@segue.cell
def read_out(x: "D", h: "H", *, w: "H D", u: "H H", v: "D H", b: "D"):
    h = (x @ w.T + h @ u.T).tanh()
    return (h @ v.T + b).sigmoid(), (h,)


@segue.cell
def joined(x: "D", h: "H", *, w: "2H K", k: "K", m: "K D", r: "K H", b: "2H"):
    z = torch.cat([x @ m.T * k, h @ r.T], -1)
    a, g = (z @ torch.cat([w, w], 1).T + b).chunk(2, -1)
    h = torch.where(a > 0, h * 0.5 + F.silu(g), h.clamp(-1, 1) * F.softplus(g))
    return h.softmax(-1), (h,)


@segue.cell
def independent(x: "D", h: "H", *, w: "H D", u: "H", b: "H"):
    h = torch.relu(F.linear(x, w, b) + h * u)
    return h, (h,)


@segue.cell
def minimal(x: "D", h: "H", *, w: "H D", v: "H D"):
    z = (x @ w.T).sigmoid()
    h = (1 - z) * h + z * (x @ v.T)
    return h, (h,)


@segue.cell
def antisymmetric(x: "D", h: "H", *, w: "H D", u: "H H", b: "H"):
    h = h + 0.1 * (x @ w.T + h @ (u - u.T).T - 0.01 * h + b).tanh()
    return h, (h,)


@segue.cell
def exponential(x: "D", h: "H", c: "H", n: "H", m: "H", *, w: "4H D", u: "4H H", b: "4H"):
    i, f, q, o = (x @ w.T + h @ u.T + b).chunk(4, -1)
    kept = F.logsigmoid(f) + m
    m = torch.maximum(kept, i)
    i, f = (i - m).exp(), (kept - m).exp()
    c, n = f * c + i * q.tanh(), f * n + i
    h = o.sigmoid() * c / n.abs().clamp(min=1.0)
    return h, (h, c, n, m)


@segue.cell
def deep(x: "D", h: "H", *, w: "H D", u: "H H", v: "H H", b: "H"):
    a = F.silu(h @ u.T + F.linear(x, w, b))
    h = F.elu(a @ v.T) + h
    h = h / h.norm(dim=-1, keepdim=True).clamp(min=1e-3)
    return h, (h,)


@segue.cell
def total(x: "", s: ""):
    return s + x, (s + x,)


@segue.cell
def scalars(x: "D", s: "", h: "H", *, a: "", w: "H D"):
    s = (s * a + x.mean(-1)).sin()
    h = h * s.unsqueeze(-1) + x @ w.T
    return torch.cat([h, s[:, None]], -1), (s, h)


@segue.cell
def heads(x: "4H", h: "4H", *, w: "4H 4H"):
    a, b, c, d = (h @ w.T + x).view(len(h), 4, -1).unbind(1)
    a = b.logsumexp(-1, keepdim=True) * a
    b = a.square().sum(-1, keepdim=True) * 0.1 + b
    h = torch.cat([a, b, c.amax(-1, keepdim=True) - c, d.abs().sqrt()], -1).tanh()
    return h, (h,)


@segue.cell
def strided(x: "2H", h: "2H", *, w: "2H 2H", b: "2H"):
    z = h @ w.T + x + b
    even, odd = z[:, ::2], z[:, 1::2]
    h = torch.stack([even.tanh() * odd.sigmoid(), even.cos() + odd], -1).flatten(1)
    return h[:, 1:], (h,)


@segue.cell
def stateless(x: "D", *, w: "D D"):
    return (x @ w.T).tanh(), ()


@segue.cell
def unused(x: "D", h: "H", c: "H", *, w: "H D", v: "H"):
    return h, (h * 0.5 + c, torch.zeros_like(c) + 1.5)


@segue.cell
def two_layers_in(x: "D", h: "H", *, w1: "H D", w2: "H H", u: "H H"):
    h = ((x @ w1.T).relu() @ w2.T + h @ u.T).tanh()
    return h @ u, (h,)


@segue.cell
def between(x: "H", h: "H", *, a: "H", b: "H"):
    h = h * a.lerp(b, 0.3) + x.lerp(a, 0.8)
    return h, (h,)


@segue.cell
def ranked(x: "D", h: "H", *, w: "H D", p: "H 1"):
    h = (h.amax(-1, keepdim=True) @ p.T + x @ w.T).tanh()
    return torch.cat([h, x.sum(-1, keepdim=True)], -1), (h,)


@segue.cell
def largest(x: "D", h: "H", *, w: "H D"):
    h = (x @ w.T + h * x.tanh().amax(-1, keepdim=True)).sin()
    return h, (h,)


@segue.cell
def planes(x: "2 D", h: "H", *, w: "H 2D"):
    h = (x.reshape(len(x), -1) @ w.T + h).tanh()
    return h, (h,)


@segue.cell
def activations(x: "D", h: "H", *, w: "2H D", u: "2H H", t: ""):
    h = F.glu(x @ w.T + h @ u.T, -1) * t.exp() + F.hardtanh(h) * F.mish(h)
    h = F.leaky_relu(h) - F.rms_norm(h, (h.shape[-1],)) * 0.1
    return h.pow(2).mean(-1, keepdim=True), (h,)


@segue.cell
def input_goes_out(x: "H", h: "H", *, w: "H H"):
    return x, ((x + h @ w.T).tanh(),)


CELLS: tuple[Cell, ...] = tuple(each for each in list(globals().values()) if isinstance(each, Cell))
