"""An environment, with the policy to train or to score in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from segue.data.minibatches import Plan
from segue.data.wording import count, one_line
from segue.data.worlds import View
from segue.tasks.control.policy import PolicyConfig
from segue.tasks.control.ppo import PPO, Apprentice
from segue.tasks.control.record import ControlRun, TrainSettings
from segue.tasks.control.settings import ControlSettings
from segue.tasks.recipe import one_cycle, parameters_of, training_facts
from segue.tasks.record import DataReference
from segue.tasks.task import Facts, Fitting
from segue.training import FitResult
from segue.version import __version__

VALIDATION = range(2**31 - 1000, 2**31 - 990)
"""Seeds of the episodes that weights are chosen by; no training draws from them."""


@dataclass(frozen=True)
class Place:
    """An environment as it is seen, in the place of data."""

    view: View

    def digest(self) -> str:
        """SHA-256 of what it is called and how it is seen."""
        hide = sorted(self.view.hide)
        return sha256(repr((*self.view[:1], hide, *self.view[2:])).encode()).hexdigest()


@dataclass(frozen=True)
class Prepared:
    """An environment, with the policy to train or to score in it."""

    source: str
    settings: ControlSettings
    data: Place
    config: PolicyConfig
    model: Apprentice
    training: TrainSettings

    @property
    def title(self) -> str:
        """Of the report."""
        return f"A policy for {one_line(self.settings.env)}"

    @property
    def parts(self) -> int:
        """Minibatches of a pass."""
        return max(1, self.settings.environments // self.training.batch_size)

    def fitting(self) -> Fitting:
        """How the policy is trained: PPO, the learning rate falling to nearly 0."""
        how, asked = self.training, self.settings
        objective = PPO(
            self.data.view, asked.environments, asked.rollout, asked.gamma, how.entropy,
            self.parts, asked.seed, tuple(VALIDATION),
        )  # fmt: skip
        batches: Any = Plan(how.rollouts, how.passes, self.parts)
        weights = self.model.parameters()
        return one_cycle(how, asked, objective, batches, weights, rising=0.01, betas=(0.9, 0.999))

    def finish(self) -> None:
        """Nothing follows the choice of the weights."""
        self.model.eval()

    def artifact(self) -> dict[str, Any]:
        """The weights say all."""
        return {}

    def introduction(self) -> Sequence[str]:
        """What will be trained in what."""
        config, how, asked = self.config, self.training, self.settings
        hidden = f", {count(len(self.data.view.hide), 'one')} hidden" if self.data.view.hide else ""
        what = "choices" if config.choices else "numbers"
        steps = how.epochs * how.rollouts * asked.environments * asked.rollout
        kind = "a feed-forward layer" if config.memoryless else config.cell
        return [
            f"{one_line(asked.env)}: {count(config.observations, 'observation')}{hidden}, actions"
            f" are {what} ({config.actions.size})",
            f"{kind} with {config.hidden} features, {parameters_of(self.model):,} parameters;"
            f" {steps:,} steps in {count(asked.environments, 'environment')}",
        ]

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        return {
            "env": self.settings.env,
            "cell": self.config.cell,
            "parameters": parameters_of(self.model),
        }

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        config, how, asked = self.config, self.training, self.settings
        steps = result.epochs * how.rollouts * asked.environments * asked.rollout
        return (
            ("environment", one_line(asked.env)),
            ("hidden observations", asked.hide or "none"),
            ("steps", f"{steps:,}"),
            ("memory", "none" if config.memoryless else f"{config.cell}, {config.hidden} features"),
            *training_facts(result, self.model),
            ("environments", str(asked.environments)),
            ("worth of a later reward", f"{asked.gamma:g}"),
            ("episodes lost by a resumption", str(int(self.model.lost))),
            ("seed", str(asked.seed)),
        )

    def record(self, data: DataReference) -> ControlRun:
        """What `config.json` says of it."""
        return ControlRun(
            segue=__version__,
            settings=self.settings,
            data=data,
            model=self.config,
            training=self.training,
        )
