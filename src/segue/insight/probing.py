"""What a simulator does with inputs that tell of it: impulses, steps, and inputs without end."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.nn.simulator import Simulator

Floats = NDArray[np.float64]
Run = Callable[[Tensor], tuple[Tensor, Any]]
"""From scaled inputs `[T, B, U]` to scaled outputs `[T, B, Y]`, from rest, and a state."""

_BLOCK = 1024
_SMALL = 1e-2  # standard deviations


def empirical_gain(u: Floats, y: Floats, angles: Floats) -> Floats:
    """The gain by Welch's method: cross spectrum over spectrum of the input; NaN where it is 0."""
    block = min(_BLOCK, len(u) // 4 * 2)
    window = np.hanning(block)
    starts = range(0, len(u) - block + 1, max(block // 2, 1))
    parts = [(u[s : s + block] - u.mean(), y[s : s + block] - y.mean()) for s in starts]
    spectra = [(np.fft.rfft(window * a), np.fft.rfft(window * b)) for a, b in parts]
    power = np.mean([np.abs(a) ** 2 for a, _ in spectra], 0)
    cross = np.mean([b * np.conj(a) for a, b in spectra], 0)
    excited = power > 1e-3 * power.mean()
    gain = np.where(excited, np.abs(cross) / np.maximum(power, 1e-300), np.nan)
    nearest = np.round(angles / np.pi * (len(gain) - 1)).astype(int)
    found: Floats = gain[nearest]
    return found


@torch.no_grad()
def response(run: Run, inputs: int, angles: Floats) -> NDArray[np.complex128]:
    """The gain `[F, Y, U]` around rest at angles `[F]` in radians a sample, by a small impulse."""
    steps = 2 * _BLOCK
    u = torch.zeros(steps + _BLOCK, 1 + inputs, inputs)
    for i in range(inputs):
        u[_BLOCK, 1 + i, i] = _SMALL
    y, _ = run(u)
    impulse = ((y[_BLOCK:, 1:] - y[_BLOCK:, :1]) / _SMALL).double().numpy()  # [T, U, Y]
    waves = np.exp(-1j * angles[:, None] * np.arange(steps))
    found: NDArray[np.complex128] = np.einsum("ft,tuy->fyu", waves, impulse)
    return found


@torch.no_grad()
def step_responses(run: Run, inputs: int, steps: int) -> Floats:
    """What follows a step of 1 of each input, less what follows none: `[steps, U, Y]`."""
    u = torch.zeros(_BLOCK + steps, 1 + inputs, inputs)
    for i in range(inputs):
        u[_BLOCK:, 1 + i, i] = 1.0
    y, _ = run(u)
    found: Floats = (y[_BLOCK:, 1:] - y[_BLOCK:, :1]).double().numpy()
    return found


@torch.no_grad()
def bounded(model: Simulator, steps: int = 20_000) -> str:
    """Whether outputs stay bounded, in words.

    The linear system is stable by its poles; of the whole model it is tried: steps at inputs of
    -3, 3 and a random mixture of both standard deviations must leave outputs within what the first
    half of the time showed.
    """
    pole = torch.linalg.eigvals(model.linear.transition.double()).abs().amax().item()
    chance = torch.Generator().manual_seed(0)
    width = model.inputs
    held = (torch.rand(steps // 50 + 1, width, generator=chance) > 0.5).repeat_interleave(50, 0)
    mixed = 6.0 * held[:steps].float() - 3.0
    u = torch.stack([torch.full((steps, width), 3.0), torch.full((steps, width), -3.0), mixed], 1)
    y, _ = model(u)
    first, second = (half.abs().amax().item() for half in (y[: steps // 2], y[steps // 2 :]))
    grows = not np.isfinite(second) or second > 1.05 * first + 0.1
    word = "outputs GROW" if grows else f"outputs stay within {max(first, second):.1f} deviations"
    return f"largest pole {pole:.4f}; {word} over {steps:,} samples of inputs at 3 deviations"
