"""Batches by number: shuffled rows, and long sequences in consecutive chunks.

Both kinds are pure functions of (seed, epoch, index), so a training can be resumed anywhere and
sees what it would have seen. Both can be divided over processes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from segue.errors import DataError

B = TypeVar("B")


class Order:
    """The order of `count` items in each epoch: random, by seed and epoch, or always the same.

    >>> order = Order(4, seed=0)
    >>> sorted(order.of(1).tolist()), bool((Order(4, seed=0).of(1) == order.of(1)).all())
    ([0, 1, 2, 3], True)
    """

    def __init__(self, count: int, seed: int, *, shuffle: bool = True) -> None:
        self.count = count
        self.seed = seed
        self.shuffle = shuffle
        self._latest = (-1, np.arange(count))

    def of(self, epoch: int) -> np.ndarray:
        """Return int64 `[count]`, the items in the order of `epoch`."""
        if not self.shuffle:
            return self._latest[1]
        if self._latest[0] != epoch:
            order = np.random.default_rng([self.seed, epoch]).permutation(self.count)
            self._latest = (epoch, order)
        return self._latest[1]


def share(items: np.ndarray, rank: int, world: int) -> np.ndarray:
    """Return the part of `items` for process `rank` of `world`; parts differ by at most one item.

    >>> [share(np.arange(5), rank, 3).tolist() for rank in range(3)]
    [[0, 1], [2, 3], [4]]
    """
    return np.array_split(items, world)[rank]


class Rows(Generic[B]):
    """Rows in a new random order in every turn, a batch of them at a time.

    A turn takes every row once. It is an epoch, whose last batch may be smaller; with `batches`,
    an epoch is so many full batches, be it less or more than a turn, and the turns go on from one
    epoch to the next.

    Args:
        fetch: from the numbers of rows, int64 `[rows]`, to the batch. With several processes it
            is called with a process's share, which may be empty.
        count: how many rows there are.
        batch_size: rows in a batch, of all processes together.
        seed: of the order.
        shuffle: False leaves the rows in their order.
        batches: batches in an epoch; None for as many as it takes to draw every row.

    Raises:
        DataError: there are no rows, or `batch_size` or `batches` is below 1.

    >>> rows = Rows(lambda index: index.tolist(), count=5, batch_size=2, seed=0, shuffle=False)
    >>> [rows.batch(0, k) for k in range(len(rows))]
    [[0, 1], [2, 3], [4]]
    >>> [rows.shard(rank, 2).batch(0, 0) for rank in range(2)]
    [[0], [1]]
    >>> rows = Rows(lambda index: index.tolist(), 5, 2, seed=0, shuffle=False, batches=2)
    >>> [rows.batch(epoch, k) for epoch in range(2) for k in range(len(rows))]
    [[0, 1], [2, 3], [4, 0], [1, 2]]
    """

    def __init__(
        self,
        fetch: Callable[[Tensor], B],
        count: int,
        batch_size: int,
        seed: int,
        *,
        shuffle: bool = True,
        batches: int | None = None,
    ) -> None:
        if count < 1:
            raise DataError("there are no rows to train on")
        if batch_size < 1:
            raise DataError(f"batch size {batch_size}: at least 1 is needed")
        if batches is not None and batches < 1:
            raise DataError(f"{batches} batches in an epoch: at least 1 is needed")
        self.fetch = fetch
        self.batch_size = batch_size
        self.batches = batches
        self.order = Order(count, seed, shuffle=shuffle)

    def __len__(self) -> int:
        return self.batches or -(-self.order.count // self.batch_size)

    def indices(self, epoch: int, index: int) -> np.ndarray:
        """Return int64 `[rows]`, the rows of batch `index` of `epoch`."""
        if self.batches is not None:
            first = (epoch * self.batches + index) * self.batch_size
            drawn = first + np.arange(self.batch_size)
            turn, place = np.divmod(drawn, self.order.count)
            turns = range(int(turn[0]), int(turn[-1]) + 1)
            return np.concatenate([self.order.of(t)[place[turn == t]] for t in turns])
        return self.order.of(epoch)[index * self.batch_size : (index + 1) * self.batch_size]

    def batch(self, epoch: int, index: int) -> B:
        """Return batch `index` of `epoch`."""
        return self.fetch(torch.tensor(self.indices(epoch, index)))

    def shard(self, rank: int, world: int) -> "RowsShard[B]":
        """Return the source of process `rank` of `world`."""
        return RowsShard(self, rank, world)


class RowsShard(Generic[B]):
    """One process's share of every batch of `rows`."""

    def __init__(self, rows: Rows[B], rank: int, world: int) -> None:
        self.rows = rows
        self.rank = rank
        self.world = world

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, epoch: int, index: int) -> B:
        """Return the share of batch `index` of `epoch`."""
        mine = share(self.rows.indices(epoch, index), self.rank, self.world)
        return self.rows.fetch(torch.tensor(mine))


@dataclass(frozen=True)
class Chunk:
    """A chunk of several streams: where its steps are in the data, and how they hang together.

    Attributes:
        index: int64 `[T, B]`, the place of each step in all sequences laid end to end; 0 behind
            the end of a stream.
        reset: bool `[T, B]`, True where a sequence begins: the state is zero before that step.
        lengths: int64 `[B]`, the steps that are real; below T only where an epoch ends.
    """

    index: Tensor
    reset: Tensor
    lengths: Tensor


class Streams(Generic[B]):
    """Long sequences in consecutive chunks, for truncated backpropagation through time.

    In every epoch the sequences are laid end to end in a new random order and cut into `streams`
    stretches, equal in length to one step, which run side by side as the rows of the batch. Batch
    k holds steps k · length to (k + 1) · length - 1 of each, so the state behind batch k is the
    state before batch k + 1. Where a sequence begins, `Chunk.reset` says so. A stretch may begin
    inside a sequence; there is a reset then too, at most `streams` in an epoch. One sequence alone
    is thus cut into `streams` parts.

    Args:
        fetch: from a chunk to the batch.
        sizes: the number of steps in each sequence; sequences of no steps are left out.
        streams: B, rows of the batch, of all processes together.
        length: T, steps in a chunk.
        seed: of the order.
        shuffle: False leaves the sequences in their order.

    Raises:
        DataError: there are no steps, or fewer steps than streams, or `length` is below 1.

    >>> text = Streams(lambda chunk: chunk, (3, 4), streams=1, length=4, seed=0, shuffle=False)
    >>> len(text), [text.batch(0, k).index[:, 0].tolist() for k in range(2)]
    (2, [[0, 1, 2, 3], [4, 5, 6, 0]])
    >>> text.batch(0, 0).reset[:, 0].tolist(), text.batch(0, 1).lengths.tolist()
    ([True, False, False, True], [3])
    """

    def __init__(
        self,
        fetch: Callable[[Chunk], B],
        sizes: Sequence[int],
        streams: int,
        length: int,
        seed: int,
        *,
        shuffle: bool = True,
    ) -> None:
        if min(sizes, default=0) < 0 or sum(sizes) < 1:
            raise DataError("there are no time steps to train on")
        if length < 1:
            raise DataError(f"chunk length {length}: at least 1 is needed")
        if not 1 <= streams <= sum(sizes):
            raise DataError(
                f"{streams} streams over {sum(sizes)} time steps: "
                "take at least 1 and at most one for each step"
            )
        self.fetch = fetch
        self.length = length
        self.streams = streams
        everything = np.array(sizes, dtype=np.int64)
        real = everything > 0
        self.sizes = everything[real]
        self.starts = (np.cumsum(everything) - everything)[real]
        self.cuts = np.arange(streams + 1) * int(everything.sum()) // streams
        self.order = Order(len(self.sizes), seed, shuffle=shuffle)
        self._latest = (-1, np.zeros(0, np.int64))

    def __len__(self) -> int:
        return -(-int(np.diff(self.cuts).max()) // self.length)

    def chunk(self, epoch: int, index: int, rows: np.ndarray) -> Chunk:
        """Return chunk `index` of `epoch`, of the streams `rows`."""
        order = self.order.of(epoch)
        if self._latest[0] != epoch:
            self._latest = (epoch, np.cumsum(self.sizes[order]))
        ends = self._latest[1]
        first = self.cuts[rows]  # [B]
        laid = first + index * self.length + np.arange(self.length)[:, None]  # [T, B]
        real = laid < self.cuts[rows + 1]
        laid = np.where(real, laid, 0)
        sequence = np.searchsorted(ends, laid, side="right")
        drawn = order[sequence]
        inside = laid - (ends[sequence] - self.sizes[drawn])
        return Chunk(
            index=torch.from_numpy(np.where(real, self.starts[drawn] + inside, 0)),
            reset=torch.from_numpy(real & ((inside == 0) | (laid == first))),
            lengths=torch.from_numpy(real.sum(axis=0)),
        )

    def batch(self, epoch: int, index: int) -> B:
        """Return batch `index` of `epoch`."""
        return self.fetch(self.chunk(epoch, index, np.arange(self.streams)))

    def shard(self, rank: int, world: int) -> "StreamsShard[B]":
        """Return the source of process `rank` of `world`: some of the streams."""
        return StreamsShard(self, rank, world)


class StreamsShard(Generic[B]):
    """One process's share of the streams of `whole`."""

    def __init__(self, whole: Streams[B], rank: int, world: int) -> None:
        self.whole = whole
        self.rows = share(np.arange(whole.streams), rank, world)

    def __len__(self) -> int:
        return len(self.whole)

    def batch(self, epoch: int, index: int) -> B:
        """Return the share of batch `index` of `epoch`."""
        return self.whole.fetch(self.whole.chunk(epoch, index, self.rows))
