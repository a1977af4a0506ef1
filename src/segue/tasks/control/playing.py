"""A policy that plays and does not learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from segue.data.playing import play
from segue.data.worlds import Floats, View, World
from segue.tasks.control.policy import Actor, Policy


def returns_of(
    view: View, actor: Actor, seeds: Sequence[int], check: Callable[[], None] = lambda: None
) -> NDArray[np.float64]:
    """The sum of rewards `[N]` of an episode for each seed, by the likeliest actions.

    Every episode begins with an empty memory.
    """
    actor.reset()
    return play(view, lambda seen: actor.best(actor.said(actor.features(seen))), seeds, check)


def watched(
    view: View, policy: Policy, seed: int, most: int = 1000
) -> tuple[Floats, Floats, Floats]:
    """One episode: observations `[T, O]`, actions `[T, A]` and values `[T]`."""
    world, actor = World(view), policy.actor_of()
    seen, rows = world.reset(seed), []
    for _ in range(most):
        features = actor.features(seen)
        action = actor.best(actor.said(features))
        rows.append((seen.copy(), action, actor.value(features)))
        seen, _, ended, cut = world.step(action)
        if ended or cut:
            break
    parts = [np.stack(part) for part in zip(*rows, strict=True)]
    return parts[0], parts[1], parts[2]
