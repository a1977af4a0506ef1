"""From examples to the batches of a training, and to logits in the order of the examples."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.data.bucketing import Buckets
from segue.data.ragged import Ragged, pad
from segue.data.repeated import Repeated
from segue.tasks.examples.objective import Labelled

B = TypeVar("B")


class Answering(Protocol):
    """A model that answers with probabilities of classes."""

    def eval(self) -> object:
        """Leave training."""

    def probabilities(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """`[B, K]`, for `[T, B]` or `[T, B, C]` and `[B]`."""


def learning(
    inputs: Ragged,
    labels: NDArray[np.int64],
    folds: NDArray[np.int64],
    *,
    seed: int,
    rows: int,
    steps: int | None = None,
    passes: int = 1,
) -> Repeated[Labelled]:
    """Batches to train on: every example `passes` times in an epoch.

    Args:
        inputs: n sequences.
        labels: `[n]`.
        folds: `[n]`, the member that must not learn from an example; -1 for none.
        seed: of the order.
        rows: most examples in a batch.
        steps: most steps in a batch, padding included.
        passes: how often each example comes in an epoch.
    """
    fetch = _labelled(inputs, labels, folds)
    return Repeated(Buckets(fetch, inputs.lengths, seed=seed, rows=rows, steps=steps), passes)


def validating(
    inputs: Ragged, labels: NDArray[np.int64], folds: NDArray[np.int64]
) -> Callable[[], Iterator[Labelled]]:
    """Every example once, the shortest first."""
    source = _aside(_labelled(inputs, labels, folds), inputs)
    return lambda: (source.batch(0, index) for index in range(len(source)))


@torch.no_grad()
def probabilities(model: Answering, inputs: Ragged) -> NDArray[np.float64]:
    """Calibrated probabilities `[n, K]`, in the order of the sequences.

    The model is in eval mode afterwards.
    """
    model.eval()
    found: NDArray[np.float64] | None = None
    source = _aside(lambda rows: pad(inputs, rows), inputs)
    for index in range(len(source)):
        batch = source.batch(0, index)
        answer = model.probabilities(batch.steps, batch.lengths).numpy()
        found = np.empty((len(inputs), answer.shape[1])) if found is None else found
        found[batch.rows.numpy()] = answer
    return np.empty((0, 0)) if found is None else found


def _aside(fetch: Callable[[Tensor], B], inputs: Ragged) -> Buckets[B]:
    return Buckets(fetch, inputs.lengths, seed=0, rows=256, steps=65_536, shuffle=False)


def _labelled(
    inputs: Ragged, labels: NDArray[np.int64], folds: NDArray[np.int64]
) -> Callable[[Tensor], Labelled]:
    of_class, of_fold = torch.from_numpy(labels), torch.from_numpy(folds)

    def fetch(rows: Tensor) -> Labelled:
        batch = pad(inputs, rows)
        return Labelled(batch.steps, batch.lengths, of_class[rows], of_fold[rows])

    return fetch
