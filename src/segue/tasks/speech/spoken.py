"""From recordings to batches that a network reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.data.audio.hearing import Hearing
from segue.data.audio.store import Heard
from segue.data.bucketing import Buckets
from segue.data.ragged import Ragged, pad
from segue.data.units import Vocabulary
from segue.data.vocabulary import encode_all

_ROWS, _STEPS = 32, 60_000  # of recordings that are heard together


class Batch(NamedTuple):
    """B recordings.

    Attributes:
        frames: float32 `[T, B, F]`.
        lengths: int64 `[B]`, frames of each.
        labels: int64 `[B, U]`, units of what is said.
        label_lengths: int64 `[B]`.
    """

    frames: Tensor
    lengths: Tensor
    labels: Tensor
    label_lengths: Tensor


@dataclass(frozen=True)
class Spoken:
    """n recordings as a network reads them.

    Attributes:
        hearing: how frames are centred.
        stores: the frames, one behind the other.
        labels: units of what is said in each.
    """

    hearing: Hearing
    stores: tuple[Ragged, ...]
    labels: Ragged

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Frames of each, `[n]`."""
        return np.concatenate([store.lengths for store in self.stores])

    def frames(self, row: int) -> NDArray[np.float32]:
        """The frames `[T, F]` of one."""
        for store in self.stores:
            if row < len(store):
                return self.hearing.centred(np.asarray(store[row]))
            row -= len(store)
        raise IndexError(row)

    def batch(self, rows: Tensor) -> Batch:
        """The recordings `rows`, int64 `[B]`."""
        found = [self.frames(row) for row in rows.tolist()]
        longest = max((len(one) for one in found), default=1)
        frames = np.zeros((longest, len(found), self.hearing.width), np.float32)
        for place, one in enumerate(found):
            frames[: len(one), place] = one
        labels = pad(self.labels, rows)
        lengths = torch.tensor([len(one) for one in found], dtype=torch.long)
        return Batch(torch.from_numpy(frames), lengths, labels.steps.T, labels.lengths)

    def learning(self, *, seed: int, rows: int, steps: int) -> Buckets[Batch]:
        """Batches to train on, of like lengths."""
        return Buckets(self.batch, self.lengths, seed=seed, rows=rows, steps=steps)

    def each(self, steps: int = _STEPS) -> Iterator[tuple[Batch, list[int]]]:
        """All of them, in batches of at most so many frames, with their numbers."""
        if not len(self):
            return
        source = Buckets(
            lambda rows: (self.batch(rows), rows.tolist()),
            self.lengths,
            seed=0,
            rows=_ROWS,
            steps=steps,
            shuffle=False,
        )
        yield from (source.batch(0, index) for index in range(len(source)))


def spoken(heards: Sequence[Heard], hearing: Hearing, vocabulary: Vocabulary) -> Spoken:
    """Recordings of one or more stores."""
    texts = [item.text or "" for heard in heards for item in heard.utterances]
    return Spoken(hearing, tuple(heard.frames for heard in heards), encode_all(vocabulary, texts))
