"""Distances between series, for many pairs at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Series = Sequence[NDArray[np.floating]]
"""Series `[T, C]`, each with its own T."""

_BLOCK = 2_000_000  # pairs x steps that are worked on at once


class Padded(NamedTuple):
    """n series side by side: `steps` `[T, C, n]`, zeros behind their `lengths` `[n]`."""

    steps: NDArray[np.float64]
    lengths: NDArray[np.int64]


def dtw(left: Series, right: Series, band: int) -> NDArray[np.float64]:
    """Dynamic time warping distances `[n, m]` between all of `left` and all of `right`.

    The root of the least sum of squared differences over all ways to align two series, all channels
    warped alike (M. Shokoohi-Yekta et al., "Generalizing DTW to the multi-dimensional case requires
    an adaptive approach", Data Mining and Knowledge Discovery 31, 2017, "dependent"). Steps are
    aligned that are at most `band` apart (H. Sakoe, S. Chiba, 1978); for two series whose lengths
    differ by more, at most that difference.

    Example:
        >>> a, b = np.array([[0.0], [1.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [2.0], [2.0]])
        >>> dtw([a], [b], band=1), dtw([a], [b], band=0)
        (array([[0.]]), array([[1.]]))
    """
    found = np.empty((len(left), len(right)))
    steps = max(len(x) for x in (*left, *right))
    rows = max(1, _BLOCK // (steps * len(right)))
    other = _pad(right)
    for start in range(0, len(left), rows):
        found[start : start + rows] = _dtw_block(_pad(left[start : start + rows]), other, band)
    return found


def dtw_cells(left: Series, right: Series, band: int) -> int:
    """How many cells `dtw` computes, about, times the channels: its cost."""
    steps = max(len(x) for x in (*left, *right))
    channels: int = left[0].shape[1]
    return len(left) * len(right) * steps * min(2 * band + 1, steps) * channels


def euclid(left: Series, right: Series) -> NDArray[np.float64]:
    """Euclidean distances `[n, m]` between series that are stretched to one length, the longest's.

    Example:
        >>> euclid([np.array([[0.0], [2.0]])], [np.array([[0.0], [1.0], [5.0]])])
        array([[3.]])
    """
    steps = max(len(x) for x in (*left, *right))
    a, b = _stretch(left, steps), _stretch(right, steps)
    square: NDArray[np.float64] = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * (a @ b.T)
    return np.asarray(np.sqrt(np.maximum(square, 0)))


def _dtw_block(left: Padded, right: Padded, band: int) -> NDArray[np.float64]:
    """Distances `[n, m]`, one antidiagonal of all alignments after the other."""
    a, b = left.steps[..., None], right.steps[:, :, None]  # [T, C, n, 1], [S, C, 1, m]
    sizes = left.lengths[:, None] + right.lengths
    width = np.maximum(band, np.abs(left.lengths[:, None] - right.lengths))  # [n, m]
    reach = int(width.max())
    rows, columns = len(a), len(b)
    shape = (rows + 1, *sizes.shape)
    before, last = np.full(shape, np.inf), np.full(shape, np.inf)  # row i is kept at i + 1
    before[0] = 0.0  # the corner, from which every alignment starts
    found = np.empty(sizes.shape)
    for diagonal in range(rows + columns - 1):
        now = np.full(shape, np.inf)
        low = max(0, diagonal - columns + 1, -(-(diagonal - reach) // 2))
        high = min(rows - 1, diagonal, (diagonal + reach) // 2)
        if low <= high:
            i = np.arange(low, high + 1)
            cost = ((a[i] - b[diagonal - i]) ** 2).sum(1)
            cost[np.abs(2 * i - diagonal)[:, None, None] > width] = np.inf
            least = np.minimum(np.minimum(last[i], last[i + 1]), before[i])
            now[i + 1] = cost + least
        ends = np.nonzero(sizes - 2 == diagonal)
        found[ends] = now[(left.lengths[ends[0]], *ends)]
        before, last = last, now
        if diagonal == 0:
            before[0] = np.inf
    return np.sqrt(found)


def _pad(series: Series) -> Padded:
    lengths = np.array([len(x) for x in series], dtype=np.int64)
    steps = np.zeros((int(lengths.max()), series[0].shape[1], len(series)))
    for number, x in enumerate(series):
        steps[: len(x), :, number] = x
    return Padded(steps, lengths)


def _stretch(series: Series, steps: int) -> NDArray[np.float64]:
    """Series `[n, steps * C]`, interpolated linearly to so many steps."""
    found = np.empty((len(series), steps, series[0].shape[1]))
    for number, x in enumerate(series):
        place = np.linspace(0, len(x) - 1, steps)
        for channel, values in enumerate(x.T):
            found[number, :, channel] = np.interp(place, np.arange(len(x)), values)
    return found.reshape(len(series), -1)
