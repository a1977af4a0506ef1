"""How well what comes next is foretold, beside what costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.tasks.scores import Measure, Method, Scores
from segue.tasks.sessions.division import Asked
from segue.tasks.sessions.ranked import Ranked

_DRAWS, _MOST = 500, 20_000_000  # resamples, and sessions of all of them together


@dataclass(frozen=True, eq=False)
class SessionScores(Scores):
    """A recommender beside the baselines on the same events.

    Attributes:
        asked: the sessions.
        ranked: what the model says of them.
        best: what the best baseline says of them.
        k: length of the lists.
        intervals: of the model's measures, 95%, by bootstrap over sessions.
        skip_seen: whether items of the session so far were left out.
    """

    asked: Asked
    ranked: Ranked
    others: Mapping[str, Ranked]
    k: int
    intervals: Mapping[str, tuple[float, float]]
    skip_seen: bool

    UNIT = "held-back event"
    REMEDY = "give the model more sessions, a larger state or more epochs"

    @property
    def measure(self) -> str:
        """Recall goes first."""
        return f"recall@{self.k}"

    @property
    def decisive(self) -> Measure:
        """Recall."""
        return self.shown[0]

    @property
    def shown(self) -> tuple[Measure, ...]:
        """Measures of lists of this length."""
        return (
            Measure(f"recall@{self.k}", f"recall@{self.k}", True, 1.0, percent=True),
            Measure(f"mrr@{self.k}", f"MRR@{self.k}", True, 1.0, percent=True),
            Measure(f"ndcg@{self.k}", f"NDCG@{self.k}", True, 1.0, percent=True),
            Measure("coverage", "coverage", True, 1.0, percent=True),
        )

    @property
    def scored(self) -> int:
        """How many events were foretold."""
        return len(self.asked)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Intervals, what was unknown, and what became of items already seen."""
        low, high = self.intervals[self.measure]
        seen = "left out of the lists" if self.skip_seen else "recommended again"
        told = [
            f"95% interval of the model's {self.measure}, by bootstrap over sessions:"
            f" {low:.2%} to {high:.2%}. All items are ranked, equal scores count against the"
            f" method; items that a session has already are {seen}."
        ]
        usual = self.model.metrics["popularity"]
        told.append(
            f"What the model's lists hold was taken {usual:.2g} times as often as what people took."
        )
        best = self.ranked.ranks <= self.k
        theirs = self.others[self.best_baseline.name].ranks <= self.k
        if theirs.sum() != best.sum() and not _apart(best, theirs, self.asked):
            told.append("The difference to the best baseline is within what chance does (95%).")
        if self.asked.unknown:
            every = self.scored + self.asked.unknown
            told.append(
                f"{self.asked.unknown:,} more events are of items that the training does not know,"
                " or have none before them that it knows; with them as misses,"
                f" {self.measure} is {best.sum() / every:.2%}."
            )
        return tuple(told)

    def extent(self) -> dict[str, Any]:
        """How much was scored, for JSON."""
        return {
            "events": self.scored,
            "sessions": len(self.asked.sessions),
            "unknown_events": self.asked.unknown,
            "k": self.k,
            "skip_seen": self.skip_seen,
        }

    def details(self) -> dict[str, Any]:
        """The intervals, for JSON."""
        return {"intervals": {key: list(each) for key, each in self.intervals.items()}}


def gains(ranks: NDArray[np.int64], k: int) -> dict[str, NDArray[np.float64]]:
    """Of each event what it adds to recall, MRR and NDCG; 0 behind place k.

    With one item that is right, NDCG is 1 / log2(1 + rank).

    >>> {key: each.tolist() for key, each in gains(np.array([1, 3, 9]), 3).items()}
    {'recall@3': [1.0, 1.0, 0.0], 'mrr@3': [1.0, 0.3333333333333333, 0.0], \
'ndcg@3': [1.0, 0.5, 0.0]}
    """
    inside = (ranks <= k).astype(np.float64)
    return {
        f"recall@{k}": inside,
        f"mrr@{k}": inside / ranks,
        f"ndcg@{k}": inside / np.log2(1 + ranks),
    }


def method(name: str, found: Ranked, asked: Asked, counts: NDArray[np.int64], k: int) -> Method:
    """The measures of one method.

    Coverage is the share of all items that stand in a list; popularity, which is in JSON alone, is
    how often, on average, what the lists hold was taken in the training, by the same of what was
    really taken. What ends in `_of_all` counts events that no method could foretell as misses.
    """
    measures = {key: float(each.mean()) for key, each in gains(found.ranks, k).items()}
    share = len(asked) / (len(asked) + asked.unknown)
    measures |= {f"{key}_of_all": share * value for key, value in measures.items()}
    listed = np.bincount(found.top[:, :k].reshape(-1), minlength=len(counts))
    listed[:2] = 0
    usual = counts[asked.targets].mean()
    measures["coverage"] = float((listed > 0).sum() / (len(counts) - 2))
    measures["popularity"] = float((listed @ counts) / max(listed.sum(), 1) / max(usual, 1e-9))
    return Method(name, measures)


def intervals(
    ranks: NDArray[np.int64], asked: Asked, k: int, seed: int
) -> dict[str, tuple[float, float]]:
    """95% intervals of recall, MRR and NDCG, sessions drawn anew with replacement."""
    sums = {key: _by_session(each, asked) for key, each in gains(ranks, k).items()}
    sizes = _by_session(np.ones(len(asked)), asked)
    chance = np.random.default_rng(seed)
    draws = int(np.clip(_MOST // len(sizes), 50, _DRAWS))
    drawn: dict[str, list[float]] = {key: [] for key in sums}
    for _ in range(draws):
        some = chance.integers(len(sizes), size=len(sizes))
        events = max(float(sizes[some].sum()), 1.0)
        for key, each in sums.items():
            drawn[key].append(float(each[some].sum()) / events)
    found = {key: np.quantile(each, [0.025, 0.975]) for key, each in drawn.items()}
    return {key: (float(low), float(high)) for key, (low, high) in found.items()}


def _by_session(values: NDArray[np.float64], asked: Asked) -> NDArray[np.float64]:
    return np.bincount(asked.owner, values, len(asked.sessions)).astype(np.float64)


def _apart(ours: NDArray[np.bool_], theirs: NDArray[np.bool_], asked: Asked) -> bool:
    """Whether two methods' hits differ by more than twice the error of the difference."""
    each = _by_session(ours.astype(float) - theirs.astype(float), asked)
    return bool(abs(each.sum()) > 1.96 * np.sqrt(len(each)) * each.std())
