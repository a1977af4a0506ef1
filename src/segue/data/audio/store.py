"""The frames of many recordings, on disk: nothing holds a corpus in memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from segue.data.audio.hearing import Alter, Hearing
from segue.data.audio.utterances import Utterance, Utterances
from segue.data.ragged import Ragged
from segue.data.wording import one_line
from segue.errors import DataError


@dataclass(frozen=True)
class Heard:
    """Utterances with their frames.

    Attributes:
        utterances: those whose recordings could be used.
        frames: of each, as `Hearing.raw` gives them; the values lie in a file without a name.
        left_out: what is wrong with each of the others, in a line.
        sha256: of all frames.
    """

    utterances: Utterances
    frames: Ragged
    left_out: tuple[str, ...]
    sha256: str

    def take(self, rows: np.ndarray) -> Heard:
        """The utterances `rows`, in that order; their frames are copied."""
        return Heard(self.utterances.take(rows), self.frames.take(rows), (), self.sha256)


def hear(
    utterances: Utterances,
    hearing: Hearing,
    *,
    alter: Callable[[int], Alter] | None = None,
    skip_bad: bool = False,
    usable: Callable[[Utterance, int], str | None] = lambda item, frames: None,
) -> Heard:
    """Read every recording once; its frames go to a file of the folder for temporary files.

    Args:
        utterances: the recordings.
        hearing: what is computed of them.
        alter: what is done to the samples of each before, by its number.
        skip_bad: leave out what cannot be used, rather than end at it.
        usable: says of an utterance and its number of frames what is wrong, or None.

    Raises:
        DataError: a recording cannot be used, or none can.
    """
    kept, lengths, left_out = [], [], []
    digest = hashlib.sha256()
    file = tempfile.TemporaryFile()  # noqa: SIM115 # it lives as long as the array
    for number, item in enumerate(utterances):
        try:
            frames = _frames(utterances, item, hearing, alter(number) if alter else None)
            defect = usable(item, len(frames))
            if defect is not None:
                raise utterances.error(item, f"{one_line(item.path.name)}: {defect}")
        except DataError as error:
            if not skip_bad:
                raise DataError(f"{error}; --skip-bad leaves it out") from None
            left_out.append(str(error))
            continue
        content = frames.tobytes()
        digest.update(content)
        file.write(content)
        kept.append(item)
        lengths.append(len(frames))
    if not kept:
        raise DataError(
            f"{one_line(utterances.source)}: no recording can be used; the first: {left_out[0]}"
        )
    file.flush()
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    values = np.memmap(file, np.float32, "r", shape=(int(offsets[-1]), hearing.size))
    found = Utterances(utterances.source, tuple(kept), utterances.words)
    return Heard(found, Ragged(values, offsets), tuple(left_out), digest.hexdigest())


def _frames(
    utterances: Utterances, item: Utterance, hearing: Hearing, alter: Alter | None
) -> np.ndarray:
    try:
        if alter is not None:
            return hearing.raw(item.path, item.span, alter)
        return hearing.sound(item.path, item.span)
    except DataError as error:
        if not item.where:
            raise
        raise utterances.error(item, str(error)) from None


def mean_of(frames: Sequence[np.ndarray] | Ragged) -> np.ndarray:
    """The mean of all frames `[F]`, a part at a time."""
    values = frames.values if isinstance(frames, Ragged) else np.concatenate(list(frames))
    total, block = np.zeros(values.shape[1]), 1 << 16
    for start in range(0, len(values), block):
        total += values[start : start + block].sum(0, dtype=np.float64)
    return total / max(len(values), 1)
