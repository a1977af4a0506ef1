"""How a recording becomes the frames that a network reads, offline and live alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from segue.data.audio.features import (
    FEATURE_SUFFIXES,
    Filterbank,
    FilterbankStream,
    read_features,
    with_deltas,
)
from segue.data.audio.files import WHOLE, Span, defect_of, read_as_recorded, read_sound, resampled
from segue.data.wording import one_line
from segue.errors import DataError

Alter = Callable[[np.ndarray, int], np.ndarray]
"""From samples and their rate to other samples, as what is played faster has."""

WINDOW = 0.025  # seconds of samples in a frame
_QUIET = 3.0  # natural logarithm of power, 13 dB: frames so far below the mean are silence
_LITTLE = 0.01  # how much of these counts
_PRIOR = 100.0  # frames for which the mean of the training counts in a running mean


class Hearing(BaseModel):
    """What is computed of a recording.

    Attributes:
        rate: Hz of the samples; None where files hold features that others computed.
        size: values in a frame, before the derivatives.
        deltas: whether first and second derivatives over time are beside them.
        channel: of the microphone, from 0; None takes the mean of all.
        running: whether the mean that is subtracted is that of the frames so far, as a stream
            needs, rather than that of the whole recording.
        start: what a running mean begins with, by value; none where it is not running.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rate: int | None = Field(default=None, ge=1000, le=768_000)
    size: int = Field(ge=1, le=4096)
    deltas: bool = False
    channel: int | None = Field(default=None, ge=0, le=1023)
    running: bool = False
    start: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.deltas and self.running:
            raise ValueError("derivatives over time look ahead: a stream has none")
        if self.start and len(self.start) != self.size:
            raise ValueError("the start of the mean has another size than a frame")
        return self

    @property
    def width(self) -> int:
        """Values in a frame that the network reads."""
        return 3 * self.size if self.deltas else self.size

    def raw(self, path: Path, span: Span = WHOLE, alter: Alter | None = None) -> np.ndarray:
        """float32 `[T, size]` of a recording, its mean still in it.

        Args:
            path: a file of sound, or of features.
            span: the part of it.
            alter: what is done to its samples before.

        Raises:
            DataError: the file cannot be read, is too short, or holds other features.
        """
        if self.rate is None:
            return self._given(path, span)
        samples = read_sound(path, self.rate, channel=self.channel, span=span)
        if alter is not None:
            samples = alter(samples, self.rate)
        return self._banks(samples, self.rate, path)

    def sound(self, path: Path, span: Span = WHOLE) -> np.ndarray:
        """As `raw`, of a recording that is neither silent nor clipped; it is read once.

        Raises:
            DataError: as `raw`, and where it is silent or clipped.
        """
        if self.rate is None:
            return self._given(path, span)
        samples, rate = read_as_recorded(path, channel=self.channel, span=span)
        frames = self._banks(resampled(samples, rate, self.rate), self.rate, path)
        # Another rate has other peaks: what is clipped shows in the samples as they were recorded.
        defect = defect_of(samples)
        if defect is not None:
            raise DataError(f"{one_line(str(path))}: {defect}; record it again")
        return frames

    def centred(self, frames: np.ndarray) -> np.ndarray:
        """float32 `[T, width]`: frames without their mean, with their derivatives."""
        if self.running:
            return RunningMean(self).accept(frames)
        found = frames - frames.mean(0, dtype=np.float64)
        return with_deltas(found.astype(np.float32)) if self.deltas else found.astype(np.float32)

    def of(self, path: Path, span: Span = WHOLE) -> np.ndarray:
        """float32 `[T, width]` of a recording, as the network reads it."""
        return self.centred(self.raw(path, span))

    def stream(self) -> HearingStream:
        """Begin to hear samples as they come.

        Raises:
            DataError: the mean of the whole recording is needed, or features come in files.
        """
        if self.rate is None or not self.running:
            raise DataError("this run does not listen live: train it with --streaming on sound")
        return HearingStream(self)

    def _banks(self, samples: np.ndarray, rate: int, path: Path) -> np.ndarray:
        frames = Filterbank(rate, self.size).of(samples)
        if not len(frames):
            raise DataError(
                f"{one_line(str(path))}: lasts {len(samples) / rate:.3f} s, less than a frame "
                f"of {WINDOW:g} s; record it again"
            )
        return frames

    def _given(self, path: Path, span: Span) -> np.ndarray:
        place = one_line(str(path))
        if path.suffix.lower() not in FEATURE_SUFFIXES:
            raise DataError(f"{place}: is no file of features as the others; name one kind")
        if span != WHOLE:
            raise DataError(f"{place}: parts are taken of sound, not of features; cut the file")
        frames = read_features(path)
        if frames.shape[1] != self.size or not len(frames):
            raise DataError(
                f"{place}: has frames of {frames.shape[1]} values, the others of {self.size}; "
                "compute them alike"
            )
        return frames


class RunningMean:
    """The mean of the frames so far, subtracted: the mean of the training counts for a second.

    Frames far quieter than the mean hardly count, so that a long silence does not move it. The sum
    goes on in order, so that frames in pieces give the bits of the whole.
    """

    def __init__(self, hearing: Hearing) -> None:
        start = np.asarray(hearing.start or np.zeros(hearing.size), np.float64)
        self._sum = _PRIOR * start
        self._count = _PRIOR
        self._level = _PRIOR * float(start.mean())

    def accept(self, frames: np.ndarray) -> np.ndarray:
        """Return float32 `[n, size]` of the next frames."""
        if not len(frames):
            return frames
        exact = frames.astype(np.float64)
        weights, counts = self._weighed(exact.mean(1).tolist())
        weighed = np.concatenate([self._sum[None], weights[:, None] * exact])
        sums = np.cumsum(weighed, axis=0)[1:]
        self._sum = sums[-1]
        found: np.ndarray = (frames - sums / counts[:, None]).astype(np.float32)
        return found

    def _weighed(self, levels: list[float]) -> tuple[np.ndarray, np.ndarray]:
        """How much each frame counts, and how much all up to it do."""
        weights, counts = [], []
        for level in levels:
            weight = 1.0 if level > self._level / self._count - _QUIET else _LITTLE
            self._level += weight * level
            self._count += weight
            weights.append(weight)
            counts.append(self._count)
        return np.array(weights), np.array(counts)


class HearingStream:
    """The frames of samples that come in pieces: those of the whole, to the bit."""

    def __init__(self, hearing: Hearing) -> None:
        self._bank: FilterbankStream = Filterbank(hearing.rate or 0, hearing.size).stream()
        self._mean = RunningMean(hearing)

    def accept(self, samples: np.ndarray) -> np.ndarray:
        """Return float32 `[n, size]`, the frames that these samples complete."""
        return self._mean.accept(self._bank.accept(samples))
