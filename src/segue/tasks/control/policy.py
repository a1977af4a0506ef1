"""The policy: what it sees, what it remembers, what it does, and what it expects."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from segue.cells import by_name
from segue.data.worlds import Actions
from segue.nn import Recurrent
from segue.nn.layer import State
from segue.tasks.bounds import CellName, check_size
from segue.tasks.recipe import parameters_of

Floats = NDArray[np.float32]
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_CLIP = 10.0  # standard deviations of an observation, at most


class PolicyConfig(BaseModel):
    """Everything that a `Policy` is built from.

    Attributes:
        observations: O.
        choices: of each choice how many there are; none where actions are numbers.
        start: of each choice the number of the first.
        low: least of each action that is a number.
        high: greatest of each.
        single: whether an action is one number rather than several.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of the state, and of what it reads.
        memoryless: a feed-forward layer stands in the place of the recurrent one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    observations: int = Field(ge=1, le=1_000_000)
    choices: tuple[int, ...] = ()
    start: tuple[int, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    single: bool = False
    cell: CellName = "gru"
    hidden: int = Field(default=64, ge=1, le=8192)
    memoryless: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.choices) == bool(self.low) or len(self.low) != len(self.high):
            raise ValueError("actions are choices, or numbers with bounds")
        if any(not 1 <= n <= 100_000 for n in self.choices) or len(self.start) != len(self.choices):
            raise ValueError("choices: each is one of 1 to 100,000")
        check_size(self.hidden * (self.observations + 8 * self.hidden + self.outputs))
        return self

    @property
    def actions(self) -> Actions:
        """What can be done."""
        return Actions(self.choices, self.start, self.low, self.high, self.single)

    @property
    def outputs(self) -> int:
        """Numbers that say what to do."""
        return sum(self.choices) or len(self.low)


class Policy(nn.Module):
    """Observations to actions and values, through a state.

    Observations are brought to mean 0 and variance 1 by statistics that rollouts gather; they are
    buffers, and saved with the weights.

    Example:
        >>> policy = Policy(PolicyConfig(observations=2, choices=(3,), start=(0,), hidden=8))
        >>> said, value, state = policy(torch.zeros(5, 4, 2), None, None)
        >>> said.shape, value.shape
        (torch.Size([5, 4, 3]), torch.Size([5, 4]))
    """

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self.config = config
        n, h = config.observations, config.hidden
        self.mean: Tensor
        self.variance: Tensor
        self.count: Tensor
        self.register_buffer("mean", torch.zeros(n, dtype=torch.float64))
        self.register_buffer("variance", torch.ones(n, dtype=torch.float64))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        self.front = nn.Linear(n, h)
        cell = by_name()[config.cell]
        self.memory = None if config.memoryless else Recurrent(cell, h, h)
        self.plain = _feed_forward(cell_size(config), h) if config.memoryless else None
        self.actor, self.critic = nn.Linear(h, config.outputs), nn.Linear(h, 1)
        nn.init.orthogonal_(self.front.weight, 2**0.5)
        nn.init.orthogonal_(self.actor.weight, 0.01)
        nn.init.orthogonal_(self.critic.weight, 1.0)
        for layer in (self.front, self.actor, self.critic):
            nn.init.zeros_(layer.bias)
        self.spread = nn.Parameter(torch.zeros(len(config.low)))

    def forward(
        self, x: Tensor, state: State, reset: Tensor | None
    ) -> tuple[Tensor, Tensor, State]:
        """What to do `[T, B, P]`, values `[T, B]` and the state, of observations `[T, B, O]`."""
        z = (x - self.mean) / (self.variance + 1e-8).sqrt()
        y = self.front(z.clamp(-_CLIP, _CLIP).float()).tanh()
        if self.memory is not None:
            y, state = self.memory(y, state, None, reset)
        elif self.plain is not None:
            y = self.plain(y)
        return self.actor(y), self.critic(y)[..., 0], state

    def log_prob(self, said: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Log probability and entropy `[...]` of actions `[..., A]`."""
        if self.config.low:
            apart = (action - said) / self.spread.exp()
            log = -0.5 * apart.square() - self.spread - _HALF_LOG_2PI
            return log.sum(-1), (self.spread + 0.5 + _HALF_LOG_2PI).sum().expand(apart.shape[:-1])
        parts = [part.log_softmax(-1) for part in torch.split(said, list(self.config.choices), -1)]
        taken = action.long()
        logs = [part.gather(-1, taken[..., k : k + 1])[..., 0] for k, part in enumerate(parts)]
        chance = [-(part.exp() * part).sum(-1) for part in parts]
        return torch.stack(logs).sum(0), torch.stack(chance).sum(0)

    @torch.no_grad()
    def see(self, x: NDArray[np.floating]) -> None:
        """Take observations `[N, O]` into the statistics (T. Chan et al., 1983)."""
        new, n = torch.from_numpy(x).double(), float(len(x))
        total = self.count + n
        apart = new.mean(0) - self.mean
        squares = self.variance * self.count + new.var(0, correction=0) * n
        self.variance.copy_((squares + apart**2 * self.count * n / total) / total)
        self.mean.add_(apart * n / total)
        self.count.copy_(total)

    def actor_of(self, batch: int = 1) -> Actor:
        """The policy at work, as its weights are now."""
        return Actor(self, batch)


class Actor:
    """A policy at work: an observation goes in, an action comes out, in microseconds.

    Example:
        >>> config = PolicyConfig(observations=2, choices=(3,), start=(0,), single=True, hidden=8)
        >>> actor = Policy(config).actor_of()
        >>> actor.step(np.zeros(2)) in (0, 1, 2)
        True
    """

    def __init__(self, policy: Policy, batch: int) -> None:
        self.config, self.batch = policy.config, batch
        spread = (policy.variance + 1e-8).sqrt().float().numpy()
        self._loc, self._reach = policy.mean.float().numpy(), _CLIP * spread
        parts = [*_matrix(policy.front), *_matrix(policy.actor), *_matrix(policy.critic)]
        self._front, self._front_bias, self._actor, self._actor_bias = parts[:4]
        self._critic, self._critic_bias = parts[4:]
        self._front /= spread[:, None]
        self._plain = None
        if policy.plain is not None:
            layers = [each for each in policy.plain if isinstance(each, nn.Linear)]
            self._plain = [_matrix(layer) for layer in layers]
        self.memory = None if policy.memory is None else policy.memory.stream(batch)
        self._actions, self._single = policy.config.actions, policy.config.single
        self._first = policy.config.start[0] if policy.config.single else 0

    def features(self, x: NDArray[np.floating]) -> Floats:
        """What the policy makes of observations `[B, O]`, its state going on: `[B, H]`."""
        z: Floats = np.subtract(x, self._loc, dtype=np.float32)
        np.minimum(z, self._reach, out=z)
        np.maximum(z, -self._reach, out=z)
        y: Floats = z @ self._front
        y += self._front_bias
        np.tanh(y, out=y)
        if self.memory is not None:
            return self.memory.step(y)
        for weight, bias in self._plain or ():
            y = np.tanh(y @ weight + bias)
        return y

    def said(self, features: Floats) -> Floats:
        """What to do: logits, or the means of numbers, `[B, P]`."""
        found: Floats = features @ self._actor + self._actor_bias
        return found

    def value(self, features: Floats) -> Floats:
        """What is expected `[B]`."""
        found: Floats = (features @ self._critic + self._critic_bias)[..., 0]
        return found

    def best(self, said: Floats) -> Floats:
        """The likeliest actions `[B, A]`."""
        if self.config.low:
            return said
        if len(self.config.choices) == 1:
            one: Floats = said.argmax(-1)[..., None].astype(np.float32)
            return one
        parts = np.split(said, np.cumsum(self.config.choices)[:-1], -1)
        return np.stack([part.argmax(-1) for part in parts], -1).astype(np.float32)

    def step(self, observation: NDArray[np.floating]) -> int | NDArray[np.generic]:
        """The action of one environment, as it takes it, for an observation `[O]`."""
        said = self.said(self.features(observation))
        if self._single:
            return int(said.argmax()) + self._first
        found: NDArray[np.generic] = self._actions.native(self.best(said))
        return found

    def reset(self, rows: NDArray[np.bool_] | None = None) -> None:
        """Forget, in some environments or in all: episodes begin."""
        if self.memory is not None:
            self.memory.reset(rows)


def cell_size(config: PolicyConfig) -> int:
    """Parameters of the recurrent layer."""
    layer = Recurrent(by_name()[config.cell], config.hidden, config.hidden)
    return parameters_of(layer)


def _feed_forward(parameters: int, hidden: int) -> nn.Sequential:
    """Two layers with about so many parameters."""
    width = max(1, round((parameters - hidden) / (2 * hidden + 1)))
    return nn.Sequential(nn.Linear(hidden, width), nn.Tanh(), nn.Linear(width, hidden), nn.Tanh())


def _matrix(layer: nn.Linear) -> tuple[Floats, Floats]:
    return layer.weight.detach().numpy().T.copy(), layer.bias.detach().numpy().copy()
