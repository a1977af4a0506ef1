"""What a network hears: log-mel filterbanks of samples, and features that others computed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.data.arrays import read_npy
from segue.data.raw import open_raw
from segue.data.wording import one_line
from segue.errors import DataError

FEATURE_SUFFIXES = (".npy", ".mfc")
SHIFT = 0.01  # seconds from one frame to the next
COEFFICIENTS = 13  # in a frame of a Sphinx file
_FULL_SCALE = 32768.0  # Kaldi's floor under the logarithm is made for samples of 16 bits
_HISS = np.random.RandomState(0).standard_normal(65_521).astype(np.float32)  # 1 bit of 16
_BLOCK = 1 << 30  # bytes that are read of a file of features at most


@dataclass(frozen=True)
class Filterbank:
    """Log energies of mel bands, by kaldi-native-fbank: 25 ms of samples every 10 ms.

    Noise of one bit of 16, always the same, lies under the samples, so that digital silence is like
    any other. A frame is there as soon as its last sample is, and nothing later changes it: the
    frames of a stream are those of the whole, to the bit.

    Attributes:
        rate: Hz of the samples.
        bands: in a frame.

    >>> Filterbank(8000, 40).of(np.zeros(8000, np.float32)).shape
    (98, 40)
    """

    rate: int
    bands: int

    def of(self, samples: np.ndarray) -> np.ndarray:
        """float32 `[T, bands]` of samples `[N]`, full scale being 1."""
        return self.stream().accept(samples)

    def stream(self) -> FilterbankStream:
        """Begin a stream of samples."""
        return FilterbankStream(self)


class FilterbankStream:
    """The frames of samples that come in pieces."""

    def __init__(self, bank: Filterbank) -> None:
        import kaldi_native_fbank as kaldi

        options = kaldi.FbankOptions()
        options.frame_opts.samp_freq = bank.rate
        options.frame_opts.dither = 0.0
        options.frame_opts.frame_shift_ms = 1000 * SHIFT
        options.mel_opts.num_bins = bank.bands
        self._bank = bank
        self._online = kaldi.OnlineFbank(options)
        self._taken = 0
        self._samples = 0

    def accept(self, samples: np.ndarray) -> np.ndarray:
        """Take samples `[N]`; give the frames float32 `[n, bands]` that they complete."""
        places = (self._samples + np.arange(len(samples))) % len(_HISS)
        self._samples += len(samples)
        heard = samples.astype(np.float32) * _FULL_SCALE + _HISS[places]
        self._online.accept_waveform(self._bank.rate, heard)
        ready = self._online.num_frames_ready
        frames = np.empty((ready - self._taken, self._bank.bands), np.float32)
        for place, number in enumerate(range(self._taken, ready)):
            frames[place] = self._online.get_frame(number)
        self._online.pop(ready - self._taken)
        self._taken = ready
        return frames


def read_features(path: str | Path) -> np.ndarray:
    """Read features that others computed: float32 `[T, F]` of a `.npy` or a Sphinx `.mfc` file.

    Raises:
        DataError: there is no such file, it is damaged, of another shape, or holds what is not
            finite.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.mfc"
    >>> _ = path.write_bytes(np.array([26], ">i4").tobytes() + np.arange(26, dtype=">f4").tobytes())
    >>> read_features(path)[1, :3]
    array([13., 14., 15.], dtype=float32)
    """
    place = one_line(str(path))
    found = _sphinx(Path(path)) if Path(path).suffix.lower() == ".mfc" else _array(Path(path))
    if not np.isfinite(found).all():
        frame = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
        raise DataError(f"{place}: frame {frame} is not finite; compute the features again")
    return found


def _array(path: Path) -> np.ndarray:
    found = read_npy(path)
    if found.ndim != 2 or not len(found) or not found.shape[1] or found.dtype.kind not in "fiu":
        raise DataError(
            f"{one_line(str(path))}: holds {found.dtype} of the shape {found.shape}; features are "
            "numbers [frames, values]"
        )
    return found.astype(np.float32)


def _sphinx(path: Path) -> np.ndarray:
    """A count of numbers, then the numbers, all of 4 bytes; either end first, as Sphinx takes."""
    place = one_line(str(path))
    with open_raw(path, place) as raw:
        content = b""
        for chunk in raw.chunks():
            content += chunk
            if len(content) > _BLOCK:
                raise DataError(f"{place}: holds more than 1 GiB; divide it")
    for order in (">", "<"):
        if len(content) >= 8 and int(np.frombuffer(content, f"{order}i4", 1)[0]) * 4 == (
            len(content) - 4
        ):
            values = np.frombuffer(content, f"{order}f4", offset=4)
            break
    else:
        raise DataError(
            f"{place}: its count of numbers is not what it holds: cut short, or no Sphinx file; "
            "fetch it again"
        )
    if len(values) % COEFFICIENTS:
        raise DataError(f"{place}: holds {len(values)} numbers, which are no frames of 13")
    return values.reshape(-1, COEFFICIENTS).astype(np.float32)


def with_deltas(frames: np.ndarray, reach: int = 2) -> np.ndarray:
    """Features `[T, F]` with their first and second derivative over time beside: `[T, 3 F]`.

    The slope of a line fitted to `reach` frames on each side, the ends being repeated (the HTK
    Book, 5.9).

    >>> with_deltas(np.arange(9, dtype=np.float32)[:, None])[4]
    array([4., 1., 0.], dtype=float32)
    """
    first = _slope(frames, reach)
    return np.concatenate([frames, first, _slope(first, reach)], axis=1)


def _slope(frames: np.ndarray, reach: int) -> np.ndarray:
    padded = np.pad(frames, ((reach, reach), (0, 0)), mode="edge")
    size, total = len(frames), np.zeros_like(frames)
    for step in range(1, reach + 1):
        total += step * (padded[reach + step :][:size] - padded[reach - step :][:size])
    return total / (2 * sum(step * step for step in range(1, reach + 1)))
