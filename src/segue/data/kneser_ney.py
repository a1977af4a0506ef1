"""N-grams with modified Kneser-Ney smoothing: what a language model is measured against."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ORDER = 5
_FIXED = np.array([0.0, 0.5, 0.75, 0.9])  # discounts
MOST = 5_000_000  # tokens that are counted: the last ones of a longer text


class _Level(NamedTuple):
    """The n-grams of one length, sorted by key.

    Attributes:
        keys: `[M]`, the number of the n-gram's beginning times V, and its last token.
        discounted: `[M]`, the count less its discount.
        total: `[P]`, the counts of all n-grams with one beginning, by number.
        back: `[P]`, what the discounts of that beginning add up to.
    """

    keys: NDArray[np.int64]
    discounted: NDArray[np.float64]
    total: NDArray[np.float64]
    back: NDArray[np.float64]


class KneserNey:
    """Interpolated n-grams with three discounts.

    S. F. Chen, J. Goodman, "An empirical study of smoothing techniques for language modeling",
    1998. Counts of n-grams below the longest are the numbers of different tokens before them. The
    shortest are interpolated with the uniform distribution.

    Args:
        tokens: `[N]`, ids from 0 to `size - 1`.
        size: V.
        order: tokens of the longest n-grams.

    >>> model = KneserNey(np.array([0, 1, 0, 1, 0, 2]), size=3, order=2)
    >>> seen = model.log_probs(np.array([0, 1]), np.array([1]))
    >>> all_three = [model.log_probs(np.array([0, token]), np.array([1]))[0] for token in range(3)]
    >>> bool(seen[0] > -1), round(float(np.exp(all_three).sum()), 12)
    (True, 1.0)
    """

    def __init__(self, tokens: NDArray[np.integer], size: int, order: int = ORDER) -> None:
        last: NDArray[np.int64] = np.asarray(tokens[-MOST:], np.int64)
        self.size = size
        self.order = max(1, min(order, len(last)))
        self.levels: list[_Level] = []
        numbers, uniques = _numbered(last, size, self.order)
        for length in range(1, self.order + 1):
            keys, _, counts = uniques[length - 1]
            if length < self.order:  # how many different tokens come before each
                suffix = numbers[length - 1][uniques[length][1] + 1]
                counts = np.bincount(suffix, minlength=len(keys))
            beginnings = 1 if length == 1 else len(uniques[length - 2][0])
            self.levels.append(_level(keys, counts, size, beginnings))

    def log_probs(
        self, tokens: NDArray[np.integer], places: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """Natural logarithms of the probability of the token at each place, after those before it.

        Args:
            tokens: `[N]`.
            places: `[n]`, in `tokens`.
        """
        every: NDArray[np.int64] = np.asarray(tokens, np.int64)
        words = every[places]
        found = np.full(len(places), 1 / self.size)
        # The number of the n-gram that ends just before each place; -1 where it was never seen.
        beginning = np.zeros(len(places), np.int64)
        for length, level in enumerate(self.levels, start=1):
            if length > 1:
                beginning = self._context(every, places, length - 1)
            known = beginning >= 0
            begun = np.where(known, beginning, 0)
            row = _find(level.keys, begun * self.size + words)
            seen = known & (row >= 0)
            top = np.where(seen, level.discounted[row], 0.0)
            total = level.total[begun]
            deeper = known & (total > 0)
            safe = np.where(deeper, total, 1.0)
            found = np.where(deeper, (top + level.back[begun] * found) / safe, found)
        logs: NDArray[np.float64] = np.log(found)
        return logs

    def _context(
        self, tokens: NDArray[np.int64], places: NDArray[np.integer], length: int
    ) -> NDArray[np.int64]:
        """The numbers of the n-grams of `length` before the places; -1 for those never seen."""
        enough = places >= length
        number = np.zeros(len(places), np.int64)
        for back in range(length, 0, -1):
            word = tokens[np.where(enough, places - back, 0)]
            keys = self.levels[length - back].keys
            row = _find(keys, number * self.size + word)
            number = np.where(enough & (number >= 0), row, -1)
            enough = enough & (number >= 0)
            number = np.where(enough, number, -1)
        return number


def _numbered(
    tokens: NDArray[np.int64], size: int, order: int
) -> tuple[
    list[NDArray[np.int32]],
    list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]],
]:
    """Of each length: the number of the n-gram that begins at each place; keys, first place, count.

    An n-gram's key is the number of all but its last token, times V, plus that token.
    """
    numbers: list[NDArray[np.int32]] = []
    uniques = []
    number = np.zeros(len(tokens), np.int64)
    for length in range(1, order + 1):
        last = tokens[length - 1 :]
        keys, first, number, counts = np.unique(
            number[: len(last)] * size + last,
            return_index=True, return_inverse=True, return_counts=True,
        )  # fmt: skip
        numbers.append(number.astype(np.int32))  # a number is below MOST
        uniques.append((keys, first, counts))
    return numbers, uniques


def _level(
    keys: NDArray[np.int64], counts: NDArray[np.int64], size: int, beginnings: int
) -> _Level:
    discounts = _discounts(counts)
    taken = discounts[np.minimum(counts, 3)]
    begun = keys // size
    total = np.bincount(begun, weights=counts, minlength=beginnings).astype(np.float64)
    back = np.bincount(begun, weights=taken, minlength=beginnings).astype(np.float64)
    return _Level(keys, counts - taken, total, back)


def _discounts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is taken from counts of 0, 1, 2, and 3 or more; equations 26 of Chen and Goodman.

    Where n-grams are too few, or too much alike, for estimates above 0, fixed ones stand in: with a
    discount of 0 what was never seen would be impossible.
    """
    of = np.bincount(np.minimum(counts, 5), minlength=6).astype(np.float64)[1:5]
    if (of == 0).any():
        return _FIXED
    share = of[0] / (of[0] + 2 * of[1])
    found = np.array([k - (k + 1) * share * of[k] / of[k - 1] for k in (1, 2, 3)])
    return np.array([0.0, *found]) if (found > 0).all() else _FIXED


def _find(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of each key; -1 where there is none."""
    row = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[row] == wanted, row, -1)
