"""Sequences of unequal length in one array, and the padded batches made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

BLOCK = 1 << 18  # steps that are gathered before they become one array


@dataclass(frozen=True)
class Ragged:
    """n sequences of unequal length, laid end to end.

    Attributes:
        values: `[N]` integers, or `[N, C]` numbers: N steps in all.
        offsets: int64 `[n + 1]`; sequence i is `values[offsets[i]:offsets[i + 1]]`.

    >>> words = Ragged.of([np.array([4, 5, 6]), np.array([7])])
    >>> len(words), words.lengths.tolist(), words[0].tolist()
    (2, [3, 1], [4, 5, 6])
    >>> words.take(np.array([1, 0])).values.tolist()
    [7, 4, 5, 6]
    """

    values: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        """Return sequence `index`, a view."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """int64 `[n]`, the steps of each sequence."""
        return np.diff(self.offsets)

    def take(self, rows: np.ndarray) -> Ragged:
        """Return the sequences `rows`, in that order."""
        lengths, starts = self.lengths[rows], self.offsets[:-1][rows]
        offsets = _offsets(lengths)
        values = np.empty((int(offsets[-1]), *self.values.shape[1:]), self.values.dtype)
        for first in range(0, len(rows), BLOCK):  # places take more room than what they name
            some = slice(first, first + BLOCK)
            low, high = offsets[first], offsets[min(first + BLOCK, len(rows))]
            moved = np.repeat(starts[some] - offsets[:-1][some], lengths[some])
            values[low:high] = self.values[np.arange(low, high) + moved]
        return Ragged(values, offsets)

    @classmethod
    def of(cls, sequences: Iterable[np.ndarray]) -> Ragged:
        """Lay `sequences`, at least one, end to end as they come."""
        blocks: list[np.ndarray] = []
        waiting: list[np.ndarray] = []
        lengths: list[int] = []
        steps = 0
        for sequence in sequences:
            waiting.append(sequence)
            lengths.append(len(sequence))
            steps += len(sequence)
            if steps >= BLOCK:
                blocks.append(np.concatenate(waiting))
                waiting, steps = [], 0
        values = np.concatenate([*blocks, *waiting])
        return cls(values, _offsets(np.array(lengths, np.int64)))


@dataclass(frozen=True)
class Sequences:
    """A batch of sequences, time first, padded with 0.

    Attributes:
        steps: int64 `[T, B]` or float32 `[T, B, C]`; 0 behind the end of a sequence.
        lengths: int64 `[B]`, the steps that are real.
        rows: int64 `[B]`, which sequences these are.
    """

    steps: Tensor
    lengths: Tensor
    rows: Tensor


def pad(ragged: Ragged, rows: Tensor) -> Sequences:
    """The sequences `rows`, int64 `[B]`, as a batch; one of no rows has T = 1.

    >>> batch = pad(Ragged.of([np.array([4, 5, 6]), np.array([7])]), torch.tensor([1, 0]))
    >>> batch.steps.tolist(), batch.lengths.tolist()
    ([[7, 4], [0, 5], [0, 6]], [1, 3])
    """
    chosen = rows.numpy()
    lengths = ragged.lengths[chosen]
    time = np.arange(max(lengths.max(initial=1), 1))[:, None]  # [T, 1]
    real = time < lengths  # [T, B]
    values = ragged.values
    steps = np.zeros((*real.shape, *values.shape[1:]), values.dtype)
    steps[real] = values[(ragged.offsets[:-1][chosen] + time)[real]]
    tensor = torch.from_numpy(steps)
    if not tensor.is_floating_point():
        tensor = tensor.long()
    return Sequences(tensor, torch.from_numpy(lengths), rows)


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
