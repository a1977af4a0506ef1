"""Noise from a user's folder, laid under recordings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.data.audio.files import SUFFIXES, Span, read_sound, resampled, sound_of
from segue.data.wording import one_line
from segue.errors import DataError

_LEVELS = (5.0, 20.0)  # dB of the recording above the noise
_LEAST = 0.1  # seconds of a file of noise


@dataclass(frozen=True)
class Noises:
    """Files of noise, read as they are needed.

    Attributes:
        files: with how many seconds each lasts.
        seed: of what is drawn.

    >>> import pathlib, tempfile, soundfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> hiss = np.random.default_rng(0).normal(size=8000) * 0.1
    >>> soundfile.write(folder / "hiss.wav", hiss.clip(-1, 1), 8000)
    >>> tone = np.sin(np.arange(4000, dtype=np.float32))
    >>> rest = Noises.of(folder, seed=0).under(7)(tone, 8000) - tone
    >>> bool(0.05 < rest.std() / tone.std() < 0.6)
    True
    """

    files: tuple[tuple[Path, float], ...]
    seed: int

    @classmethod
    def of(cls, folder: str | Path, seed: int) -> Noises:
        """The sounds in a folder, and in those within it.

        Raises:
            DataError: there is no such folder, no sound in it, or one that cannot be read.
        """
        place = Path(folder)
        if not place.is_dir():
            raise DataError(f"{one_line(str(folder))}: is no folder; name one with files of noise")
        found = []
        for path in sorted(place.rglob("*")):
            if path.suffix.lower() in SUFFIXES:
                seconds = sound_of(path).seconds
                if seconds < _LEAST:
                    raise DataError(
                        f"{one_line(str(path))}: lasts {seconds:.3f} s; noise needs {_LEAST:g}"
                    )
                found.append((path, seconds))
        if not found:
            raise DataError(
                f"{one_line(str(folder))}: holds no sounds; put WAV or FLAC files in it"
            )
        return cls(tuple(found), seed)

    def under(self, number: int) -> Callable[[np.ndarray, int], np.ndarray]:
        """What lays noise under the recording of that number, always the same.

        A piece of a random file is repeated as long as the recording lasts, 5 to 20 dB below it.
        """
        chance = np.random.default_rng([self.seed, 17, number])
        path, seconds = self.files[int(chance.integers(len(self.files)))]
        begin, level = chance.uniform(), chance.uniform(*_LEVELS)

        def mixed(samples: np.ndarray, rate: int) -> np.ndarray:
            needed = len(samples) / rate
            start = begin * max(0.0, seconds - max(needed, _LEAST))
            noise = read_sound(path, rate, span=Span(start, min(seconds, start + needed + _LEAST)))
            noise = np.resize(noise, len(samples))
            power, other = float(np.mean(samples**2)), float(np.mean(noise**2))
            if not other:
                return samples
            scale = np.sqrt(power / other) * 10 ** (-level / 20)
            found: np.ndarray = (samples + scale * noise).astype(np.float32)
            return found

        return mixed


def faster(speed: float) -> Callable[[np.ndarray, int], np.ndarray]:
    """What plays a recording so much faster; the pitch rises with it.

    T. Ko et al., "Audio augmentation for speech recognition", 2015.
    """
    return lambda samples, rate: resampled(samples, rate, round(rate / speed))
