"""Linear models of a system: ARX by least squares, and the state-space form that is simulated."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from segue.data.ragged import Ragged
from segue.nn.linear_system import LinearSystem

Floats = NDArray[np.float64]

ORDERS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
_LEVEL = 1.05  # times the least error: the lowest order that comes so near is taken
_WEAK = 1e-5  # states below this share of the strongest are left out
_STABLE = 1 - 1e-6  # largest modulus of a pole
_MOST = 400_000  # samples that least squares are taken over
_DOUBLINGS = 60


class StateSpace(NamedTuple):
    """h[t + 1] = A h[t] + B u[t], y[t] = C h[t] + D u[t]."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats


class Fitted(NamedTuple):
    """A linear system with what it was made from."""

    system: StateSpace
    order: int
    error: float


def fit(
    train: tuple[Ragged, Ragged], dev: tuple[Ragged, Ragged], *, told: int, feedback: bool
) -> Fitted:
    """The ARX model whose free simulation has the least error on records not fitted to.

    y[t] = sum A_i y[t - i] + sum B_j u[t - j], j from 0 (L. Ljung, "System Identification", 1999,
    section 4.2). Models that are not stable are passed over; where all are, that of inputs alone,
    which always is, remains.

    Args:
        train: scaled inputs `[N, U]` and outputs `[N, Y]`.
        dev: the same, to choose the order by.
        told: samples at the start of each of these that tell of its first state.
        feedback: whether y[t - i] takes part; without it the response to an impulse is finite.
    """
    longest = int(max(train[0].lengths)) // 4
    orders = [n for n in ORDERS if n <= longest] or [1]
    found = [] if not feedback else [_fit(train, n, n) for n in orders]
    stable = [s for s in found if s is not None] or [_finite(train, n) for n in orders]
    fits = []
    for system in stable:
        small = balanced(system)
        fits.append(Fitted(small, len(small.a), simulation_error(small, dev, told)))
    best = min(fit.error for fit in fits)
    return next(fit for fit in fits if fit.error <= _LEVEL * best)


def _finite(records: tuple[Ragged, Ragged], order: int) -> StateSpace:
    found = _fit(records, 0, order)
    assert found is not None  # noqa: S101 - without feedback there is no pole but 0
    return found


def _fit(records: tuple[Ragged, Ragged], past: int, order: int) -> StateSpace | None:
    """Least squares of one order; None where the model is not stable."""
    u, y = records
    width_u, width_y = u.values.shape[1], y.values.shape[1]
    size = past * width_y + (order + 1) * width_u
    gram, cross, seen = np.zeros((size, size)), np.zeros((size, width_y)), 0
    for k in range(len(u)):
        rows, target = _rows(u[k], y[k], past, order)
        if seen > _MOST:
            break
        gram, cross, seen = gram + rows.T @ rows, cross + rows.T @ target, seen + len(rows)
    ridge = 1e-9 * np.trace(gram) / size
    theta = np.linalg.solve(gram + ridge * np.eye(size), cross).T  # [Y, past * Y + ...]
    system = _companion(theta, past, order, width_u, width_y)
    return system if _radius(system.a) < _STABLE else None


def _rows(u: Floats, y: Floats, past: int, order: int) -> tuple[Floats, Floats]:
    start = max(past, order)
    steps = np.arange(start, len(u))
    before = [y[steps - i] for i in range(1, past + 1)]
    acting = [u[steps - j] for j in range(order + 1)]
    return np.concatenate([*before, *acting], 1), y[steps]


def _companion(theta: Floats, past: int, order: int, width_u: int, width_y: int) -> StateSpace:
    """State: the outputs before, then the inputs before, the newest first."""
    back, n = past * width_y, past * width_y + order * width_u
    outputs, now, inputs = (
        theta[:, :back],
        theta[:, back : back + width_u],
        theta[:, back + width_u :],
    )
    c = np.concatenate([outputs, inputs], 1)
    a, b = np.zeros((n, n)), np.zeros((n, width_u))
    if past:
        a[:width_y], b[:width_y] = c, now
        a[width_y:back, : back - width_y] = np.eye(back - width_y)
    if order:
        b[back : back + width_u] = np.eye(width_u)
        a[back + width_u :, back : n - width_u] = np.eye(n - back - width_u)
    return StateSpace(a, b, c, now)


def _radius(a: Floats) -> float:
    return float(np.abs(np.linalg.eigvals(a)).max(initial=0.0))


def balanced(system: StateSpace) -> StateSpace:
    """The same system with states as easy to drive as to see; those that hardly are, left out.

    B. Moore, "Principal component analysis in linear systems", IEEE TAC 26, 1981, by the square
    roots of both Gramians.
    """
    a, b, c, d = system
    drive, seen = _root(_gramian(a, b @ b.T)), _root(_gramian(a.T, c.T @ c))
    left, strength, right = np.linalg.svd(seen.T @ drive)
    kept = strength > _WEAK * max(strength[0], 1e-30)
    kept[0] = True
    scale = 1 / np.sqrt(np.maximum(strength[kept], 1e-30))
    into = scale[:, None] * (left[:, kept].T @ seen.T)
    back = drive @ right[kept].T * scale
    return StateSpace(into @ a @ back, into @ b, c @ back, d)


def _gramian(a: Floats, q: Floats) -> Floats:
    """The sum of A^k Q A'^k, by doubling."""
    total, power = q, a
    for _ in range(_DOUBLINGS):
        more = power @ total @ power.T
        total, power = total + more, power @ power
        if np.abs(more).max() <= 1e-15 * np.abs(total).max():
            break
    return total


def _root(gramian: Floats) -> Floats:
    values, vectors = np.linalg.eigh((gramian + gramian.T) / 2)
    found: Floats = vectors * np.sqrt(np.maximum(values, 0))
    return found


def observer(system: StateSpace, samples: int) -> Floats:
    """From the first samples to the state behind them, by least squares: `[N, samples * (U + Y)]`.

    What it reads is laid out as `u[0], y[0], u[1], y[1], ...`.
    """
    a, b, c, d = system
    n, u, y = len(a), b.shape[1], c.shape[0]
    width = u + y
    powers = [np.linalg.matrix_power(a, k) for k in range(samples + 1)]
    seen = np.concatenate([c @ power for power in powers[:-1]]) if samples else np.zeros((0, n))
    rest = np.zeros((samples * y, samples * width))  # y[k] less what the inputs made
    driven = np.zeros((n, samples * width))
    for k in range(samples):
        rows = slice(k * y, (k + 1) * y)
        rest[rows, k * width + u : (k + 1) * width] = np.eye(y)
        rest[rows, k * width : k * width + u] -= d
        for j in range(k):
            rest[rows, j * width : j * width + u] -= c @ powers[k - 1 - j] @ b
        driven[:, k * width : k * width + u] = powers[samples - 1 - k] @ b
    ridge = 1e-3 * (np.trace(seen.T @ seen) / n + 1e-12)
    first = np.linalg.solve(seen.T @ seen + ridge * np.eye(n), seen.T @ rest)
    found: Floats = powers[samples] @ first + driven
    return found


def as_layer(system: StateSpace) -> LinearSystem:
    """The system as a layer."""
    layer = LinearSystem(system.b.shape[1], system.c.shape[0], len(system.a))
    layer.take(*system)
    return layer


@torch.no_grad()
def simulation_error(system: StateSpace, records: tuple[Ragged, Ragged], told: int) -> float:
    """Root mean square of the errors of a simulation; the first samples tell of its state."""
    layer, total, count = as_layer(system), 0.0, 0
    watch = torch.from_numpy(observer(system, told)).float()
    for k in range(len(records[0])):
        u, y = records[0][k], records[1][k]
        x = torch.zeros(len(u) - told, 1, u.shape[1] + layer.order)
        x[:, 0, : u.shape[1]] = torch.from_numpy(u[told:])
        start = np.concatenate([u[:told], y[:told]], 1).reshape(-1)
        x[0, 0, u.shape[1] :] = watch @ torch.from_numpy(start).float()
        error = layer(x)[0][:, 0].double().numpy() - y[told:]
        total, count = total + float((error**2).sum()), count + error.size
    found = (total / max(count, 1)) ** 0.5
    return found if np.isfinite(found) else float("inf")
