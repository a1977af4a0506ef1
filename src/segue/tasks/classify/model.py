"""The classifier: a recurrent network over tokens or numbers, pooled over time."""

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from segue.cells import by_name
from segue.nn import (
    AttentionPool,
    Bidirectional,
    Embedding,
    Frames,
    GaussianNoise,
    LastState,
    MaxPool,
    MeanPool,
    Pools,
    Recurrent,
    Stack,
    Standardise,
    VariationalDropout,
)
from segue.tasks.bounds import CellName, check_size
from segue.tasks.classify.settings import Pool

_WORD_SPREAD = 0.1  # of new embeddings: with torch's 1 a small set is learned by heart


class ClassifyConfig(BaseModel):
    """Everything that a `ClassifyModel` is built from.

    Attributes:
        classes: K.
        vocabulary: tokens that the model knows, for text; None for numbers.
        channels: C, numbers at each step, for series, vectors and images; None for text.
        missing: numbers may be NaN: the model reads 0 and is told so by a channel for each.
        embedding: features of a token, or of a frame of numbers.
        frame: steps of a series that are taken together.
        hop: steps from one frame to the next.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of the state in each direction.
        layers: recurrent layers.
        bidirectional: whether each layer also reads from the end.
        pools: how the outputs become one vector; of several, side by side.
        dropout: share of features dropped before the first layer, between layers and before the
            head, in training.
        variational: whether dropout between layers takes the same features at all steps.
        noise: spread of what is added to numbers in training, in units of their own spread.
        word_dropout: share of the words that are left out of a sequence, in training.
        members: M, networks that differ in how they start, and whose logits are averaged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    classes: int = Field(ge=2, le=100_000)
    vocabulary: int | None = Field(default=None, ge=1, le=10_000_000)
    channels: int | None = Field(default=None, ge=1, le=1_000_000)
    missing: bool = False
    embedding: int = Field(default=64, ge=1, le=8192)
    frame: int = Field(default=1, ge=1, le=10_000)
    hop: int = Field(default=1, ge=1, le=10_000)
    cell: CellName = "gru"
    hidden: int = Field(default=64, ge=1, le=8192)
    layers: int = Field(default=1, ge=1, le=64)
    bidirectional: bool = True
    pools: tuple[Pool, ...] = Field(default=(Pool.mean, Pool.max), min_length=1, max_length=4)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    variational: bool = True
    noise: float = Field(default=0.0, ge=0, le=10)
    word_dropout: float = Field(default=0.0, ge=0, lt=1)
    members: int = Field(default=1, ge=1, le=64)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.vocabulary is None) == (self.channels is None):
            raise ValueError("give the vocabulary of a text or the channels of a series")
        if self.hop > self.frame:
            raise ValueError(f"a hop of {self.hop} steps is longer than a frame, {self.frame}")
        if self.vocabulary is not None and (self.missing or self.frame > 1):
            raise ValueError("a text has no missing numbers and no frames")
        if len(set(self.pools)) < len(self.pools):
            raise ValueError("a pool is named twice")
        width = self.directions * self.hidden
        embedded = (self.vocabulary or self.numbers * self.frame) * self.embedding
        inner = width * (self.embedding + self.hidden + (self.layers - 1) * (width + self.hidden))
        size = self.members * (embedded + inner + width * len(self.pools) * self.classes)
        check_size(size)
        return self

    @property
    def numbers(self) -> int:
        """Numbers that a step of a series has, with those that say which are missing."""
        return (self.channels or 0) * (2 if self.missing else 1)

    @property
    def directions(self) -> int:
        """In how many directions each layer reads."""
        return 2 if self.bidirectional else 1


class ClassifyModel(nn.Module):
    """Scores of K classes for sequences of tokens or of numbers.

    A row's result depends neither on the rows beside it nor on its padding. The scale of numbers
    (`prepare`) and the temperature (`segue.insight.calibration`) are buffers, saved with
    the weights.

    Example:
        >>> model = ClassifyModel(ClassifyConfig(classes=3, vocabulary=50, hidden=8)).eval()
        >>> tokens, lengths = torch.tensor([[7, 3], [9, 0]]), torch.tensor([2, 1])
        >>> model(tokens, lengths).shape                              # members, rows, classes
        torch.Size([1, 2, 3])
        >>> model.probabilities(tokens, lengths).shape
        torch.Size([2, 3])
    """

    def __init__(self, config: ClassifyConfig) -> None:
        super().__init__()
        self.config = config
        self.scale = None if config.channels is None else Standardise(config.channels)
        self.members = nn.ModuleList(Member(config) for _ in range(config.members))
        self.temperature: Tensor
        self.register_buffer("temperature", torch.ones(()))

    def prepare(self, steps: NDArray[np.floating]) -> None:
        """Take the scale of each channel from all real steps `[N, C]` of the training rows."""
        if self.scale is not None:
            self.scale.fit(steps)

    def forward(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Logits `[M, B, K]` of every member, not calibrated.

        Args:
            steps: `[T, B]` tokens (int64), or `[T, B, C]` numbers, NaN where one is missing.
            lengths: `[B]`, the steps that are real; what lies behind them is never read.
        """
        x = self.features(steps)
        return torch.stack([member(x, lengths) for member in self.members])

    def features(self, steps: Tensor) -> Tensor:
        """What members read: tokens as they are, numbers scaled, with a channel for missing."""
        if self.scale is None:
            return steps
        x: Tensor = self.scale(steps)
        if not self.config.missing:
            return x
        absent = torch.isnan(x)
        return torch.cat([x.masked_fill(absent, 0), absent.to(x.dtype)], 2)

    def probabilities(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Calibrated probabilities `[B, K]`."""
        return calibrated(self(steps, lengths).double(), self.temperature.double())


def calibrated(logits: Tensor, temperature: Tensor) -> Tensor:
    """Probabilities `[B, K]` of members' logits `[M, B, K]`: their mean, at a temperature.

    Logits are averaged, not probabilities: the ensemble is then nearly as sure as its members,
    for whom the temperature was found.
    """
    return torch.softmax(logits.mean(0) / temperature, 1)


class Member(nn.Module):
    """One network: front end, layers, pooling over time, and a linear head."""

    def __init__(self, config: ClassifyConfig) -> None:
        super().__init__()
        size = config.embedding
        self.embed: nn.Module
        self.frames: Frames | None = None
        if config.vocabulary is not None:
            self.embed = Embedding(config.vocabulary, size, dropout=config.word_dropout)
            nn.init.normal_(self.embed.weight, std=_WORD_SPREAD)
        else:
            self.frames = Frames(config.frame, config.hop)
            self.embed = nn.Sequential(
                GaussianNoise(config.noise),
                nn.Linear(config.numbers * config.frame, size),
                nn.ReLU(),
            )
        drop = VariationalDropout if config.variational else nn.Dropout
        self.drop = drop(config.dropout)
        width = config.hidden * config.directions
        sizes = [size, *[width] * (config.layers - 1)]
        self.layers = Stack([_layer(config, size) for size in sizes], drop(config.dropout))
        self.pool = Pools([_pool(config, kind) for kind in config.pools])
        self.head = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(width * len(config.pools), config.classes)
        )

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Logits `[B, K]` of tokens `[T, B]` or numbers `[T, B, C]`."""
        if self.frames is not None:
            x, lengths = self.frames(x, lengths)
        return self.read(self.embed(x), lengths)

    def read(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Logits `[B, K]` of embedded steps `[T, B, E]`."""
        y, _ = self.layers(self.drop(x), None, lengths)
        logits: Tensor = self.head(self.pool(y, lengths))
        return logits


def _layer(config: ClassifyConfig, size: int) -> nn.Module:
    cell = by_name()[config.cell]
    ahead = Recurrent(cell, size, config.hidden)
    if not config.bidirectional:
        return ahead
    return Bidirectional(ahead, Recurrent(cell, size, config.hidden, reverse=True))


def _pool(config: ClassifyConfig, kind: Pool) -> nn.Module:
    match kind:
        case Pool.last:
            return LastState(config.hidden if config.bidirectional else 0)
        case Pool.mean:
            return MeanPool()
        case Pool.max:
            return MaxPool()
        case Pool.attention:
            return AttentionPool(config.hidden * config.directions, config.hidden)
