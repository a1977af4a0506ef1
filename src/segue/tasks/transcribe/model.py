"""The recogniser: frames of sound, recurrent layers, and units with a blank between them."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from segue.cells import by_name
from segue.nn import (
    Bidirectional,
    ChunkedBidirectional,
    Frames,
    Normalised,
    Recurrent,
    SpecAugment,
    Stack,
    VariationalDropout,
)
from segue.nn.transducer_network import Transducer

_LARGEST = 1_000_000_000  # weights


class TranscribeConfig(BaseModel):
    """Everything that a `TranscribeModel` is built from.

    Attributes:
        features: F, values in a frame.
        units: K, the blank and the unknown unit among them.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of the state in each direction.
        layers: recurrent layers.
        stride: frames to a step.
        chunk: steps that are heard at a time; None hears the whole recording.
        ahead: whether a chunk is read from its end too.
        masks: bands, and stretches of each second, that are hidden in training.
        dropout: share of features dropped before, between and after the layers, in training.
        transducer: whether texts come from a recurrent transducer, beside CTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    features: int = Field(ge=1, le=12_288)
    units: int = Field(ge=3, le=1_000_000)
    cell: str = "gru"
    hidden: int = Field(default=128, ge=1, le=8192)
    layers: int = Field(default=2, ge=1, le=64)
    stride: int = Field(default=2, ge=1, le=8)
    chunk: int | None = Field(default=None, ge=1, le=10_000)
    ahead: bool = True
    masks: int = Field(default=0, ge=0, le=20)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    transducer: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.cell not in by_name():
            raise ValueError(f"no cell {self.cell!r}; there are {', '.join(sorted(by_name()))}")
        if self.chunk is None and not self.ahead:
            raise ValueError("what reads in one direction has a chunk")
        inner = self.width * (self.layers + 1) * (self.width + self.hidden)
        size = inner + self.units * self.width + self.features * 2 * self.stride * self.width
        if size > _LARGEST:
            raise ValueError(f"the model would have {size:.0e} weights or more; 1e9 is the most")
        return self

    @property
    def width(self) -> int:
        """Features of a layer's outputs."""
        return 2 * self.hidden if self.ahead else self.hidden


class Emitted(NamedTuple):
    """What is said of B recordings.

    Attributes:
        logits: `[T, B, K]` of units at each step, for CTC.
        lengths: `[B]`, steps of each.
        heard: `[T, B, W]`, what the transducer reads; None where there is none.
        joint: `[B, T, U + 1, K]`, logits of the transducer; None where no labels are given.
    """

    logits: Tensor
    lengths: Tensor
    heard: Tensor | None = None
    joint: Tensor | None = None


class TranscribeModel(nn.Module):
    """Logits of units; a row's are the same whatever it is padded with and stands beside.

    D. Amodei et al., "Deep Speech 2", ICML 2016, without convolutions: `2 * stride` frames make a
    step.

    Example:
        >>> model = TranscribeModel(TranscribeConfig(features=20, units=9, hidden=8)).eval()
        >>> found = model(torch.randn(50, 3, 20), torch.tensor([50, 31, 2]))
        >>> found.logits.shape, found.lengths.tolist()
        (torch.Size([25, 3, 9]), [25, 16, 1])
    """

    def __init__(self, config: TranscribeConfig) -> None:
        super().__init__()
        self.config = config
        self.scale: Tensor
        self.register_buffer("scale", torch.ones(config.features))
        self.masks = _masks(config)
        self.frames = Frames(2 * config.stride, config.stride)
        self.front = nn.Linear(2 * config.stride * config.features, config.width)
        self.layers = Stack(
            [Normalised(_layer(config), config.width) for _ in range(config.layers)],
            VariationalDropout(config.dropout),
        )
        self.drop = VariationalDropout(config.dropout)
        self.head = nn.Linear(config.width, config.units)
        self.transducer = None
        if config.transducer:
            cell = by_name()[config.cell]
            self.transducer = Transducer(cell, config.width, config.hidden, config.units)
        self.temperature: Tensor
        self.register_buffer("temperature", torch.ones(()))

    def take_spread(self, spread: NDArray[np.floating]) -> None:
        """Take over the standard deviation `[F]` of the frames, by which they are divided."""
        self.scale.copy_(torch.from_numpy(1 / np.maximum(spread, 1e-3)))

    def forward(self, frames: Tensor, lengths: Tensor, labels: Tensor | None = None) -> Emitted:
        """What is said of frames `[T, B, F]`, of which each row has `lengths` `[B]`.

        Args:
            frames: of sound.
            lengths: of each row.
            labels: int64 `[B, U]`, what a transducer is to learn to say.
        """
        x = frames * self.scale
        if self.masks is not None:
            x = self.masks(x, lengths)
        steps, lengths = self.frames(x, lengths)
        y, _ = self.layers(self.drop(self.front(steps).relu()), None, lengths)
        y = self.drop(y)
        if self.transducer is None:
            return Emitted(self.head(y), lengths)
        joint = None if labels is None else self.transducer(y, labels)
        return Emitted(self.head(y), lengths, y, joint)

    def hear(self, window: Tensor, frames: Tensor, state: object) -> tuple[Emitted, object]:
        """What is said of the next chunk, and the state behind it.

        Args:
            window: `[(chunk + 1) * stride, 1, F]`, the chunk's frames and those that its last step
                reads on; zeros behind the end.
            frames: `[1]`, how many of them are real.
            state: behind the chunk before.
        """
        chunk = self.config.chunk
        steps, lengths = self.frames(window * self.scale, frames)
        steps, lengths = steps[:chunk], lengths.clamp_max(chunk)
        y, state = self.layers(self.front(steps).relu(), state, lengths)
        full = torch.full_like(frames, len(y))
        return Emitted(self.head(y), full, None if self.transducer is None else y), state


def _masks(config: TranscribeConfig) -> SpecAugment | None:
    """Stretches of a quarter of a second at most, so that a word is never hidden as a whole."""
    if not config.masks:
        return None
    return SpecAugment(
        bands=config.masks,
        width=max(1, config.features // 6),
        every=100 // config.masks,
        share=0.1,
        longest=25,
    )


def _layer(config: TranscribeConfig) -> nn.Module:
    cell = by_name()[config.cell]
    ahead = Recurrent(cell, config.width, config.hidden)
    if not config.ahead:
        return ahead
    back = Recurrent(cell, config.width, config.hidden, reverse=True)
    if config.chunk is None:
        return Bidirectional(ahead, back)
    return ChunkedBidirectional(ahead, back, config.chunk)
