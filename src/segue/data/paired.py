"""Pairs of texts as the batches of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.data.bilingual import Units
from segue.data.bucketing import Buckets
from segue.data.pairs import Pairs
from segue.data.ragged import Ragged, pad
from segue.data.repeated import Repeated
from segue.data.unit import Cut
from segue.data.units import BOS, EOS
from segue.data.wording import one_line
from segue.errors import DataError

_LONGEST, _LONGEST_SPELLED = 200, 1_000  # units of a text that is trained on


class Batch(NamedTuple):
    """B pairs.

    Attributes:
        source: int64 `[S, B]`.
        lengths: int64 `[B]`, of the sources.
        inputs: int64 `[T, B]`, what the decoder reads.
        targets: int64 `[T, B]`, what follows, `PAD` behind the end.
        own: share of the inputs that are to be the model's own.
    """

    source: Tensor
    lengths: Tensor
    inputs: Tensor
    targets: Tensor
    own: Tensor


@dataclass(frozen=True)
class Encoded:
    """n pairs as ids: sources with their end, targets with their begin and end."""

    sources: Ragged
    targets: Ragged

    @classmethod
    def of(cls, sources: list[NDArray[np.int32]], targets: list[NDArray[np.int32]]) -> Encoded:
        """Put begin and end around the targets."""
        begin, end = np.array([BOS], np.int32), np.array([EOS], np.int32)
        whole = [np.concatenate([begin, ids, end]) for ids in targets]
        return cls(Ragged.of(sources), Ragged.of(whole))

    def fetch(self, rows: Tensor) -> Batch:
        """The pairs of these numbers."""
        source, target = pad(self.sources, rows), pad(self.targets, rows)
        inputs, targets = target.steps[:-1], target.steps[1:]
        return Batch(source.steps, source.lengths, inputs, targets, torch.zeros(()))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Units of both sides of each pair, `[n]`."""
        found: NDArray[np.int64] = self.sources.lengths + self.targets.lengths
        return found


@dataclass(frozen=True)
class Growing:
    """Batches in which the share of the model's own inputs grows from 0 to `most`."""

    batches: Repeated[Batch]
    most: float
    epochs: int

    def __len__(self) -> int:
        return len(self.batches)

    def batch(self, epoch: int, index: int) -> Batch:
        """Return batch `index` of `epoch`."""
        progress = min((epoch + index / len(self)) / self.epochs, 1.0)
        return self.batches.batch(epoch, index)._replace(own=torch.tensor(self.most * progress))

    def shard(self, rank: int, world: int) -> Growing:
        """The source of process `rank` of `world`."""
        return Growing(self.batches.shard(rank, world), self.most, self.epochs)


def learning(pairs: Encoded, *, seed: int, rows: int, steps: int, passes: int) -> Repeated[Batch]:
    """Batches to train on, of pairs of like length.

    Args:
        pairs: n of them.
        seed: of the order.
        rows: most pairs in a batch.
        steps: most units in a batch, padding included.
        passes: how often each pair comes in an epoch.
    """
    return Repeated(Buckets(pairs.fetch, pairs.lengths, seed=seed, rows=rows, steps=steps), passes)


def encode(pairs: Pairs, units: Units) -> Encoded:
    """Pairs as ids."""
    return Encoded.of(
        units.encode_sources(pairs.sources), units.encode_targets(pairs.targets or ())
    )


def short_enough(
    pairs: Pairs, units: Units, cuts: tuple[Cut, Cut], longest: int | None
) -> tuple[Pairs, Encoded]:
    """The pairs to train on, as ids too, without those with more units on a side.

    Raises:
        DataError: none is left.
    """
    spelled = {Cut.char, Cut.byte} & set(cuts)
    most = longest or (_LONGEST_SPELLED if spelled else _LONGEST)
    encoded = encode(pairs, units)
    larger = np.maximum(encoded.sources.lengths - 1, encoded.targets.lengths - 2)
    kept = np.flatnonzero(larger <= most)
    if not len(kept):
        raise DataError(
            f"{one_line(pairs.place)}: every pair has more than {most} units on a side; break the"
            " texts into sentences, or raise --longest"
        )
    if len(kept) == len(pairs):
        return pairs, encoded
    return pairs.take(kept), Encoded(encoded.sources.take(kept), encoded.targets.take(kept))
