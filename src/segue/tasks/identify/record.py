"""`config.json` of an identification."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from segue.tasks.identify.defaults import TrainSettings
from segue.tasks.identify.model import IdentifyConfig
from segue.tasks.identify.settings import IdentifySettings
from segue.tasks.record import Record


class IdentifyRun(Record[IdentifySettings]):
    """`config.json`: what was asked, of which data, and what was chosen for it.

    Attributes:
        period: seconds between two samples; 1 where no time was named.
        model: what the model is built from.
        training: how it is trained.
    """

    task: Literal["identify"] = "identify"
    period: float = Field(gt=0, le=1e12)
    model: IdentifyConfig
    training: TrainSettings

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        asked, model = self.settings, self.model
        inputs = len(asked.input) + (len(asked.output) if asked.one_step else 0)
        if (model.inputs, model.outputs) != (inputs, len(asked.output)):
            raise ValueError("model: does not fit the columns")
        if (model.encoder, model.learned_start) != (asked.encoder, asked.learned_start):
            raise ValueError("model: begins in another way than was asked")
        return self
