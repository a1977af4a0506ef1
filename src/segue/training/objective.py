"""What a task hands to the loop: where batches come from, and what their loss is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

Batch = Any
"""A tensor, or tensors in tuples, named tuples, lists, dicts or dataclasses."""

Carry = Any
"""None, or the state for the next batch: tensors in tuples, named tuples, lists or dicts."""


class Source(Protocol):
    """Batches by number.

    `batch(epoch, index)` is a pure function of the source's own seed, `epoch` and `index` (both
    count from 0), so a resumed run sees what a run that was never stopped sees.
    `segue.data.sampling` has sources of this kind.
    """

    def __len__(self) -> int:
        """Return the number of batches in every epoch."""
        ...

    def batch(self, epoch: int, index: int) -> Batch:
        """Return batch `index` of epoch `epoch`."""
        ...


@runtime_checkable
class Shardable(Protocol):
    """A source that can be divided over processes; training with torchrun needs one."""

    def shard(self, rank: int, world: int) -> Source:
        """Return the source of process `rank` of `world`.

        It has the same length, and batch k of the shards together holds the rows of batch k.
        A shard's batch may have fewer rows than another's, or none.
        """
        ...


@dataclass(frozen=True)
class Step:
    """What one forward pass gives.

    Attributes:
        loss: scalar, the mean over `weight` terms.
        weight: how many terms `loss` is the mean of. Accumulated batches, the shares of several
            processes and the mean over the epoch are weighted by it. With 0 the loss is ignored.
        carry: the state for the next batch (truncated backpropagation through time); the loop
            detaches it, keeps it in checkpoints and drops it where an epoch begins.
        per_time: `[T]`, the loss by time step. Looked at only when something is not finite,
            to name the first time step at which it is not.
    """

    loss: Tensor
    weight: float = 1.0
    carry: Carry = None
    per_time: Tensor | None = None


class Objective(Protocol):
    """The loss to lower and the measure of success.

    An objective keeps no state of its own between calls: a resumed run could not restore it.
    """

    def loss(self, model: nn.Module, batch: Batch, carry: Carry) -> Step:
        """Return the loss of one batch, starting from `carry` (None where an epoch begins).

        Call the model as `model(...)`, also for a batch of no rows: under torchrun it is a
        `DistributedDataParallel`, which exchanges gradients only then, and whose other methods
        are not the model's.
        """
        ...

    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """Return the validation metrics; `loss` is among them, and lower is better.

        The names kind, epoch, step, train_loss and seconds are taken by metrics.jsonl.

        The model is in eval mode and gradients are off. Call `check()` between batches: it
        raises `Interrupted` when the process was asked to stop.
        """
        ...
