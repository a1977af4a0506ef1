"""What actions brought beyond what was expected."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
_LAMBDA = 0.95  # how far what came later counts


def advantages(
    reward: Floats, value: Floats, last: Floats, ends: NDArray[np.bool_], gamma: float
) -> NDArray[np.float32]:
    """Generalised advantages `[T, E]` (J. Schulman et al., 2016).

    Args:
        reward: `[T, E]`, with what was still expected where time ran out.
        value: `[T, E]` expected before each step.
        last: `[E]` expected behind the last.
        ends: bool `[T, E]`, whether an episode ended with the step.
        gamma: what a reward is worth that comes a step later.

    >>> advantages(np.ones((2, 1)), np.zeros((2, 1)), np.ones(1), np.array([[True], [False]]), 0.5)
    array([[1. ],
           [1.5]], dtype=float32)
    """
    found, gain = np.zeros(reward.shape, np.float32), np.zeros(reward.shape[1])
    for t in reversed(range(len(reward))):
        after = last if t == len(reward) - 1 else value[t + 1]
        open_ = 1.0 - ends[t]
        gain = reward[t] + gamma * after * open_ - value[t] + gamma * _LAMBDA * open_ * gain
        found[t] = gain
    return found
