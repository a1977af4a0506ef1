"""Fewer points that draw the same picture: no peak and no gap is lost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue.insight.scales import Floats

Indices = NDArray[np.int64]


def extremes(values: Floats, buckets: int) -> Indices:
    """The points that a line needs: of each bucket the smallest, the largest and the first gap.

    Where there are no more than two points to a bucket, all of them.

    Args:
        values: `[T]`; what is not finite is a gap.
        buckets: how many parts of equal length the values are cut into.

    Example:
        >>> extremes(np.array([0.0, 9.0, 1.0, 2.0, -9.0, 2.0, 3.0, 4.0]), buckets=2)
        array([0, 1, 4, 7])
    """
    total = len(values)
    if total <= 2 * buckets:
        return np.arange(total)
    rows, finite = _rows(values, buckets)
    offset = np.arange(len(rows)) * rows.shape[1]
    some = finite.any(axis=1)
    low = np.where(finite, rows, np.inf).argmin(axis=1)
    high = np.where(finite, rows, -np.inf).argmax(axis=1)
    gap = (~finite).argmax(axis=1)
    picks = np.concatenate(
        [(offset + low)[some], (offset + high)[some], (offset + gap)[~finite.all(axis=1)], [0]]
    )
    picks = np.append(picks, total - 1)
    return np.unique(picks[picks < total])


@dataclass(frozen=True)
class Envelope:
    """Buckets of `size` points each: where they lie, and their smallest, middle and largest value.

    Arrays are `[buckets]`; a bucket with no finite value is NaN.
    """

    x: Floats
    low: Floats
    middle: Floats
    high: Floats
    size: int


def envelope(x: Floats, values: Floats, buckets: int) -> Envelope:
    """Cut `[T]` values into buckets and keep the range and the median of each.

    Example:
        >>> envelope(np.arange(4.0), np.array([1.0, 3.0, 5.0, 9.0]), buckets=2)
        Envelope(x=array([0.5, 2.5]), low=array([1., 5.]), middle=array([2., 7.]), \
high=array([3., 9.]), size=2)
    """
    rows, finite = _rows(values, buckets)
    size = rows.shape[1]
    places = np.append(x, np.full(rows.size - len(x), np.nan)).reshape(rows.shape)
    some = finite.any(axis=1)
    # Sort what is finite to the front: the median is then a matter of counting.
    ordered = np.sort(np.where(finite, rows, np.inf), axis=1)
    count = finite.sum(axis=1)
    index = np.arange(len(rows))
    below, above = np.maximum(count - 1, 0) // 2, count // 2
    above = np.minimum(above, np.maximum(count - 1, 0))
    parts = (
        ordered[:, 0],
        ordered[index, below] / 2 + ordered[index, above] / 2,
        ordered[index, np.maximum(count - 1, 0)],
    )
    low, middle, high = (np.where(some, part, np.nan) for part in parts)
    return Envelope(np.nanmean(places, axis=1), low, middle, high, size)


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of True as (first, last), both inclusive.

    >>> runs(np.array([True, True, False, True]))
    [(0, 1), (3, 3)]
    """
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    first, after = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(a), int(b) - 1) for a, b in zip(first, after, strict=True)]


def _rows(values: Floats, buckets: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Values as `[buckets, size]`, the last row filled up with NaN, and which are finite."""
    size = max(1, -(-len(values) // buckets))
    count = max(1, -(-len(values) // size))
    padded = np.append(values, np.full(count * size - len(values), np.nan))
    rows = padded.reshape(count, size)
    return rows, np.isfinite(rows)
