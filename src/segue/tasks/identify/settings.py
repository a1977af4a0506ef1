"""What a user asks of an identification. Needs no heavy library, so that help comes at once."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from segue.tasks.settings import BY_DATA, Count, Option
from segue.tasks.table_settings import TableSettings

Steps = Annotated[int, Field(ge=0, le=1_000_000), Option("N", BY_DATA)]


class IdentifySettings(TableSettings):
    """What is asked; None leaves a choice to `suggest`, which goes by the data."""

    input: Annotated[tuple[str, ...], Option("COL", required=True)] = Field(
        default=(), description="A column that acts on the system; repeatable."
    )
    output: Annotated[tuple[str, ...], Option("COL", required=True)] = Field(
        default=(), description="A column that the system answers with; repeatable."
    )
    experiment: Annotated[str, Option("COL")] | None = Field(
        default=None, description="Which experiment a row belongs to, if there are several."
    )
    time: Annotated[str, Option("COL")] | None = Field(
        default=None, description="The time of each row, in seconds; it must rise evenly."
    )
    dev: Annotated[str, Option("FILE", "the end of the training's records")] | None = Field(
        default=None, description="Records to choose the weights by."
    )
    test: Annotated[str, Option("FILE", "the end of each record")] | None = Field(
        default=None, description="Records to score on."
    )
    washout: Steps | None = Field(
        default=None,
        description="Samples at the start of each record that are simulated and not scored.",
    )
    encoder: Annotated[int, Field(ge=0, le=10_000), Option("N")] = Field(
        default=0,
        description="Samples, inputs and outputs, from which the first state is told; 0 for none.",
    )
    learned_start: bool = Field(
        default=False, description="Learn the state in which every record begins."
    )
    one_step: bool = Field(
        default=False,
        description="Predict one step from the measured output before it; this is no simulation.",
    )
    chunk: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Steps that gradients go back; the state is carried on."
    )
    batch_size: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Stretches of the records that are learned from side by side."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )
    weight_decay: Annotated[float, Field(ge=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW."
    )

    @field_validator("input", "output", mode="before")
    @classmethod
    def _one_name(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else () if given is None else given

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        if not self.input or not self.output:
            raise ValueError("name the columns that act on the system and that it answers with"
                             " (--input, --output)")  # fmt: skip
        named = (*self.input, *self.output)
        twice = [name for name in named if named.count(name) > 1]
        if twice:
            raise ValueError(f"the column {twice[0]!r} is named twice; name each once")
        return self

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        ways = {"--encoder": self.encoder, "--learned-start": self.learned_start,
                "--one-step": self.one_step}  # fmt: skip
        asked = [name for name, given in ways.items() if given]
        if len(asked) > 1:
            raise ValueError(f"{' and '.join(asked)} exclude one another; give one of them")
        return self
