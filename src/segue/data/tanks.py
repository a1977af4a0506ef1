"""Two tanks, one above the other, by simulation: data for a first look at identification."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PERIOD = 4.0  # seconds
_INNER = 8  # steps of integration in a period


def tanks(samples: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The pump's voltage and the measured level of the lower tank, `[samples]` each.

    Water leaves a tank by the square root of its level (Torricelli), and what runs over the edge of
    the upper one is partly lost: M. Schoukens, J.-P. Noel, "Three benchmarks addressing open
    challenges in nonlinear system identification", IFAC 2017, describe such a set-up.

    >>> pump, level = tanks(100)
    >>> pump.shape, bool((level > -1).all())
    ((100,), True)
    """
    chance = np.random.default_rng(seed)
    held = np.repeat(chance.uniform(0.5, 5.0, samples // 15 + 1), 15)[:samples]
    upper, lower, levels = 4.0, 4.0, np.empty(samples)
    step = PERIOD / _INNER
    for t, voltage in enumerate(held):
        levels[t] = lower
        for _ in range(_INNER):
            out = 0.11 * np.sqrt(upper)
            upper = upper + step * (0.054 * voltage - out)
            over, upper = max(upper - 10.0, 0.0), min(max(upper, 0.0), 10.0)
            lower = lower + step * (out - 0.1 * np.sqrt(lower)) + 0.5 * over
            lower = min(max(lower, 0.0), 10.0)
    return held, levels + chance.normal(0.0, 0.05, samples)


def write_tanks(path: Path, samples: int) -> None:
    """Write such data as CSV: seconds, pump, level."""
    pump, level = tanks(samples)
    lines = [
        f"{PERIOD * t:g},{p:.4f},{y:.4f}" for t, (p, y) in enumerate(zip(pump, level, strict=True))
    ]
    path.write_text("\n".join(["seconds,pump,level", *lines]) + "\n")
