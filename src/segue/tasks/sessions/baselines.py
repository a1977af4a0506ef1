"""What costs nothing: popularity, item to item, and sessions alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue.data.ragged import Ragged
from segue.tasks.sessions.division import Asked
from segue.tasks.sessions.neighbours import SessionNeighbours
from segue.tasks.sessions.ranked import Ranked

_EVENTS = 2_000_000  # of the training that are counted, the last ones
_RULES, _NEAR = 10, 20  # events between two that count as a pair
_Ids = NDArray[np.int32]
_Floats = NDArray[np.float64]
Found = tuple[_Ids, _Floats]  # items with a score above 0, and these


def all_of(
    train: Ragged, counts: NDArray[np.int64], asked: Asked, k: int, *, skip_seen: bool
) -> dict[str, Ranked]:
    """What each baseline says of the same events."""
    few = len(train.values) > _EVENTS
    if few:
        train = train.take(
            np.arange(np.searchsorted(train.offsets, len(train.values) - _EVENTS), len(train))
        )
    size = len(counts)
    rules = {
        "item to item (Markov)": pairs(train, size, 1, lambda far: 1.0),
        "sequential rules": pairs(train, size, _RULES, lambda far: 1 / far),
        "item-kNN": cosine(pairs(train, size, _NEAR, lambda far: 1.0, both=True), counts),
    }
    popular = np.argsort(-counts[2:], kind="stable").astype(np.int32) + 2
    often = counts[popular].astype(np.float64)
    near = SessionNeighbours(train, size)
    made = _Making(asked, size - 2, k, skip_seen)
    found = {
        "popularity": made.of(lambda session: (popular, often)),
        "popularity in the session": made.of(lambda session: _within(session, counts)),
    }
    for name, rule in rules.items():
        found[name] = made.of(lambda session, rule=rule: rule.after(int(session[-1])))  # type: ignore[misc]
    found["sessions alike (VSKNN)"] = made.of(near.scores)
    return {f"{name}, the last events" if few else name: each for name, each in found.items()}


def _within(session: _Ids, counts: NDArray[np.int64]) -> Found:
    """The items of a session by how often it has them, equal ones by their popularity."""
    items, times = np.unique(session, return_counts=True)
    return items, times + counts[items] / (counts.max() + 1)


@dataclass(frozen=True)
class _Making:
    """Ranks and lists from the items that a method scores."""

    asked: Asked
    every: int
    k: int
    skip_seen: bool

    def of(self, scores: Callable[[_Ids], Found]) -> Ranked:
        """Of each event; an item without a score ties with all others that have none."""
        asked, k = self.asked, min(self.k, self.every)
        ranks = np.full(len(asked), self.every, np.int64)
        top = np.zeros((len(asked), k), np.int32)
        for row, (before, target) in enumerate(_steps(asked)):
            items, values = scores(before)
            if self.skip_seen:
                fresh = ~np.isin(items, before)
                items, values = items[fresh], values[fresh]
            own = values[items == target]
            if len(own):
                ranks[row] = int((values >= own[0]).sum())
            if len(values) > k:
                first = np.argpartition(-values, k - 1)[:k]
                items, values = items[first], values[first]
            top[row, : len(items)] = items[np.argsort(-values, kind="stable")]
        return Ranked(ranks, top, np.zeros(0))


def _steps(asked: Asked) -> Iterator[tuple[_Ids, int]]:
    """What was before each event, and its item."""
    values = asked.sessions.values
    starts = asked.sessions.offsets[asked.owner]
    for start, place in zip(starts.tolist(), asked.places.tolist(), strict=True):
        yield values[start:place], int(values[place])


@dataclass(frozen=True)
class Pairs:
    """Weights of pairs of items.

    Attributes:
        offsets: int64 `[V + 1]`; item a has `others[offsets[a]:offsets[a + 1]]`.
        others: int32, items.
        weights: of each, above 0.
    """

    offsets: NDArray[np.int64]
    others: _Ids
    weights: _Floats

    def after(self, item: int) -> Found:
        """The items that follow one, with their weights."""
        mine = slice(self.offsets[item], self.offsets[item + 1])
        return self.others[mine], self.weights[mine]


def pairs(
    sessions: Ragged, size: int, reach: int, weight: Callable[[int], float], *, both: bool = False
) -> Pairs:
    """Sum weights of the pairs of items in one session.

    Args:
        sessions: ids.
        size: V.
        reach: events between the two of a pair at most, from 1 for neighbours.
        weight: of a pair by that (M. Ludewig, D. Jannach, "Evaluation of session-based
            recommendation algorithms", UMUAI 2018, has 1 / distance for sequential rules).
        both: count them in both directions; else from the earlier to the later alone.

    >>> found = pairs(Ragged.of([np.array([2, 3, 2, 3])]), 4, 2, lambda far: 1 / far)
    >>> [each.tolist() for each in found.after(2)]
    [[2, 3], [0.5, 2.0]]
    """
    values = sessions.values.astype(np.int64)
    owner = np.repeat(np.arange(len(sessions)), sessions.lengths)
    keys: NDArray[np.int64] = np.zeros(0, np.int64)
    sums: _Floats = np.zeros(0)
    for far in range(1, reach + 1):
        same = owner[far:] == owner[:-far]
        if not same.any():
            break
        first, second = values[:-far][same], values[far:][same]
        found = first * size + second
        if both:
            apart = first != second
            found = np.concatenate([found[apart], (second * size + first)[apart]])
        keys, place = np.unique(np.concatenate([keys, found]), return_inverse=True)
        added = np.concatenate([sums, np.full(len(found), weight(far))])
        sums = np.bincount(place, added, len(keys)).astype(np.float64)
    starts = np.searchsorted(keys, np.arange(size + 1) * size)
    return Pairs(starts, (keys % size).astype(np.int32), sums)


def cosine(found: Pairs, counts: NDArray[np.int64]) -> Pairs:
    """Pairs by how often both are there, by the root of how often each is."""
    first = np.repeat(np.arange(len(found.offsets) - 1), np.diff(found.offsets))
    usual = np.sqrt(counts[first].astype(np.float64) * counts[found.others])
    return Pairs(found.offsets, found.others, found.weights / np.maximum(usual, 1))
