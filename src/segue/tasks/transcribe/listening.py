"""Hearing a stream chunk by chunk: the same numbers, to the bit, however it comes in pieces."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segue.data.audio.features import SHIFT
from segue.data.audio.files import resampler
from segue.data.audio.hearing import WINDOW, Hearing
from segue.errors import OptionError
from segue.tasks.speech.answers import Emission
from segue.tasks.speech.segments import Heard, Segments
from segue.tasks.transcribe.emitted import each_of
from segue.tasks.transcribe.model import TranscribeModel

_FULL_SCALE = 32768.0  # of samples of 16 bits
_READ = 0.02  # seconds of sound that are taken at a time


class Listener:
    """Frames in pieces, what the network says in chunks.

    Every chunk has as many steps as every other one, the last being padded; so the operations are
    those of the whole recording, and so are their results.

    Args:
        model: one that has a chunk, in eval mode.
    """

    def __init__(self, model: TranscribeModel) -> None:
        if model.config.chunk is None:
            raise OptionError("this run does not listen live: train it with --streaming")
        self.model, self.chunk = model, model.config.chunk
        self._hop = self.chunk * model.config.stride
        self._window = self._hop + model.config.stride
        self._waiting = np.zeros((0, model.config.features), np.float32)
        self._state: object = None

    def warm(self) -> None:
        """Build what a first chunk needs, so that it is not late; nothing is heard."""
        self._waiting = np.zeros((self._window, self.model.config.features), np.float32)
        self._next(self._window)
        self._waiting, self._state = self._waiting[:0], None

    def accept(self, frames: NDArray[np.float32]) -> Iterator[Emission]:
        """Take centred frames `[n, F]`; give `chunk` steps for each chunk that is complete."""
        self._waiting = np.concatenate([self._waiting, frames])
        while len(self._waiting) >= self._window:
            yield self._next(self._window)
            self._waiting = self._waiting[self._hop :]

    def end(self) -> Iterator[Emission]:
        """Give the steps of what is left, nothing following it."""
        while len(self._waiting):
            real = min(len(self._waiting), self._hop)
            steps = -(-real // self.model.config.stride)
            yield self._next(min(len(self._waiting), self._window)).part(0, steps)
            self._waiting = self._waiting[self._hop :]

    @torch.no_grad()
    def _next(self, real: int) -> Emission:
        window = np.zeros((self._window, 1, self._waiting.shape[1]), np.float32)
        window[:real, 0] = self._waiting[:real]
        emitted, self._state = self.model.hear(
            torch.from_numpy(window), torch.tensor([real]), self._state
        )
        return each_of(emitted, self.model.temperature)[0]


def whole(model: TranscribeModel, frames: NDArray[np.float32]) -> Emission:
    """What is said of a recording's centred frames `[N, F]`, as a stream has it."""
    listener = Listener(model)
    return Emission.joined([*listener.accept(frames), *listener.end()])


def live(
    model: TranscribeModel,
    hearing: Hearing,
    segments: Segments,
    read: Callable[[int], bytes],
    rate: int,
) -> Iterator[dict[str, Any]]:
    """Partial texts as they change, final ones with times, and at the end how fast it was.

    Args:
        model: one that has a chunk, in eval mode.
        hearing: what is computed of samples.
        segments: where texts end.
        read: gives at most so many bytes of 16-bit samples, none at the end.
        rate: samples in a second.
    """
    listener, stream, bring = Listener(model), hearing.stream(), resampler(rate, hearing.rate)
    listener.warm()
    work, busy = [0.0][:0], 0.0
    taken, left, first = 0, b"", None
    while data := read(2 * max(1, round(rate * _READ))):
        began = time.perf_counter()
        data = left + data
        left = data[len(data) - len(data) % 2 :]
        samples = np.frombuffer(data, "<i2", len(data) // 2).astype(np.float32) / _FULL_SCALE
        taken += len(samples)
        chunks = list(listener.accept(stream.accept(bring(samples, False))))
        rows = [_row(found) for emitted in chunks for found in segments.accept(emitted)]
        busy += time.perf_counter() - began
        if chunks:
            work.append(busy)
            busy = 0.0
        if rows and first is None:
            first = taken / rate
        yield from rows
    rest = listener.accept(stream.accept(bring(np.zeros(0, np.float32), True)))
    for emitted in (*rest, *listener.end()):
        yield from map(_row, segments.accept(emitted))
    yield from map(_row, segments.end())
    yield _speed(model, work, taken / rate, first)


def _speed(
    model: TranscribeModel, work: list[float], seconds: float, first: float | None
) -> dict[str, Any]:
    """How fast it was.

    The delay of a sound is at most the length of a chunk, what its last step reads on, and the time
    that the chunk was worked on.
    """
    stride, chunk = model.config.stride * SHIFT, model.config.chunk or 0
    wait = chunk * stride + stride + WINDOW
    half, most = np.quantile(work, [0.5, 0.99]).tolist() if work else (0.0, 0.0)
    return {
        "seconds": round(seconds, 3),
        "real_time_factor": round(sum(work) / max(seconds, 1e-9), 4),
        "delay_ms": {"50%": round(1000 * (wait + half), 1), "99%": round(1000 * (wait + most), 1)},
        "first_partial_at": None if first is None else round(first, 3),
    }


def _row(found: Heard) -> dict[str, Any]:
    return {"partial": found.partial} if found.final is None else found.final.row()
