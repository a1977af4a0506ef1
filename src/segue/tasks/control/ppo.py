"""Proximal policy optimisation of a policy with memory.

J. Schulman et al., "Proximal policy optimization algorithms", 2017. Minibatches are whole sequences
of some of the environments, with the states that these began with; where an episode begins inside,
the state is reset in `scan`. Where time ran out, what was still expected is added to the reward.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from segue.data.worlds import Floats, Happened, View, Worlds
from segue.tasks.control.playing import returns_of
from segue.tasks.control.policy import Actor, Policy, PolicyConfig
from segue.training import Step
from segue.training.advantages import advantages

CLIP = 0.2
VALUE = 0.5
_REWARD = 10.0  # deviations of a reward, at most
LONGEST = 10_000  # steps of an episode that can be played again


class Apprentice(nn.Module):
    """A policy, and where its environments stand: all that a resumed training needs.

    Args:
        config: of the policy.
        environments: E.
        longest: L, steps of an episode.
    """

    def __init__(self, config: PolicyConfig, environments: int, longest: int) -> None:
        super().__init__()
        self.policy = Policy(config)
        e, width = environments, config.actions.size
        self.episode: Tensor
        self.steps: Tensor
        self.past: Tensor
        self.observation: Tensor
        self.state: Tensor
        self.gathered: Tensor
        self.spread: Tensor
        self.lost: Tensor
        self.register_buffer("episode", torch.full((e,), -1))
        self.register_buffer("steps", torch.zeros(e, dtype=torch.int64))
        self.register_buffer("past", torch.zeros(e, longest, width))
        self.register_buffer("observation", torch.zeros(e, config.observations))
        memory = self.policy.memory
        fields = () if memory is None else memory.stream(e).state
        self.register_buffer("state", torch.stack(list(fields)) if fields else torch.zeros(0, e, 1))
        self.register_buffer("gathered", torch.zeros(e, dtype=torch.float64))
        self.register_buffer("spread", torch.tensor([1e-4, 0.0, 1.0], dtype=torch.float64))
        self.register_buffer("lost", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor, state: Any, reset: Tensor) -> tuple[Tensor, Tensor, Any]:
        """As the policy."""
        found: tuple[Tensor, Tensor, Any] = self.policy(x, state, reset)
        return found

    def keep(self, worlds: Worlds, actor: Actor) -> None:
        """Note where the environments and the memory stand."""
        self.episode.copy_(torch.from_numpy(worlds.episode))
        for e, past in enumerate(worlds.past):
            self.steps[e] = len(past)
            if past and len(past) <= self.past.shape[1]:
                self.past[e, : len(past)] = torch.from_numpy(np.stack(past))
        self.observation.copy_(torch.from_numpy(worlds.observation))
        if actor.memory is not None:
            self.state.copy_(torch.stack(list(actor.memory.state)))

    def scaled(self, reward: Any, over: Any, gamma: float) -> Any:
        """A reward `[E]` divided by the spread of what was gathered; its statistics go on."""
        self.gathered.mul_(gamma).add_(torch.from_numpy(reward))
        count, mean, variance = self.spread.tolist()
        new = self.gathered.numpy()
        total = count + len(new)
        apart = float(new.mean()) - mean
        squares = variance * count + float(new.var()) * len(new)
        variance = (squares + apart**2 * count * len(new) / total) / total
        mean += apart * len(new) / total
        self.spread.copy_(torch.tensor([total, mean, variance], dtype=torch.float64))
        self.gathered[torch.from_numpy(over)] = 0.0
        return np.clip(reward / np.sqrt(variance + 1e-8), -_REWARD, _REWARD)


class Rollout(NamedTuple):
    """What happened in E environments over T steps, and what is to be learned of it."""

    observation: Tensor  # [T, E, O]
    action: Tensor  # [T, E, A]
    reset: Tensor  # bool [T, E]: an episode begins
    state: Tensor  # [fields, E, H] before the first step
    log_prob: Tensor  # [T, E]
    advantage: Tensor  # [T, E]
    target: Tensor  # [T, E] of the values


@dataclass(frozen=True, eq=False)
class PPO:
    """The loss of PPO, and the mean return of episodes that are not learned from.

    `worlds` is what runs, where it stands as the model's buffers say; else it is played again.
    """

    view: View
    environments: int
    steps: int
    gamma: float
    entropy: float
    parts: int
    seed: int
    validation: tuple[int, ...]
    running: list[Worlds] = field(default_factory=list)

    def loss(self, model: nn.Module, batch: Tensor, carry: Any) -> Step:
        """The loss of a minibatch; the carry is the rollout that it is of."""
        assert isinstance(model, Apprentice)  # noqa: S101 - for the type checker
        rollout, which, part = batch.tolist()
        if carry is None or (which == 0 and part == 0):
            carry = self.collect(model, rollout)
        order = np.random.default_rng([self.seed, rollout, which]).permutation(self.environments)
        rows = torch.from_numpy(np.array_split(order, self.parts)[part])
        mine = Rollout(*(each[:, rows] for each in carry))
        state = tuple(mine.state) if len(mine.state) else None
        said, value, _ = model(mine.observation, state, mine.reset)
        log_prob, entropy = model.policy.log_prob(said, mine.action)
        ratio = (log_prob - mine.log_prob).exp()
        gain = (mine.advantage - mine.advantage.mean()) / (mine.advantage.std() + 1e-8)
        better = torch.minimum(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain)
        missed = (value - mine.target).square()
        each = -better + VALUE * missed - self.entropy * entropy
        return Step(each.mean(), float(each.numel()), carry, each.mean(1))

    @torch.no_grad()
    def collect(self, model: Apprentice, rollout: int) -> Rollout:
        """Act for T steps; what is drawn depends on the seed and the rollout's number alone."""
        worlds, policy = self._worlds(model), model.policy
        actor = policy.actor_of(self.environments)
        if actor.memory is not None:
            actor.memory.state = tuple(model.state)
        begun, chance = model.state.clone(), np.random.default_rng([self.seed, rollout, 7])
        seen, done, rewards, resets = [], [], [], []
        fresh = np.array([not past for past in worlds.past])
        observation = worlds.observation.copy()
        for _ in range(self.steps):
            seen.append(observation)
            resets.append(fresh)
            action = drawn(policy, actor.said(actor.features(observation)), chance)
            happened = worlds.step(action)
            over = happened.terminated | happened.truncated
            reward = model.scaled(happened.reward, over, self.gamma)
            rewards.append(reward + self.gamma * self._expected(actor, happened))
            actor.reset(over)
            done.append(action)
            observation, fresh = happened.observation, over
        last = actor.value(_ahead(actor).features(observation))
        model.keep(worlds, actor)
        x, reset = torch.from_numpy(np.stack(seen)), torch.from_numpy(np.stack(resets))
        policy.see(x.flatten(0, 1).numpy())
        acted = torch.from_numpy(np.stack(done))
        said, value, _ = model(x, tuple(begun) if len(begun) else None, reset)
        log_prob, _ = policy.log_prob(said, acted)
        ends = np.stack([*resets[1:], fresh])
        gain = advantages(np.stack(rewards), value.numpy(), last, ends, self.gamma)
        advantage = torch.from_numpy(gain)
        return Rollout(x, acted, reset, begun, log_prob, advantage, advantage + value)

    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """The mean return of the likeliest actions, on seeds that are not learned from."""
        assert isinstance(model, Apprentice)  # noqa: S101 - for the type checker
        actor = model.policy.actor_of(len(self.validation))
        found = float(returns_of(self.view, actor, self.validation, check).mean())
        return {"loss": -found, "return": found}

    def _worlds(self, model: Apprentice) -> Worlds:
        """The environments, standing where the model's buffers say."""
        if self.running:
            worlds = self.running[0]
            counts = [len(past) for past in worlds.past]
            same = np.array_equal(worlds.episode, model.episode.numpy())
            if same and counts == model.steps.tolist():
                return worlds
            self.running.clear()
        worlds = Worlds(self.view, self.environments, self.seed)
        self.running.append(worlds)
        if int(model.episode[0]) < 0:
            worlds.begin()
            return worlds
        counts = model.steps.tolist()
        if max(counts) <= model.past.shape[1]:
            past = [model.past[e, :n].numpy() for e, n in enumerate(counts)]
            now = worlds.replay(model.episode.numpy(), past)
            if np.array_equal(now, model.observation.numpy()):
                return worlds
        worlds.episode = model.episode.numpy() + 1
        worlds.begin()
        model.state.zero_()
        model.lost.add_(self.environments)
        return worlds

    def _expected(self, actor: Actor, happened: Happened) -> Any:
        """What was still to come where time ran out `[E]`; 0 elsewhere."""
        cut = happened.truncated & ~happened.terminated
        if not cut.any():
            return np.zeros(len(cut))
        return np.where(cut, actor.value(_ahead(actor).features(happened.final)), 0.0)


def _ahead(actor: Actor) -> Actor:
    """The same policy in the same state, that can look on without moving the other."""
    made = object.__new__(Actor)
    made.__dict__.update(actor.__dict__)
    made.memory = None if actor.memory is None else actor.memory.copy()
    return made


def drawn(policy: Policy, said: Floats, chance: np.random.Generator) -> Floats:
    """Actions `[E, A]` by chance, as likely as the policy says."""
    if policy.config.low:
        spread = policy.spread.detach().exp().numpy()
        return (said + spread * chance.standard_normal(said.shape)).astype(np.float32)
    parts = np.split(said, np.cumsum(policy.config.choices)[:-1], -1)
    picked = [(part + chance.gumbel(size=part.shape)).argmax(-1) for part in parts]
    return np.stack(picked, -1).astype(np.float32)
