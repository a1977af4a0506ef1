"""Where what was really taken stands among all items, and which items stand first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.data.ragged import Ragged, pad
from segue.tasks.recommend.model import RecommendModel
from segue.tasks.sessions.division import Asked
from segue.tasks.sessions.ranked import Ranked, by_length

_SCORES = 1 << 23  # scores that are held at once


def _nothing() -> None:
    """What is called between batches where nobody may stop."""


@torch.no_grad()
def ranked(
    model: RecommendModel,
    asked: Asked,
    k: int,
    *,
    skip_seen: bool = False,
    check: Callable[[], None] = _nothing,
) -> Ranked:
    """Rank all items behind each event's predecessors; equal scores count against the model.

    Args:
        model: in eval mode.
        asked: sessions.
        k: length of the lists.
        skip_seen: items of the session so far stand behind all others.
        check: called between batches.
    """
    count = len(asked)
    k = min(k, model.config.items - 2)
    found = Ranked(np.zeros(count, np.int64), np.zeros((count, k), np.int32), np.zeros(count))
    for rows in by_length(asked.sessions):
        check()
        features = _features(model, asked.sessions, rows)  # [N, T, H]
        mine = (
            np.flatnonzero(np.isin(asked.owner, rows))
            if len(rows) < len(asked.first)
            else (np.arange(count))
        )
        owner, places = asked.owner[mine], asked.places[mine]
        row = np.searchsorted(rows, owner)
        step = places - asked.sessions.offsets[owner] - 1
        some = max(1, _SCORES // model.config.items)
        for start in range(0, len(mine), some):
            part = slice(start, start + some)
            scores = model.scores(features[row[part], step[part]])
            if skip_seen:
                _hide_seen(scores, asked, places[part], owner[part])
            _rank(found, mine[part], scores, asked, places[part], k)
    return found


def _features(model: RecommendModel, sessions: Ragged, rows: NDArray[np.int64]) -> Tensor:
    """What the model makes of each event: `[rows, T, H]`."""
    batch = pad(sessions, torch.from_numpy(rows))
    features, _ = model.read(batch.steps, None, batch.lengths)
    return features.transpose(0, 1)


def _hide_seen(
    scores: Tensor, asked: Asked, places: NDArray[np.int64], owner: NDArray[np.int64]
) -> None:
    values, starts = asked.sessions.values, asked.sessions.offsets[owner]
    for row, (start, place) in enumerate(zip(starts.tolist(), places.tolist(), strict=True)):
        scores[row, values[start:place]] = -torch.inf


def _rank(
    found: Ranked,
    mine: NDArray[np.int64],
    scores: Tensor,
    asked: Asked,
    places: NDArray[np.int64],
    k: int,
) -> None:
    targets = torch.from_numpy(asked.sessions.values[places].astype(np.int64))
    own = scores.gather(1, targets[:, None])
    at_least = (scores >= own).sum(1)
    hidden = own.squeeze(1).isneginf()
    every = scores.shape[1] - 2
    found.ranks[mine] = at_least.masked_fill(hidden, every).numpy()
    found.surprise[mine] = (scores.logsumexp(1) - own.squeeze(1)).double().numpy()
    found.top[mine] = scores.topk(k, dim=1).indices.numpy()
