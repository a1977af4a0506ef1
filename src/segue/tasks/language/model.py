"""The language model: an embedding, recurrent layers, and an output that may share its weights."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from segue.cells import by_name
from segue.nn import (
    AdaptiveSoftmax,
    SampledSoftmax,
    Softmax,
    Stack,
    VariationalDropout,
)
from segue.tasks.bounds import CellName, check_size

_SPREAD = 0.1  # of new embeddings


class Output(StrEnum):
    """How what follows is chosen among V units."""

    full = "full"
    """All units are scored at every step."""
    adaptive = "adaptive"
    """Rare units are scored by clusters, with fewer features: `segue.nn.AdaptiveSoftmax`."""
    sampled = "sampled"
    """In training some units are scored, drawn by Zipf's law: `segue.nn.SampledSoftmax`."""


class LanguageConfig(BaseModel):
    """Everything that a `LanguageModel` is built from.

    Attributes:
        vocabulary: V, units.
        embedding: E, features of a unit.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of the state.
        layers: recurrent layers.
        tied: whether the output's weights are the embedding's (O. Press, L. Wolf, "Using the output
            embedding to improve language models", EACL 2017).
        dropout: share of features dropped before, between and after the layers, the same at all
            steps of a chunk.
        output: how what follows is chosen. All but `full` need units numbered by frequency.
        samples: units that are drawn for each batch, where some are.
        labels: units at the end that say what a text is: they are read, and not foretold.
        fresh: a unit at which the state begins anew: what it begins owes nothing to what is before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    vocabulary: int = Field(ge=3, le=10_000_000)
    embedding: int = Field(default=64, ge=1, le=8192)
    cell: CellName = "gru"
    hidden: int = Field(default=256, ge=1, le=8192)
    layers: int = Field(default=1, ge=1, le=64)
    tied: bool = False
    dropout: float = Field(default=0.2, ge=0, lt=1)
    output: Output = Output.full
    samples: int = Field(default=1024, ge=1, le=1_000_000)
    labels: int = Field(default=0, ge=0, le=1_000_000)
    fresh: int | None = Field(default=None, ge=0)

    @property
    def told(self) -> int:
        """Units that are foretold: those before the labels."""
        return self.vocabulary - self.labels

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.output is Output.adaptive and (self.tied or self.vocabulary < 40):
            raise ValueError("an adaptive output needs 40 units, and has weights of its own")
        if self.told < 3:
            raise ValueError("labels: leave no units to foretell")
        if self.output is Output.adaptive and self.hidden < 16:
            raise ValueError("hidden: an adaptive output needs 16 features or more")
        ends = self.vocabulary * (self.embedding + (0 if self.tied else self.hidden))
        inner = self.hidden * (self.embedding + self.hidden + (self.layers - 1) * 2 * self.hidden)
        check_size(ends + inner)
        return self


class LanguageModel(nn.Module):
    """What follows each unit: features, which `head` reads as one of V units.

    Example:
        >>> model = LanguageModel(LanguageConfig(vocabulary=30, hidden=8)).eval()
        >>> y, state = model.features(torch.tensor([[7], [3]]))
        >>> model.head.log_prob(y).shape                             # steps, rows, units
        torch.Size([2, 1, 30])
        >>> again, _ = model.features(torch.tensor([[5]]), state)    # goes on from there
    """

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.config = config
        sparse = config.output is Output.sampled
        self.embed = nn.Embedding(config.vocabulary, config.embedding, sparse=sparse)
        nn.init.normal_(self.embed.weight, std=_SPREAD)
        self.drop = VariationalDropout(config.dropout)
        cell, between = by_name()[config.cell], VariationalDropout(config.dropout)
        self.layers = Stack.of(cell, config.embedding, config.hidden, config.layers, between)
        self.head = _head(config, self.embed if config.tied else None)

    def forward(
        self,
        tokens: Tensor,
        targets: Tensor,
        state: Any = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Any]:
        """Return the loss `[T, B]` of what follows, and the state behind the last step.

        Args:
            tokens: int64 `[T, B]`.
            targets: int64 `[T, B]`, what follows each.
            state: from an earlier call; None begins.
            lengths: `[B]`, the steps that are real; None for all.
            reset: bool `[T, B]`, True where a text begins.
        """
        y, after = self.features(tokens, state, lengths, reset)
        return self.head(y, targets), after

    def features(
        self,
        tokens: Tensor,
        state: Any = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Any]:
        """Return features `[T, B, H]` for `head`, and the state behind the last step."""
        if self.config.fresh is not None:
            begun = tokens == self.config.fresh
            reset = begun if reset is None else begun | reset
        y, after = self.layers(self.drop(self.embed(tokens)), state, lengths, reset)
        return self.drop(y), after


def _head(config: LanguageConfig, tied: nn.Embedding | None) -> Any:
    """The output of a configuration: an `Output` of `segue.nn.softmax`."""
    if config.output is Output.adaptive:
        return AdaptiveSoftmax(config.hidden, config.vocabulary)
    if config.output is Output.sampled:
        return SampledSoftmax(
            config.hidden, config.vocabulary, samples=config.samples, tied=tied, sparse=True
        )
    return Softmax(config.hidden, config.vocabulary, tied=tied)


@torch.no_grad()
def log_likelihoods(
    model: LanguageModel, texts: Sequence[NDArray[np.integer]], given: int = 1
) -> list[float]:
    """Logarithms of the probability of texts, each read from its own beginning.

    Args:
        model: in eval mode.
        texts: ids of each.
        given: how many of the first ids are not foretold.
    """
    lengths = torch.tensor([len(each) for each in texts])
    tokens = torch.zeros(int(lengths.max()), len(texts), dtype=torch.long)
    for row, each in enumerate(texts):
        tokens[: len(each), row] = torch.from_numpy(each.astype(np.int64))
    y, _ = model.features(tokens[:-1], None, (lengths - 1).clamp_min(0))
    step = torch.arange(len(y))[:, None]
    real = (step < lengths - 1) & (step >= given - 1)
    surprise = model.head.surprise(y, tokens[1:]).double()
    found: list[float] = (-surprise.masked_fill(~real, 0).sum(0)).tolist()
    return found
