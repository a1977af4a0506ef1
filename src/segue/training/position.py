"""Where a training is: all plain values that a resumed one needs."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Best:
    """The best epoch so far.

    Attributes:
        loss: its validation loss.
        epoch: its number, from 1.
        step: of the checkpoint that has its weights.
        sha256: of weights.safetensors with its weights.
    """

    loss: float
    epoch: int
    step: int
    sha256: str


@dataclass
class Position:
    """Where a training is.

    Attributes:
        epoch: epochs that are over.
        index: batches done of the present epoch.
        step: optimizer steps done, those that were left out as not finite included.
        batches: in an epoch; a resumed run must have as many.
        best: the epoch with the lowest validation loss.
        stale: epochs since then.
        seconds: of training, over all resumptions.
        loss_sum: of this epoch's steps, loss times weight.
        weight_sum: of this epoch's steps.
        skipped: this epoch's steps that were left out as not finite.
        rollbacks: how often the training went back to a checkpoint.
        anchor: the step of the last regular checkpoint: a rollback goes there.
        metrics_bytes: length of metrics.jsonl.
    """

    epoch: int = 0
    index: int = 0
    step: int = 0
    batches: int = 0
    best: Best | None = None
    stale: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    skipped: int = 0
    rollbacks: int = 0
    anchor: int = 0
    metrics_bytes: int = 0

    @property
    def needs(self) -> set[int]:
        """The steps of the checkpoints that this one refers to."""
        return {self.anchor} | ({self.best.step} if self.best else set())

    def record(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Position":
        """Return what `record` was made from."""
        best = record["best"]
        return cls(**{**record, "best": Best(**best) if best else None})
