"""What a user asks of a recogniser. Needs no heavy library, so that help comes at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from segue.tasks.settings import BY_DATA, Count, Option, TaskSettings
from segue.tasks.speech.listing import Listing

Share = Annotated[float, Field(ge=0, lt=1), Option("SHARE", BY_DATA)]


class TranscribeSettings(TaskSettings, Listing):
    """What is asked; None leaves a choice to `suggest`, which goes by the recordings."""

    plain: bool = Field(
        default=False, description="Hide no bands and stretches of the spectrogram in training."
    )
    dropout: Share | None = Field(
        default=None, description="Share of features dropped before, between and after the layers."
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1), Option("SHARE")] = Field(
        default=0.0, description="Share of the target that is spread over all units."
    )
    weight_decay: Annotated[float, Field(ge=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )
    batch_size: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Most recordings in a batch."
    )
