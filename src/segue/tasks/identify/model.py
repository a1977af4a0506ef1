"""What a simulator is built from."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segue.cells import by_name
from segue.nn.simulator import Simulator
from segue.tasks.bounds import CellName, check_size


class IdentifyConfig(BaseModel):
    """Everything that a simulator is built from.

    Attributes:
        inputs: U.
        outputs: Y.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of the state.
        layers: recurrent layers.
        order: N, states of the linear system.
        encoder: samples from which the first state is told.
        learned_start: whether the state in which records begin is learned.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    inputs: int = Field(ge=1, le=10_000)
    outputs: int = Field(ge=1, le=10_000)
    cell: CellName = "gru"
    hidden: int = Field(default=32, ge=1, le=8192)
    layers: int = Field(default=1, ge=1, le=64)
    order: int = Field(ge=1, le=100_000)
    encoder: int = Field(default=0, ge=0, le=10_000)
    learned_start: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        wide = self.inputs + 2 * self.outputs
        told = self.encoder * wide * (wide + self.order)
        linear = self.order * (2 * self.order + wide)
        check_size(self.hidden * (self.hidden * self.layers + wide) + told + linear)
        return self

    def build(self) -> Simulator:
        """The simulator, its weights drawn."""
        return Simulator(
            by_name()[self.cell],
            inputs=self.inputs,
            outputs=self.outputs,
            order=self.order,
            hidden_size=self.hidden,
            layers=self.layers,
            encoder=self.encoder,
            learned_start=self.learned_start,
        )
