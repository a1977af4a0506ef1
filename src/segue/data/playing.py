"""Episodes that are played and not learned from."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from segue.data.worlds import Actions, Floats, View, World

LIMIT = 100_000  # steps of an episode without a limit of its own


def play(
    view: View,
    act: Callable[[Floats], Floats],
    seeds: Sequence[int],
    check: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """The same for any way to act, from observations `[N, O]` to actions `[N, A]`."""
    worlds = [World(view) for _ in seeds]
    seen = np.stack([world.reset(seed) for world, seed in zip(worlds, seeds, strict=True)])
    found, playing = np.zeros(len(seeds)), np.ones(len(seeds), bool)
    for step in range(LIMIT):
        if step % 50 == 0:
            check()
        actions = act(seen)
        for n in np.flatnonzero(playing):
            seen[n], reward, ended, cut = worlds[n].step(actions[n])
            found[n] += reward
            playing[n] = not (ended or cut)
        if not playing.any():
            break
    return found


def at_random(actions: Actions, number: int, seed: int) -> Callable[[Floats], Floats]:
    """Any action, all as likely."""
    chance = np.random.default_rng([seed, 11])
    if actions.choices:
        tops = np.array(actions.choices)
        return lambda seen: chance.integers(0, tops, (number, len(tops))).astype(np.float32)
    return lambda seen: chance.uniform(-1, 1, (number, actions.size)).astype(np.float32)


def constants(actions: Actions, most: int = 8) -> dict[str, Floats]:
    """A few actions that never change, by name."""
    if not actions.choices:
        return {
            name: np.full(actions.size, level, np.float32)
            for name, level in (("lowest", -1.0), ("middle", 0.0), ("highest", 1.0))
        }
    if len(actions.choices) == 1:
        return {
            str(n + actions.start[0]): np.array([n], np.float32)
            for n in range(min(actions.choices[0], most))
        }
    return {"first": np.zeros(actions.size, np.float32)}
