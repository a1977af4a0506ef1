"""What is recommended to sessions of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segue.data.events import Log
from segue.data.ragged import Ragged, pad
from segue.data.units import UNKNOWN
from segue.data.vocabulary import Tokens
from segue.tasks.recommend.model import RecommendModel
from segue.tasks.recommend.settings import RecommendSettings

_CHUNK = 256  # sessions that are read together


@torch.no_grad()
def recommendations(
    model: RecommendModel, items: Tokens, log: Log, settings: RecommendSettings, k: int
) -> Iterator[dict[str, Any]]:
    """Of each session the k best items with their probabilities, the best first."""
    known = np.array([items.index.get(name, UNKNOWN) for name in log.names], np.int32)
    ids = known[log.sessions.values]
    for start in range(0, len(log.sessions), _CHUNK):
        rows = range(start, min(start + _CHUNK, len(log.sessions)))
        some, strange = [], []
        for row in rows:
            mine = ids[log.sessions.offsets[row] : log.sessions.offsets[row + 1]]
            some.append(mine[mine != UNKNOWN][-settings.longest :])
            strange.append(int((mine == UNKNOWN).sum()))
        batch = pad(Ragged.of(some), torch.arange(len(some)))
        features, _ = model.read(batch.steps, None, batch.lengths)
        last = (batch.lengths - 1).clamp_min(0)
        scores = model.scores(features[last, torch.arange(len(some))])
        for place, row in enumerate(rows):
            said: dict[str, Any] = {"session": str(row + 1)}
            if log.labels is not None:
                said = {"session": log.labels[row]}
            if strange[place]:
                said["unknown_events"] = strange[place]
            seen = some[place] if settings.skip_seen else some[place][:0]
            said["items"] = best(scores[place], items, k, seen)
            yield said


def best(scores: Tensor, items: Tokens, k: int, seen: np.ndarray) -> list[dict[str, Any]]:
    """The k best items by their scores `[V]`, without those that were seen.

    Scores become probabilities among all items.
    """
    chances = scores.softmax(0)
    if len(seen):
        chances[seen] = -1.0
    found = chances.topk(min(k, len(chances) - 2))
    return [
        {"item": items.token(index), "score": round(chance, 6)}
        for index, chance in zip(found.indices.tolist(), found.values.tolist(), strict=True)
        if chance >= 0
    ]
