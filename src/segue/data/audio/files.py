"""Files of sound as samples, by soundfile and soxr (the extra `transcribe`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segue.data.wording import count, one_line
from segue.errors import DataError

if TYPE_CHECKING:
    import soundfile

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".aif", ".aiff", ".au", ".sph")
LONGEST = 4 * 3600  # seconds
SILENT = 1e-4  # of full scale, -80 dB: the noise of 16 bits lies below
CLIPPED = 0.01  # share of the samples at full scale
_UNTOLD = 0x7FFF0000  # bytes that a writer to a pipe puts where it does not know yet


class Span(NamedTuple):
    """A part of a file, in seconds; `end` None is the end of the file."""

    start: float = 0.0
    end: float | None = None


WHOLE = Span()


@dataclass(frozen=True)
class Sound:
    """What a file of sound says of itself.

    Attributes:
        rate: samples in a second, Hz.
        channels: microphones.
        samples: of each channel.
    """

    rate: int
    channels: int
    samples: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples / self.rate


def sound_of(path: str | Path) -> Sound:
    """Read the head of a WAV, FLAC, OGG, AIFF, AU or SPHERE file.

    Raises:
        DataError: there is no such file, it is no sound, cut short, empty or too long.

    >>> import pathlib, tempfile, soundfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "beep.wav"
    >>> soundfile.write(path, np.zeros(4000), 8000)
    >>> sound_of(path)
    Sound(rate=8000, channels=1, samples=4000)
    """
    with _opened(path) as file:
        return _checked(file, path)


def read_sound(
    path: str | Path, rate: int | None = None, *, channel: int | None = None, span: Span = WHOLE
) -> np.ndarray:
    """Read samples as float32 `[N]`, full scale being 1.

    Args:
        path: the file.
        rate: Hz to which it is resampled; None keeps its own.
        channel: which one, from 0; None takes their mean.
        span: the part to read; no more of the file is.

    Raises:
        DataError: as `sound_of`, and where it has no such channel or part.

    >>> import pathlib, tempfile, soundfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "beep.wav"
    >>> soundfile.write(path, np.full((4000, 2), 0.5), 8000)
    >>> read_sound(path, 16000, span=Span(0.25)).shape
    (4000,)
    """
    samples, own = read_as_recorded(path, channel=channel, span=span)
    return resampled(samples, own, rate or own)


def read_as_recorded(
    path: str | Path, *, channel: int | None = None, span: Span = WHOLE
) -> tuple[np.ndarray, int]:
    """Samples float32 `[N]` at the rate of the file, and that rate in Hz; else as `read_sound`."""
    place = one_line(str(path))
    with _opened(path) as file:
        sound = _checked(file, path)
        if channel is not None and channel >= sound.channels:
            raise DataError(
                f"{place}: has {count(sound.channels, 'channel')}, none of number {channel}; "
                "they count from 0"
            )
        first, last = _samples(span, sound, place)
        file.seek(first)
        values = file.read(last - first, dtype="float32", always_2d=True)
    if len(values) < last - first:
        raise _cut(place)
    mono = values[:, channel] if channel is not None else values.mean(axis=1)
    if not np.isfinite(mono).all():
        raise DataError(f"{place}: holds samples that are not finite; record or convert it again")
    return np.ascontiguousarray(mono), sound.rate


def resampler(rate: int, wanted: int | None) -> Callable[[np.ndarray, bool], np.ndarray]:
    """What brings pieces of sound to another rate; True marks the last piece."""
    if rate == wanted:
        return lambda samples, last: samples
    import soxr

    stream = soxr.ResampleStream(rate, wanted, 1, dtype="float32", quality="HQ")
    return lambda samples, last: stream.resample_chunk(samples, last=last)


def resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Samples `[N]` at another rate, by soxr at its high quality.

    >>> resampled(np.zeros(8000, np.float32), 8000, 16000).shape
    (16000,)
    """
    if rate == wanted or not len(samples):
        return samples
    import soxr

    found: np.ndarray = soxr.resample(samples, rate, wanted, quality="HQ")
    return found


def defect_of(samples: np.ndarray) -> str | None:
    """What is wrong with a recording that can be read: silent or clipped; None where nothing is.

    >>> defect_of(np.zeros(100, np.float32))
    'is silent'
    """
    loudness = np.abs(samples)
    if loudness.max(initial=0) < SILENT:
        return "is silent"
    if (loudness >= 0.999).mean() > CLIPPED:
        return "is clipped: more than one sample in 100 is at full scale"
    return None


def _samples(span: Span, sound: Sound, place: str) -> tuple[int, int]:
    """First sample and the one behind the last."""
    end = sound.seconds if span.end is None else span.end
    # Lists round to hundredths of a second.
    if not 0 <= span.start < end <= sound.seconds + 0.02:
        raise DataError(
            f"{place}: has no part from {span.start:g} to {end:g} s; it lasts {sound.seconds:.2f} s"
        )
    first = round(span.start * sound.rate)
    return first, min(round(end * sound.rate), sound.samples)


@contextmanager
def _opened(path: str | Path) -> Iterator[soundfile.SoundFile]:
    import soundfile

    place = one_line(str(path))
    try:
        with Path(path).open("rb") as raw:
            head = raw.read(1 << 16)
            if not head:
                raise DataError(f"{place}: is empty; record or fetch it again")
            size = raw.seek(0, 2)
            raw.seek(0)
            try:
                file = soundfile.SoundFile(raw)
            except soundfile.LibsndfileError:
                raise _unread(head, place) from None
            with file:
                if _wave_bytes(head) > size:
                    raise _cut(place)
                yield file
    except FileNotFoundError:
        raise DataError(f"{place}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise DataError(f"{place}: is a folder; name the file in it") from None
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{place}: cannot be read ({reason}); check the path") from None
    except soundfile.LibsndfileError:
        raise DataError(f"{place}: is damaged or cut short; fetch it again") from None


def _unread(head: bytes, place: str) -> DataError:
    """The error for a file that libsndfile does not open."""
    if head.startswith((b"RIFF", b"fLaC", b"OggS", b"FORM")):
        return DataError(f"{place}: is damaged or cut short; fetch it again")
    return DataError(f"{place}: is no sound that can be read; save it as WAV, FLAC or OGG")


def _cut(place: str) -> DataError:
    return DataError(
        f"{place}: is cut short: not all samples that it names are there; fetch it again"
    )


def _wave_bytes(head: bytes) -> int:
    """Where the samples of a WAV file end by its own word; libsndfile reads what is there.

    0 where it does not say, as what is written to a pipe.
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return 0
    place = 12
    while place + 8 <= len(head):
        size = int.from_bytes(head[place + 4 : place + 8], "little")
        if head[place : place + 4] == b"data":
            return 0 if size >= _UNTOLD else place + 8 + size
        place += 8 + size + size % 2
    return 0


def _checked(file: soundfile.SoundFile, path: str | Path) -> Sound:
    place = one_line(str(path))
    sound = Sound(file.samplerate, file.channels, file.frames)
    if not 1000 <= sound.rate <= 768_000:
        raise DataError(f"{place}: has {sound.rate} samples in a second; 1,000 to 768,000 are read")
    if sound.samples == 0:
        raise DataError(f"{place}: has no samples; record it again")
    if sound.seconds > LONGEST:
        raise DataError(
            f"{place}: lasts {sound.seconds / 3600:.1f} hours, more than {LONGEST // 3600}; "
            "divide it"
        )
    return sound
