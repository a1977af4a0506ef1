"""Cells that step a differential equation, against their papers' formulas and its invariants."""

import pytest
import torch
from formulas import B, D, H, T, agree, draw
from torch import Tensor

import segue
from segue import cells


def test_cornn() -> None:
    """Rusch & Mishra 2021, equation (3), with the damping on the old velocity."""
    dt, gamma, epsilon = 0.3, 1.7, 0.6
    w, w_script, v, b = draw(H, H), draw(H, H), draw(H, D), draw(H)

    def step(u: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        force = torch.tanh(w @ y + w_script @ z + v @ u + b)
        z = z + dt * force - dt * gamma * y - dt * epsilon * z
        y = y + dt * z
        return y, (y, z)

    params = {"weight_ih": v, "weight_y": w, "weight_z": w_script, "bias": b}
    agree(cells.cornn(dt, gamma, epsilon), params, step)


def oscillate(dt: float, gamma: float, epsilon: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Positions and velocities before and after 100 steps that nothing drives."""
    cell = cells.cornn(dt, gamma, epsilon)
    shapes = {field.name: field.shape({"D": D, "H": H}) for field in cell.params}
    params = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in shapes.items()}
    before = draw(B, H), draw(B, H)
    _, after = segue.scan(cell, params, draw(100, B, D), before)
    return *before, *after


def test_an_undamped_oscillator_keeps_its_energy() -> None:
    dt, gamma = 0.1, 2.0
    y, z, y_after, z_after = oscillate(dt, gamma, 0.0)

    def energy(y: Tensor, z: Tensor) -> Tensor:
        """What the symplectic Euler step of a harmonic oscillator keeps exactly."""
        return gamma * y * y + z * z - dt * gamma * y * z

    assert (y_after - y).abs().max() > 0.1
    torch.testing.assert_close(energy(y_after, z_after), energy(y, z), rtol=1e-12, atol=0)


def test_a_damped_oscillator_comes_to_rest() -> None:
    y, z, y_after, z_after = oscillate(0.1, 2.0, 1.5)
    # Its slowest mode decays by exp(-0.75 t), to less than a thousandth in 10 units of time.
    assert y_after.norm() < 1e-2 * y.norm()
    assert z_after.norm() < 1e-2 * z.norm()


def test_antisymmetric() -> None:
    """Chang et al. 2019, section 3, with diffusion."""
    epsilon, gamma = 0.3, 0.2
    w, v, b = draw(H, H), draw(H, D), draw(H)

    def step(x: Tensor, h: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        m = w - w.mT - gamma * torch.eye(H, dtype=torch.float64)
        h = h + epsilon * torch.tanh(m @ h + v @ x + b)
        return h, (h,)

    params = {"weight_ih": v, "weight_hh": w, "bias": b}
    agree(cells.antisymmetric(epsilon, gamma), params, step)


def test_only_the_antisymmetric_part_of_the_weights_counts() -> None:
    params = {"weight_ih": draw(H, D), "weight_hh": draw(H, H), "bias": draw(H)}
    symmetric = draw(H, H)
    shifted = params | {"weight_hh": params["weight_hh"] + symmetric + symmetric.mT}
    above = params | {"weight_hh": (params["weight_hh"] - params["weight_hh"].mT).triu(1)}
    cell, xs = cells.antisymmetric(0.5, 0.1), draw(T, B, D)
    wanted, _ = segue.scan(cell, params, xs)
    for same in (shifted, above):
        torch.testing.assert_close(segue.scan(cell, same, xs)[0], wanted)


@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_a_small_antisymmetric_state_turns_and_diffusion_alone_shrinks_it(gamma: float) -> None:
    epsilon, steps = 1e-3, 1000
    zeros = {"weight_ih": torch.zeros(H, D), "bias": torch.zeros(H)}
    params = {name: zero.double() for name, zero in zeros.items()} | {"weight_hh": draw(H, H)}
    before = 1e-3 * draw(B, H)
    _, (after,) = segue.scan(
        cells.antisymmetric(epsilon, gamma), params, draw(steps, B, D), (before,)
    )
    assert (after - before).norm() > 0.1 * before.norm()
    # The norm follows exp(-gamma t); a step of Euler's adds (epsilon |W - W^T|)^2 / 2 at most.
    spin = torch.linalg.matrix_norm(params["weight_hh"] - params["weight_hh"].mT, 2)
    added = float(steps * (epsilon * (spin + gamma)) ** 2)
    shrunk = torch.exp(torch.tensor(-gamma * epsilon * steps, dtype=torch.float64))
    torch.testing.assert_close(after.norm(dim=1), shrunk * before.norm(dim=1), rtol=added, atol=0)
    assert added < 0.1
