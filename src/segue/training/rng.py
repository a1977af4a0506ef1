"""Random numbers: seeding all generators, and keeping their states in a checkpoint."""

import random
from typing import Any

import numpy as np
import torch


def seed_all(seed: int, stream: int = 0) -> None:
    """Seed Python's, numpy's and torch's global generators (on every device).

    Call it before building a model, so that the initial weights follow from the seed. `fit` seeds
    again, with a stream for each process.

    Args:
        seed: any non-negative number.
        stream: another number gives another, independent sequence from the same seed.

    >>> seed_all(0); first = torch.rand(3)
    >>> seed_all(0); bool((torch.rand(3) == first).all())
    True
    """
    words = np.random.SeedSequence([seed, stream]).generate_state(3, np.uint32)
    random.seed(int(words[0]))
    np.random.seed(int(words[1]))
    torch.manual_seed(int(words[2]))


def rng_state(device: torch.device) -> dict[str, Any]:
    """Return the states of the global generators, with that of `device` when it is a GPU."""
    state = {
        "python": random.getstate(),
        "numpy": np.random.get_state(legacy=False),
        "torch": torch.get_rng_state(),
    }
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_rng_state(state: dict[str, Any], device: torch.device) -> None:
    """Put back what `rng_state` gave."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
