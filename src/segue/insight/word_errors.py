"""How far recognised texts are from what was said: word and character error rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Errors:
    """The edits that turn what was said into what was recognised, by utterance.

    Attributes:
        substitutions: int `[n]`.
        deletions: int `[n]`.
        insertions: int `[n]`.
        said: int `[n]`, words or characters of the reference.
        confused: how often each unit was taken for another; "" stands for none.
    """

    substitutions: NDArray[np.int64]
    deletions: NDArray[np.int64]
    insertions: NDArray[np.int64]
    said: NDArray[np.int64]
    confused: Counter[tuple[str, str]]

    @property
    def edits(self) -> NDArray[np.int64]:
        """Int `[n]`, all of them."""
        found: NDArray[np.int64] = self.substitutions + self.deletions + self.insertions
        return found

    @property
    def rate(self) -> float:
        """Edits for each unit that was said; above 1 where much is inserted."""
        return float(self.edits.sum() / max(int(self.said.sum()), 1))

    def interval(self, seed: int = 0, draws: int = 1000) -> tuple[float, float]:
        """The 95% interval of the rate, by bootstrap over utterances.

        M. Bisani, H. Ney, "Bootstrap estimates for confidence intervals in ASR performance
        evaluation", ICASSP 2004.
        """
        count = len(self.said)
        generator = np.random.default_rng(seed)
        rates = np.empty(draws)
        for draw in range(draws):
            rows = generator.integers(0, count, count)
            rates[draw] = self.edits[rows].sum() / max(int(self.said[rows].sum()), 1)
        low, high = np.quantile(rates, [0.025, 0.975])
        return float(low), float(high)


def word_errors(said: Sequence[str], heard: Sequence[str]) -> Errors:
    """The errors by word; words end at blanks.

    >>> found = word_errors(["turn the light on", "stop"], ["turn light of", "stop"])
    >>> found.rate, found.confused.most_common(2)
    (0.4, [(('the', ''), 1), (('on', 'of'), 1)])
    """
    return _errors([text.split() for text in said], [text.split() for text in heard])


def character_errors(said: Sequence[str], heard: Sequence[str]) -> Errors:
    """The errors by character, blanks between words included."""
    return _errors([list(text) for text in said], [list(text) for text in heard])


def _errors(said: Sequence[list[str]], heard: Sequence[list[str]]) -> Errors:
    from rapidfuzz.distance import Levenshtein

    counts = np.zeros((len(said), 3), np.int64)
    kinds = {"replace": 0, "delete": 1, "insert": 2}
    confused: Counter[tuple[str, str]] = Counter()
    for row, (reference, found) in enumerate(zip(said, heard, strict=True)):
        for edit in Levenshtein.editops(reference, found):
            counts[row, kinds[edit.tag]] += 1
            wanted = "" if edit.tag == "insert" else reference[edit.src_pos]
            confused[wanted, "" if edit.tag == "delete" else found[edit.dest_pos]] += 1
    lengths = np.array([len(reference) for reference in said], np.int64)
    return Errors(counts[:, 0], counts[:, 1], counts[:, 2], lengths, confused)
