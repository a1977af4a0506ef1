"""What a training came to."""

from dataclasses import dataclass
from enum import StrEnum


class Stopped(StrEnum):
    """Why a training ended."""

    finished = "finished"
    """All epochs are done."""
    patience = "patience"
    """The validation loss no longer falls."""
    minutes = "minutes"
    """The time is up."""


@dataclass(frozen=True)
class FitResult:
    """What a training came to.

    Attributes:
        epochs: that were run.
        best_epoch: whose weights the model has now (from 1).
        best_loss: its validation loss.
        steps: optimizer steps.
        seconds: of training, over all resumptions.
        stopped: why it ended.
    """

    epochs: int
    best_epoch: int
    best_loss: float
    steps: int
    seconds: float
    stopped: Stopped
