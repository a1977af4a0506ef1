"""`TrainConfig`: every choice of the training loop."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Precision(StrEnum):
    """The number format of the forward and backward passes; weights always stay as they are."""

    float32 = "float32"
    """As the model is: no autocast."""
    bfloat16 = "bfloat16"
    """Autocast to bfloat16, on a CPU or a GPU that has it."""
    float16 = "float16"
    """Autocast to float16 with loss scaling; needs CUDA."""


class NonFinite(StrEnum):
    """What follows a loss or a gradient that is not finite."""

    skip = "skip"
    """The step's update is left out, the carried state is dropped, and training goes on. An epoch
    without one finite step stops the training."""
    rollback = "rollback"
    """Weights and optimizer go back to the last regular checkpoint, and training goes on behind
    the batch that failed: the batches since the checkpoint are not tried again, as they would
    only fail again (so Chowdhery et al. 2022, PaLM, section 5.1). After `rollbacks` of these the
    training stops."""
    stop = "stop"
    """`NonFiniteError`; the checkpoints written before stay as they are."""


class TrainConfig(BaseModel):
    """Every choice of the training loop.

    Attributes:
        epochs: passes over the source.
        minutes: stop after this many minutes of training, counted over all resumptions. The
            epoch ends early, so its weights are still evaluated.
        seed: of Python's, numpy's and torch's random numbers while training.
        accumulate: batches for one optimizer step. Weighted by `Step.weight`, so the step is the
            one that a single big batch would give.
        clip_norm: scale the gradient down to this norm where it is larger.
        clip_value: then cut every element of the gradient to ± this value.
        patience: stop after this many epochs without a lower validation loss.
        precision: float32, bfloat16 or float16. Evaluation always runs without autocast.
        non_finite: what follows a loss or gradient that is not finite.
        rollbacks: how many times `NonFinite.rollback` goes back before it stops.
        keep: checkpoints to keep, beside the best one.
        checkpoint_every: a checkpoint after every so many optimizer steps, besides the one at
            each epoch's end.
        tensorboard: write RUN/tensorboard where the tensorboard package is installed.

    >>> TrainConfig(epochs=3, clip_norm=1.0).non_finite
    <NonFinite.stop: 'stop'>
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(default=20, ge=1)
    minutes: float | None = Field(default=None, gt=0)
    seed: int = Field(default=0, ge=0)
    accumulate: int = Field(default=1, ge=1)
    clip_norm: float | None = Field(default=None, gt=0)
    clip_value: float | None = Field(default=None, gt=0)
    patience: int | None = Field(default=None, ge=1)
    precision: Precision = Precision.float32
    non_finite: NonFinite = NonFinite.stop
    rollbacks: int = Field(default=3, ge=1)
    keep: int = Field(default=3, ge=1)
    checkpoint_every: int | None = Field(default=None, ge=1)
    tensorboard: bool = True
