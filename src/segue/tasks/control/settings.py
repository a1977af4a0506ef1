"""What a user asks of control. Needs no heavy library, so that help comes at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from segue.tasks.settings import BY_DATA, Asked, Count, Option, TaskSettings


class ControlSettings(TaskSettings):
    """What is asked; None leaves a choice to `suggest`, which goes by the environment."""

    env: Annotated[str, Field(min_length=1, max_length=200), Option("ID", required=True)] = Field(
        default="",
        description="An environment of gymnasium, such as CartPole-v1; yours is MODULE:ID.",
        validate_default=True,
    )
    hide: Annotated[str, Option("N,N")] = Field(
        default="", description="Numbers of observations to hide, from 0, with commas between."
    )
    flicker: Annotated[float, Field(ge=0, lt=1), Option("SHARE")] = Field(
        default=0.0, description="Share of the observations that are blanked as a whole."
    )
    delay: Annotated[int, Field(ge=0, le=1000), Option("N")] = Field(
        default=0, description="Steps by which observations come late."
    )
    repeat: Annotated[int, Field(ge=1, le=1000), Option("N")] = Field(
        default=1, description="Steps for which each action is held."
    )
    steps: Annotated[Count, Option("N")] = Field(
        default=100_000, description="Steps in the environment to learn from."
    )
    memoryless: bool = Field(
        default=False, description="Train a policy of as many parameters that remembers nothing."
    )
    environments: Annotated[int, Field(ge=1, le=4096), Option("N")] = Field(
        default=8, description="Environments that run side by side."
    )
    rollout: Annotated[int, Field(ge=2, le=100_000), Option("N")] = Field(
        default=128, description="Steps in each of them between two improvements of the policy."
    )
    gamma: Annotated[float, Field(ge=0, le=1), Option("X")] = Field(
        default=0.99, description="What a reward is worth that comes a step later."
    )
    entropy: Annotated[float, Field(ge=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="How much chance in the actions is rewarded."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )

    @field_validator("hide")
    @classmethod
    def _numbers(cls, given: str) -> str:
        parts = [part for part in given.replace(" ", "").split(",") if part]
        if any(not part.isdecimal() or len(part) > 6 for part in parts):
            raise ValueError(f"write numbers with commas between, such as 1,3, not {given[:40]!r}")
        return ",".join(parts)

    @property
    def hidden_ones(self) -> frozenset[int]:
        """The numbers of the observations that are hidden."""
        return frozenset(int(part) for part in self.hide.split(",") if part)


class ControlLive(Asked):
    """What can be asked of a policy at work."""

    rate: Annotated[float, Field(gt=0, le=1e6), Option("HZ")] = Field(
        default=200.0, description="Steps in a second."
    )
    ticks: Annotated[Count, Option("N")] = Field(
        default=1000, description="Steps until it ends and tells how the time was kept."
    )
    env: Annotated[str, Option("ID", "the training's")] | None = Field(
        default=None, description="Another environment with the same observations and actions."
    )
