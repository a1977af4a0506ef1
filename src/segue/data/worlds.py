"""Environments side by side, begun again by seeds, so that what happened can be played again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from segue.data.wording import one_line
from segue.errors import DataError, OptionError

Floats = NDArray[np.float32]


class View(NamedTuple):
    """What is seen of an environment, and how it is acted on.

    Attributes:
        env: its name in gymnasium's registry.
        hide: numbers of observations that are left out.
        flicker: share of the observations that are 0.
        delay: steps by which observations come late.
        repeat: steps for which an action is held.
    """

    env: str
    hide: frozenset[int] = frozenset()
    flicker: float = 0.0
    delay: int = 0
    repeat: int = 1


@dataclass(frozen=True)
class Actions:
    """What a policy can do: one choice, several choices, or numbers within bounds.

    Attributes:
        choices: of each choice how many there are; none where actions are numbers.
        start: of each choice the number of the first.
        low: `[A]` least, and `high` the greatest, of actions that are numbers.
        single: whether the environment takes a number rather than an array.
    """

    choices: tuple[int, ...]
    start: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    single: bool

    @property
    def size(self) -> int:
        """A, numbers of an action."""
        return len(self.choices) or len(self.low)

    def native(self, action: Floats) -> Any:
        """An action `[A]` as the environment takes it; -1 to 1 are from low to high."""
        if self.choices:
            found = action.astype(np.int64) + np.array(self.start)
            return int(found[0]) if self.single else found
        low, high = np.array(self.low), np.array(self.high)
        return (low + (np.clip(action, -1, 1) + 1) / 2 * (high - low)).astype(np.float32)


class Happened(NamedTuple):
    """What followed a step in each environment.

    Attributes:
        observation: `[E, O]`, of a new episode where one ended.
        reward: `[E]`.
        terminated: `[E]`, the task itself ended.
        truncated: `[E]`, time ran out.
        final: `[E, O]`, the last observation of the episode, where one ended.
    """

    observation: Floats
    reward: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    final: Floats


class World:
    """One environment, through a view.

    Raises:
        OptionError: there is none of that name, or it has other spaces than these.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.env = made(view.env)
        self.actions = actions_of(self.env, view.env)
        self.seen = observed(self.env, view)
        self._late: deque[Floats] = deque(maxlen=view.delay + 1)
        self._chance = np.random.default_rng(0)

    def reset(self, seed: int) -> Floats:
        """Begin an episode."""
        self._chance = np.random.default_rng([seed, 1])
        observation, _ = self._called(lambda: self.env.reset(seed=seed))
        self._late.clear()
        return self._shown(observation)

    def step(self, action: Floats) -> tuple[Floats, float, bool, bool]:
        """Observation, reward, and whether the episode ended or was cut off."""
        native, total = self.actions.native(action), 0.0
        for _ in range(self.view.repeat):
            observation, reward, ended, cut, _ = self._called(lambda: self.env.step(native))
            total += float(reward)
            if ended or cut:
                break
        if not np.isfinite(total):
            raise self._error(f"gives a reward of {total}; mend its step()")
        return self._shown(observation), total, bool(ended), bool(cut)

    def _called(self, what: Any) -> Any:
        try:
            return what()
        except Exception as error:  # whatever somebody's environment raises
            raise self._error(
                f"raised {type(error).__name__}: {one_line(str(error))[:200]}; mend it, what was"
                " learned until then stays"
            ) from error

    def _shown(self, observation: Any) -> Floats:
        flat = np.asarray(observation, np.float32).reshape(-1)[list(self.seen)]
        if not np.isfinite(flat).all():
            raise self._error("shows an observation that is not finite; mend it")
        self._late.append(flat)
        late = self._late[0]
        return np.zeros_like(late) if self._chance.random() < self.view.flicker else late

    def _error(self, what: str) -> DataError:
        return DataError(f"{one_line(self.view.env)}: {what}")


class Worlds:
    """E environments; where an episode ends the next begins at once.

    Episode k of environment e has a seed of its own, so that the seed of all, the numbers of the
    episodes and the actions since they began say where each one stands.

    Example:
        >>> worlds = Worlds(View("CartPole-v1", frozenset({1, 3})), 2, seed=0)
        >>> worlds.begin().shape
        (2, 2)
        >>> worlds.step(np.zeros((2, 1), np.float32)).reward.tolist()
        [1.0, 1.0]
    """

    def __init__(self, view: View, number: int, seed: int) -> None:
        self.worlds = [World(view) for _ in range(number)]
        self.seed = seed
        self.episode = np.zeros(number, np.int64)
        self.past: list[list[Floats]] = [[] for _ in range(number)]
        self.observation: Floats = np.zeros((number, len(self.worlds[0].seen)), np.float32)

    @property
    def actions(self) -> Actions:
        """What can be done."""
        return self.worlds[0].actions

    def begin(self) -> Floats:
        """Begin an episode in each."""
        for e in range(len(self.worlds)):
            self.observation[e] = self._reset(e)
        return self.observation.copy()

    def replay(self, episode: NDArray[np.int64], past: Sequence[Floats]) -> Floats:
        """Bring each to where it stood: actions `[t, A]` since its episode began."""
        self.episode = episode.copy()
        for e, actions in enumerate(past):
            self.observation[e] = self._reset(e)
            for action in actions:
                self.observation[e] = self.worlds[e].step(action)[0]
            self.past[e] = list(actions)
        return self.observation.copy()

    def step(self, actions: Floats) -> Happened:
        """Act `[E, A]` in each."""
        number = len(self.worlds)
        reward, ended, cut = np.zeros(number), np.zeros(number, bool), np.zeros(number, bool)
        final = np.zeros_like(self.observation)
        for e, world in enumerate(self.worlds):
            seen, reward[e], ended[e], cut[e] = world.step(actions[e])
            self.past[e].append(actions[e].copy())
            if ended[e] or cut[e]:
                final[e] = seen
                self.episode[e] += 1
                seen = self._reset(e)
            self.observation[e] = seen
        return Happened(self.observation.copy(), reward, ended, cut, final)

    def _reset(self, e: int) -> Floats:
        self.past[e] = []
        drawn = np.random.default_rng([self.seed, e, int(self.episode[e])]).integers(2**31)
        return self.worlds[e].reset(int(drawn))


def made(name: str) -> Any:
    """An environment by its name.

    Raises:
        OptionError: there is none.
    """
    try:
        return gym.make(name, disable_env_checker=True)
    except Exception as error:  # gymnasium's, or whatever a module raises when it is imported
        raise OptionError(
            f"env: gymnasium makes no {one_line(name)} ({one_line(str(error))[:200]}); name one of"
            " gymnasium.envs.registry, or your own as MODULE:ID"
        ) from error


def actions_of(env: Any, name: str) -> Actions:
    """What can be done in an environment.

    Raises:
        OptionError: its actions are of another kind.
    """
    space = env.action_space
    if isinstance(space, gym.spaces.Discrete):
        return Actions((int(space.n),), (int(space.start),), (), (), True)
    if isinstance(space, gym.spaces.MultiDiscrete) and space.nvec.ndim == 1:
        return Actions(tuple(map(int, space.nvec)), tuple(map(int, space.start)), (), (), False)
    if isinstance(space, gym.spaces.Box) and len(space.shape) == 1 and space.is_bounded():
        return Actions((), (), tuple(map(float, space.low)), tuple(map(float, space.high)), False)
    raise OptionError(
        f"env: {one_line(name)} takes {one_line(str(space))[:100]}; a policy here makes a choice,"
        " several choices, or a row of numbers with bounds"
    )


def observed(env: Any, view: View) -> tuple[int, ...]:
    """The numbers of the observations that are seen.

    Raises:
        OptionError: they are no numbers, or all are hidden.
    """
    space = env.observation_space
    if not isinstance(space, gym.spaces.Box):
        raise OptionError(
            f"env: {one_line(view.env)} shows {one_line(str(space))[:100]}; a policy here sees"
            " numbers (Box); wrap it with gymnasium.wrappers.FlattenObservation"
        )
    total = int(np.prod(space.shape))
    beyond = [number for number in view.hide if number >= total]
    seen = tuple(number for number in range(total) if number not in view.hide)
    if beyond or not seen:
        what = f"there is no observation {beyond[0]}" if beyond else "all observations are hidden"
        raise OptionError(f"hide: {what}; {one_line(view.env)} has {total}, from 0")
    return seen
