"""`config.json` of a policy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from segue.tasks.control.policy import PolicyConfig
from segue.tasks.control.settings import ControlSettings
from segue.tasks.recipe import Recipe
from segue.tasks.record import Record


class TrainSettings(Recipe):
    """How a policy is trained.

    Attributes:
        learning_rate: of AdamW at its highest.
        batch_size: environments in a minibatch.
        epochs: how many.
        clip_norm: largest norm of a gradient.
        rollouts: in an epoch.
        passes: over each of them.
        entropy: how much chance in the actions is rewarded.
        longest: steps of an episode that can be played again.
    """

    rollouts: int = Field(ge=1, le=1_000_000)
    passes: int = Field(default=8, ge=1, le=1000)
    entropy: float = Field(default=0.01, ge=0, le=10)
    longest: int = Field(ge=1, le=10_000)


class ControlRun(Record[ControlSettings]):
    """`config.json`: what was asked, and what was chosen for it.

    Attributes:
        model: what the policy is built from.
        training: how it is trained.
    """

    task: Literal["control"] = "control"
    model: PolicyConfig
    training: TrainSettings
