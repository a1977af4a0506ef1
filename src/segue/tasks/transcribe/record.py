"""`config.json` of a recogniser."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from segue.data.audio.hearing import Hearing
from segue.tasks.record import Record
from segue.tasks.transcribe.defaults import TrainSettings
from segue.tasks.transcribe.model import TranscribeConfig
from segue.tasks.transcribe.settings import TranscribeSettings


class TranscribeRun(Record[TranscribeSettings]):
    """`config.json`: what was asked, of which data, and what was chosen for it.

    Attributes:
        commands: whether each recording says one of a few names.
        hearing: what is computed of a recording.
        model: what the model is built from.
        training: how it is trained.
    """

    task: Literal["transcribe"] = "transcribe"
    commands: bool
    hearing: Hearing
    model: TranscribeConfig
    training: TrainSettings

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.hearing.width != self.model.features:
            raise ValueError("the model reads other frames than are heard")
        if self.commands and self.model.transducer:
            raise ValueError("names are told apart without a transducer")
        if self.hearing.running != (self.model.chunk is not None):
            raise ValueError("what listens live, and that alone, has a running mean")
        return self
