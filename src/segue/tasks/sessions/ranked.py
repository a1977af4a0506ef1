"""Where what was really taken stands among all items, and which items stand first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue.data.ragged import Ragged

_CELLS = 1 << 15  # steps that are read at once, padding included


@dataclass(frozen=True)
class Ranked:
    """What one method says of the events of an `Asked`, in their order.

    Attributes:
        ranks: int64 `[n]`, of what was taken, from 1: how many items have its score or more.
        top: int32 `[n, k]`, the ids that stand first; 0 where there are fewer.
        surprise: `[n]`, of what was taken, in nats; none where a method has no probabilities.
    """

    ranks: NDArray[np.int64]
    top: NDArray[np.int32]
    surprise: NDArray[np.float64]


def by_length(sessions: Ragged) -> Iterator[NDArray[np.int64]]:
    """Rows of sessions of like length, in ascending order, that fill about `_CELLS` steps."""
    lengths = sessions.lengths
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        # the longest of a batch, which comes last, decides how much padding there is
        size = np.arange(1, len(order) - start + 1) * lengths[order[start:]]
        end = start + max(1, int(np.searchsorted(size, _CELLS, side="right")))
        yield np.sort(order[start:end])
        start = end
