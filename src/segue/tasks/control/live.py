"""A policy at work at a fixed rate, and line by line."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from segue.data.ticks import numbers_of_line
from segue.data.worlds import View, World
from segue.tasks.control.policy import Policy


def at_rate(policy: Policy, view: View, rate: float, ticks: int, seed: int) -> Iterator[str]:
    """Close the loop `rate` times a second; tell how well the time was kept.

    A tick is missed where the step before it, in policy and environment, had not ended in time.
    """
    world, actor, period = World(view), policy.actor_of(), 1 / rate
    seen, total, episodes = world.reset(seed), 0.0, 0
    late, thought, missed = np.zeros(ticks), np.zeros(ticks), 0
    yield f"{view.env} at {rate:g} steps a second, {ticks:,} steps\n"
    due = time.perf_counter()
    for tick in range(ticks):
        now = time.perf_counter()
        while now < due:
            time.sleep(max(0.0, due - now - 2e-4))
            now = time.perf_counter()
        late[tick] = now - due
        missed += late[tick] > period
        action = actor.best(actor.said(actor.features(seen)))
        thought[tick] = time.perf_counter() - now
        seen, reward, ended, cut = world.step(action)
        total += reward
        if ended or cut:
            yield f"episode {episodes}: return {total:.6g}\n"
            seen, total, episodes = world.reset(seed + episodes + 1), 0.0, episodes + 1
            actor.reset()
        due += period
    micro = 1e6 * np.quantile(late, [0.5, 0.99, 1.0])
    took = 1e6 * np.quantile(thought, [0.5, 0.99])
    yield (
        f"jitter: median {micro[0]:.0f}, 99% {micro[1]:.0f}, most {micro[2]:.0f} microseconds;"
        f" {missed} of {ticks:,} deadlines missed\n"
        f"policy: median {took[0]:.0f}, 99% {took[1]:.0f} microseconds a step\n"
    )


class Live:
    """From a line with an observation to a line with an action."""

    def __init__(self, policy: Policy) -> None:
        self.actor = policy.actor_of()
        self.names = [f"observation {n}" for n in range(policy.config.observations)]
        self.line = 0

    def __call__(self, line: str) -> str:
        """The action, with commas between its numbers.

        Raises:
            DataError: the line holds something else than the numbers that are needed.
        """
        self.line += 1
        values = numbers_of_line(line, self.line, self.names)
        action = np.atleast_1d(self.actor.step(np.array(values, np.float32)))
        return ",".join(f"{value:.7g}" for value in action.tolist())
