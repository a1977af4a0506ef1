"""`Repeated`: several epochs of a small source taken as one."""

from typing import Generic, TypeVar

from segue.data.sampling import Rows, RowsShard, Streams, StreamsShard

B = TypeVar("B")


class Repeated(Generic[B]):
    """Passes over a small set of rows, or over short streams, that count as one epoch.

    A set of fifty rows is one batch or two; to validate and to save after each of them would take
    longer than to train. Every pass has a random order of its own, as an epoch of `rows` has.

    Args:
        rows: the source.
        passes: how many of its epochs make one, at least 1.

    >>> rows = Rows(lambda index: index.tolist(), count=3, batch_size=2, seed=0, shuffle=False)
    >>> twice = Repeated(rows, 2)
    >>> [twice.batch(0, k) for k in range(len(twice))]
    [[0, 1], [2], [0, 1], [2]]
    """

    def __init__(
        self, rows: Rows[B] | RowsShard[B] | Streams[B] | StreamsShard[B], passes: int
    ) -> None:
        self.rows, self.passes = rows, passes

    def __len__(self) -> int:
        return self.passes * len(self.rows)

    def batch(self, epoch: int, index: int) -> B:
        """Return batch `index` of `epoch`."""
        later, place = divmod(index, len(self.rows))
        return self.rows.batch(epoch * self.passes + later, place)

    def shard(self, rank: int, world: int) -> "Repeated[B]":
        """Return the source of process `rank` of `world`.

        Raises:
            TypeError: it is a shard already.
        """
        if isinstance(self.rows, RowsShard | StreamsShard):
            raise TypeError("a shard is not divided again")
        return Repeated(self.rows.shard(rank, world), self.passes)
