"""Batches of sequences of like length, by number: little padding, exact resumption."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from torch import Tensor

from segue.data.sampling import Rows
from segue.errors import DataError

B = TypeVar("B")


class Buckets(Rows[B]):
    """Sequences in batches of like length, in a new random order in every epoch.

    Lengths are rounded up to an eighth of an octave. Sequences of one rounded length are
    shuffled, all are laid in the order of rounded lengths and cut into batches, and the batches
    are shuffled. Where the cuts fall follows from the lengths alone, so every epoch has as many
    batches; what is in them follows from seed and epoch. Every sequence comes once in an epoch.

    Args:
        fetch: from the numbers of sequences, int64 `[rows]`, to the batch. With several processes
            it is called with a process's share, which may be empty.
        lengths: int `[n]`, the steps of each sequence.
        seed: of the order.
        rows: most sequences in a batch, of all processes together.
        steps: most steps in a batch, padding included; a longer sequence is a batch of its own.
            None sets no limit.
        shuffle: False lays sequences by length, the same in every epoch.

    Raises:
        DataError: there are no sequences, or `rows` or `steps` is below 1.

    >>> source = Buckets(lambda index: index.tolist(), np.array([9, 2, 2, 9]), seed=0, rows=2)
    >>> sorted(sorted(source.batch(0, k)) for k in range(len(source)))
    [[0, 3], [1, 2]]
    >>> small = Buckets(lambda index: index.tolist(), np.array([9, 2, 2, 9]), seed=0, rows=3,
    ...                 steps=12, shuffle=False)
    >>> [small.batch(0, k) for k in range(len(small))]
    [[1, 2], [0], [3]]
    """

    def __init__(
        self,
        fetch: Callable[[Tensor], B],
        lengths: np.ndarray,
        *,
        seed: int,
        rows: int,
        steps: int | None = None,
        shuffle: bool = True,
    ) -> None:
        super().__init__(fetch, len(lengths), rows, seed, shuffle=shuffle)
        if steps is not None and steps < 1:
            raise DataError(f"{steps} steps in a batch: at least 1 is needed")
        self.bounds = _round_up(lengths) if shuffle else np.asarray(lengths)
        self.cuts = _cut(np.sort(self.bounds), rows, steps)
        self._latest: tuple[int, np.ndarray, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.cuts) - 1

    def indices(self, epoch: int, index: int) -> np.ndarray:
        """Return int64 `[rows]`, the sequences of batch `index` of `epoch`."""
        laid, batches = self._epoch(epoch)
        start, end = self.cuts[batches[index]], self.cuts[batches[index] + 1]
        return laid[start:end]

    def _epoch(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """The sequences as they are laid in `epoch`, and the order of the batches."""
        if self._latest is None or self._latest[0] != epoch:
            order = self.order.of(epoch)
            laid = order[np.argsort(self.bounds[order], kind="stable")]
            batches = np.arange(len(self))
            if self.order.shuffle:
                batches = np.random.default_rng([self.order.seed, epoch, 1]).permutation(batches)
            self._latest = (epoch, laid, batches)
        return self._latest[1], self._latest[2]


def _round_up(lengths: np.ndarray) -> np.ndarray:
    """Lengths to the next of 1, 2, ..., 16, 18, ..., 32, 36, ...: at most an eighth more.

    >>> _round_up(np.array([0, 7, 16, 17, 33, 100])).tolist()
    [0, 7, 16, 18, 36, 104]
    """
    octave = np.frexp(np.maximum(lengths - 1, 1).astype(np.float64))[1]  # length <= 2^octave
    grain = 1 << np.maximum(octave.astype(np.int64) - 4, 0)
    rounded: np.ndarray = -(-np.asarray(lengths, np.int64) // grain) * grain
    return rounded


def _cut(bounds: np.ndarray, rows: int, steps: int | None) -> np.ndarray:
    """Where batches begin and end among sequences in ascending order of `bounds`."""
    cuts = [0]
    while cuts[-1] < len(bounds):
        some = bounds[cuts[-1] : cuts[-1] + rows]
        if steps is None:
            size = len(some)
        else:
            cost = some * np.arange(1, len(some) + 1)
            size = max(1, int(np.searchsorted(cost, steps, side="right")))
        cuts.append(cuts[-1] + size)
    return np.array(cuts)
