"""What the training loop lowers: how surprised the model is by what is taken next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import nn

from segue.data.following import Following, following
from segue.data.ragged import Ragged
from segue.data.sampling import Streams
from segue.tasks.recommend.model import RecommendModel
from segue.tasks.recommend.ranking import ranked
from segue.tasks.recommend.settings import Loss
from segue.tasks.sessions.division import Asked
from segue.training.objective import Step


def reading(sessions: Ragged, *, rows: int, steps: int, seed: int) -> Streams[Following]:
    """Sessions in a new order in each epoch, `rows` of them side by side, `steps` at a time."""
    last = np.zeros(len(sessions.values), bool)
    last[sessions.offsets[1:] - 1] = True
    places = np.flatnonzero(~last)
    lengths = (sessions.lengths - 1).tolist()
    return following(
        sessions.values, places.__getitem__, lengths, rows=rows, steps=steps, seed=seed
    )


class RecommendObjective:
    """The loss of what is taken next; validation on whole sessions.

    Weights are chosen by cross entropy in nats, after a ranking loss by 1 - MRR.

    Args:
        validation: sessions.
        k: length of the lists whose recall is told.
    """

    def __init__(self, validation: Asked, k: int) -> None:
        self.validation, self.k = validation, k

    def loss(self, model: nn.Module, batch: Following, carry: Any) -> Step:
        """The mean over all real steps; the state goes on to the next batch."""
        terms, state = model(batch.tokens, batch.targets, carry, batch.lengths, batch.reset)
        return Step(terms.sum() / max(len(terms), 1), float(len(terms)), state)

    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """`loss`, over all items, and recall and mean reciprocal rank."""
        assert isinstance(model, RecommendModel)  # noqa: S101 - for the type checker
        found = ranked(model, self.validation, self.k, check=check)
        inside = found.ranks <= self.k
        reciprocal = float((inside / found.ranks).mean())
        # what a ranking loss learns are no probabilities
        ranking = model.config.loss is not Loss.SOFTMAX
        return {
            "loss": 1 - reciprocal if ranking else float(found.surprise.mean()),
            f"recall@{self.k}": float(inside.mean()),
            f"mrr@{self.k}": reciprocal,
        }
