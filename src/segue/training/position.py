"""Where a training is: all plain values that a resumed one needs."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from segue.errors import RunError

Count = Annotated[int, Field(ge=0, lt=2**53, strict=True)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]


@dataclass(frozen=True)
class Best:
    """The best epoch so far.

    Attributes:
        loss: its validation loss.
        epoch: its number, from 1.
        step: of the checkpoint that has its weights.
        sha256: of weights.safetensors with its weights.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    loss: Annotated[float, Field(allow_inf_nan=False, strict=True)]
    epoch: Count
    step: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


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

    __pydantic_config__ = ConfigDict(extra="forbid")

    epoch: Count = 0
    index: Count = 0
    step: Count = 0
    batches: Count = 0
    best: Best | None = None
    stale: Count = 0
    seconds: Seconds = 0.0
    loss_sum: Annotated[float, Field(strict=True)] = 0.0
    weight_sum: Annotated[float, Field(strict=True)] = 0.0
    skipped: Count = 0
    rollbacks: Count = 0
    anchor: Count = 0
    metrics_bytes: Count = 0

    @property
    def needs(self) -> set[int]:
        """The steps of the checkpoints that this one refers to."""
        return {self.anchor} | ({self.best.step} if self.best else set())

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: object) -> "Position":
        """Return what `as_json` was made from.

        Raises:
            RunError: it is no record of a position, or its numbers contradict each other.
        """
        try:
            found = _POSITION.validate_python(document)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise RunError(
                f"the checkpoint's position is not a training's (at {place[:80]!r})"
            ) from None
        best = found.best.step if found.best else 0
        if found.index > found.batches or max(found.anchor, best) > found.step:
            raise RunError("the checkpoint's position contradicts itself")
        return found


_POSITION = TypeAdapter(Position)
