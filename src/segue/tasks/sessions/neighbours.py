"""Sessions alike: what those took that had the same items lately."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segue.data.ragged import Ragged

_SAMPLE, _NEAREST = 1000, 100


class SessionNeighbours:
    """VSKNN: nearest sessions, the last items of a session counting most (M. Ludewig, D. Jannach,
    "Evaluation of session-based recommendation algorithms", UMUAI 2018).

    Of the sessions that share an item, the 1,000 that ended last are compared; the 100 most alike
    are asked what they had.

    Args:
        sessions: ids, in the order of time.
        size: V.

    Example:
        >>> near = SessionNeighbours(Ragged.of([np.array([2, 3, 4]), np.array([5, 3, 2])]), 6)
        >>> items, scores = near.scores(np.array([2], np.int32))
        >>> items.tolist()
        [2, 3, 4, 5]
    """

    def __init__(self, sessions: Ragged, size: int) -> None:
        owner = np.repeat(np.arange(len(sessions)), sessions.lengths)
        # items of a session, once each
        keys = np.unique(owner * size + sessions.values)
        self.items, owner = (keys % size).astype(np.int32), keys // size
        self.starts = np.searchsorted(owner, np.arange(len(sessions) + 1))
        order = np.argsort(self.items, kind="stable")
        self.owners = owner[order].astype(np.int32)  # of each item, the last at the end
        self.places = np.searchsorted(self.items[order], np.arange(size + 1))
        self.weight = np.zeros(size)
        self.nearest = np.zeros(size, np.int64)

    def scores(self, session: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The items of the most similar sessions, and their scores."""
        length = len(session)
        recent = session[-_SAMPLE:]
        parts = []
        for item in set(recent.tolist()):
            first, end = self.places[item], self.places[item + 1]
            parts.append(self.owners[max(first, end - _SAMPLE) : end])
        near = np.unique(np.concatenate(parts))[-_SAMPLE:]
        # the place of an item in the session, the later the more, and how far back it is
        self.weight[session] = np.arange(1, length + 1) / length
        self.nearest[session] = np.arange(length, 0, -1)
        items, owner = self._of(near)
        shared = self.weight[items]
        alike = np.bincount(owner, shared, len(near))
        if len(near) > _NEAREST:
            best = np.argpartition(-alike, _NEAREST - 1)[:_NEAREST]
            chosen = np.zeros(len(near), bool)
            chosen[best] = True
            mask = chosen[owner]
            items, owner, shared = items[mask], owner[mask], shared[mask]
        back = np.where(shared > 0, self.nearest[items], length + 1)
        latest = np.full(len(near), length + 1)
        np.minimum.at(latest, owner, back)
        self.weight[session] = 0
        found, place = np.unique(items, return_inverse=True)
        scores = np.bincount(place, alike[owner] / latest[owner], len(found))
        return found, scores.astype(np.float64)

    def _of(self, sessions: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The items of some sessions, and the number among them of the one that each is of."""
        starts, lengths = self.starts[sessions], np.diff(self.starts)[sessions]
        owner = np.repeat(np.arange(len(sessions)), lengths)
        inside = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.items[starts[owner] + inside], owner
