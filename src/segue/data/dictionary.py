"""What costs nothing: the source as it is, and a dictionary from co-occurrence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from segue.data.bilingual import simple_units
from segue.data.unit import Cut

_CELLS = 20_000_000  # pairs of words that stand in one pair of texts, at most
_ROUNDS = 5
_WORDS = 200_000  # of a dictionary


@dataclass(frozen=True)
class Dictionary:
    """The likeliest translation of each word alone.

    Attributes:
        words: from a word to its translation.
        source: what sources are cut into.
        target: what translations are joined of.
    """

    words: dict[str, str]
    source: Cut
    target: Cut

    def translate(self, text: str) -> str:
        """Word for word; a word that it does not hold stays."""
        between = "" if self.target is Cut.char else " "
        return between.join(self.words.get(word, word) for word in simple_units(self.source)(text))


def learn_dictionary(
    sources: Sequence[str], targets: Sequence[str], cuts: tuple[Cut, Cut]
) -> Dictionary:
    """IBM model 1 by expectation maximisation, with an empty word among the sources.

    P. Brown et al., "The mathematics of statistical machine translation", Computational
    Linguistics 1993. It takes the first pairs whose words make 20,000,000 combinations.

    >>> found = learn_dictionary(["das Haus", "das Buch", "ein Buch"],
    ...                          ["the house", "the book", "a book"], (Cut.word, Cut.word))
    >>> found.translate("ein Haus"), found.translate("das Schiff")
    ('a house', 'the Schiff')
    """
    left, right = (
        list(map(simple_units(cut), texts))
        for cut, texts in zip(cuts, (sources, targets), strict=True)
    )
    cells = np.cumsum([(len(a) + 1) * len(b) for a, b in zip(left, right, strict=True)])
    most = max(1, int(np.searchsorted(cells, _CELLS, side="right")))
    left, right = left[:most], right[:most]
    from_, of_source = _numbered(left, first=1)
    to, of_target = _numbered(right, first=0)
    pair, place, start = _cells(from_, to, len(of_target))
    chance = _expected(pair, place, start, len(of_target))
    best: dict[int, tuple[float, int]] = {}
    source, target = np.divmod(pair.unique, len(of_target))
    order = np.lexsort((target, -chance, source))
    firsts = order[np.unique(source[order], return_index=True)[1]]
    best = {int(source[i]): (float(chance[i]), int(target[i])) for i in firsts}
    kept = sorted(k for k in best if k > 0)[:_WORDS]
    return Dictionary({of_source[k - 1]: of_target[best[k][1]] for k in kept}, *cuts)


@dataclass(frozen=True)
class _Occurring:
    """Combinations of a source and a target word: the different ones, and where each occurs."""

    unique: NDArray[np.int64]
    index: NDArray[np.int64]


def _numbered(texts: list[list[str]], first: int) -> tuple[list[NDArray[np.int64]], list[str]]:
    """Words by number, from `first` in the order of their first occurrence."""
    names: dict[str, int] = {}
    for word in chain.from_iterable(texts):
        names.setdefault(word, first + len(names))
    return [np.array([names[word] for word in text], np.int64) for text in texts], list(names)


def _cells(
    sources: list[NDArray[np.int64]], targets: list[NDArray[np.int64]], words: int
) -> tuple[_Occurring, NDArray[np.int64], int]:
    """Every combination within a pair of texts, and which target word in the corpus it is of."""
    codes, places, start = [], [], 0
    for a, b in zip(sources, targets, strict=True):
        with_empty = np.concatenate([[0], a])
        codes.append((with_empty[:, None] * words + b).ravel())
        places.append(np.tile(np.arange(start, start + len(b)), len(with_empty)))
        start += len(b)
    unique, index = np.unique(np.concatenate(codes), return_inverse=True)
    return _Occurring(unique, index), np.concatenate(places), start


def _expected(
    pair: _Occurring, place: NDArray[np.int64], places: int, words: int
) -> NDArray[np.float64]:
    """Chance of the target word given the source word, of each different combination."""
    source = pair.unique // words
    chance = np.ones(len(pair.unique))
    for _ in range(_ROUNDS):
        each = chance[pair.index]
        total = np.bincount(place, each, places)
        counts = np.bincount(pair.index, each / total[place], len(chance))
        chance = counts / np.bincount(source, counts)[source]
    return chance
