"""The recommender: items as vectors, recurrent layers, and scores of items by those vectors."""

from __future__ import annotations

from typing import Any, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from segue.cells import by_name
from segue.data.units import PAD, UNKNOWN
from segue.nn import BprMax, SampledSoftmax, Softmax, Stack, Top1Max
from segue.tasks.bounds import CellName, check_size
from segue.tasks.recommend.settings import Loss

_SPREAD = 0.05  # of new embeddings
_SAMPLED = {Loss.SOFTMAX: SampledSoftmax, Loss.BPR_MAX: BprMax, Loss.TOP1_MAX: Top1Max}


class RecommendConfig(BaseModel):
    """Everything that a `RecommendModel` is built from.

    Attributes:
        items: V, ids of items, the two special ones counted.
        embedding: E, features of an item; the output shares them.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of the state.
        layers: recurrent layers.
        dropout: share of features dropped before and behind the layers, in training.
        samples: items drawn for each step of training; 0 for all, or those of the batch.
        loss: what the training lowers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    items: int = Field(ge=3, le=10_000_000)
    embedding: int = Field(default=128, ge=1, le=8192)
    cell: CellName = "gru"
    hidden: int = Field(default=128, ge=1, le=8192)
    layers: int = Field(default=1, ge=1, le=64)
    dropout: float = Field(default=0.25, ge=0, lt=1)
    samples: int = Field(default=0, ge=0, le=1_000_000)
    loss: Loss = Loss.SOFTMAX

    @model_validator(mode="after")
    def _check(self) -> Self:
        inner = self.hidden * (self.embedding + self.hidden + (self.layers - 1) * 2 * self.hidden)
        check_size(self.items * self.embedding + inner)
        return self


class RecommendModel(nn.Module):
    """How likely each item is to be taken next (B. Hidasi et al., "Session-based recommendations
    with recurrent neural networks", ICLR 2016; B. Hidasi, A. Karatzoglou, CIKM 2018).

    Args:
        config: sizes.
        frequency: `[V]`, how often each item is drawn where the loss samples; None to predict.

    Example:
        >>> model = RecommendModel(RecommendConfig(items=30, embedding=8, hidden=8)).eval()
        >>> features, state = model.read(torch.tensor([[7], [3]]))
        >>> features.shape, model.scores(features).shape          # steps, sessions, items
        (torch.Size([2, 1, 8]), torch.Size([2, 1, 30]))
    """

    def __init__(self, config: RecommendConfig, frequency: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        ranking = config.loss is not Loss.SOFTMAX
        sampled = (ranking or config.samples > 0) and frequency is not None
        self.embed = nn.Embedding(config.items, config.embedding, sparse=sampled)
        nn.init.normal_(self.embed.weight, std=_SPREAD)
        cell = by_name()[config.cell]
        self.drop = nn.Dropout(config.dropout)
        self.layers = Stack.of(cell, config.embedding, config.hidden, config.layers)
        if sampled:
            self.head: Softmax = _SAMPLED[config.loss](
                config.hidden,
                config.items,
                samples=config.samples,
                frequency=frequency,
                tied=self.embed,
                sparse=True,
            )
        else:
            self.head = Softmax(config.hidden, config.items, tied=self.embed)

    def forward(
        self,
        tokens: Tensor,
        targets: Tensor,
        state: Any = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Any]:
        """Return the loss `[N]` of the real steps, and the state behind the last one.

        Args:
            tokens: int64 `[T, B]`, the items that are taken.
            targets: int64 `[T, B]`, those that follow.
            state: from an earlier call; None begins.
            lengths: `[B]`, the steps that are real; None for all.
            reset: bool `[T, B]`, True where a session begins.
        """
        y, after = self.read(tokens, state, lengths, reset)
        if lengths is not None:
            real = torch.arange(len(y), device=y.device)[:, None] < lengths
            y, targets = y[real], targets[real]
        return self.head(y.flatten(0, -2), targets.flatten()), after

    def read(
        self,
        tokens: Tensor,
        state: Any = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Any]:
        """Return features `[T, B, H]` of what comes next, and the state."""
        y, after = self.layers(self.drop(self.embed(tokens)), state, lengths, reset)
        return self.drop(y), after

    def scores(self, features: Tensor) -> Tensor:
        """Return scores `[..., V]` of all ids; those that are no items have minus infinity."""
        found = self.head.scores(features)
        found[..., [PAD, UNKNOWN]] = -torch.inf
        return found
