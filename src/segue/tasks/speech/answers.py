"""From the probabilities of units at each step to texts, words with times, and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.data.audio.features import SHIFT
from segue.data.unit import Unit
from segue.data.units import UNKNOWN, Vocabulary
from segue.nn.ctc import Aligned, align, single_labels

Probabilities = NDArray[np.floating]
_DIGITS = 3


@dataclass(frozen=True)
class Emission:
    """What a network says of T steps.

    Attributes:
        shares: log probabilities `[T, K]` of the units.
        heard: `[T, W]`, what a transducer reads; None where there is none.
    """

    shares: Probabilities
    heard: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.shares)

    def part(self, first: int, last: int) -> Emission:
        """The steps from `first` on, before `last`."""
        heard = None if self.heard is None else self.heard[first:last]
        return Emission(self.shares[first:last], heard)

    @classmethod
    def joined(cls, parts: Sequence[Emission]) -> Emission:
        """Steps one behind the other."""
        heard = [part.heard for part in parts if part.heard is not None]
        return cls(
            np.concatenate([part.shares for part in parts]),
            np.concatenate(heard) if heard else None,
        )


class Word(NamedTuple):
    """A word with its time in seconds, and the geometric mean of its units' probabilities."""

    word: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class Answer:
    """What is heard in a recording."""

    text: str
    words: tuple[Word, ...]
    confidence: float

    def row(self) -> dict[str, Any]:
        """As JSON holds it."""
        words = [
            {
                "word": one.word,
                "start": round(one.start, _DIGITS),
                "end": round(one.end, _DIGITS),
                "confidence": round(one.confidence, _DIGITS),
            }
            for one in self.words
        ]
        return {"text": self.text, "confidence": round(self.confidence, _DIGITS), "words": words}


@dataclass(frozen=True)
class Speller:
    """Units as text, and where they lie in time.

    Attributes:
        vocabulary: of the units.
        step: seconds of a step.
    """

    vocabulary: Vocabulary
    step: float

    @classmethod
    def of(cls, vocabulary: Vocabulary, stride: int) -> Speller:
        """For steps of `stride` frames."""
        return cls(vocabulary, SHIFT * stride)

    def text(self, labels: Sequence[int]) -> str:
        """The text of units."""
        return " ".join(self.vocabulary.decode(labels).split())

    def answer(self, log_probs: Probabilities, labels: Sequence[int], first: int = 0) -> Answer:
        """What units say, with the words' times; `first` is the number of the first step."""
        return self.told(align(log_probs, np.array(labels, np.int64)) if labels else [], first)

    def told(self, lie: Sequence[Aligned], first: int = 0) -> Answer:
        """What units say that lie at known steps."""
        labels = [one.label for one in lie]
        words = tuple(self._word(group, first) for group in self._groups(lie))
        sure = np.log([max(one.confidence, 1e-9) for one in lie]).mean() if lie else 0.0
        return Answer(self.text(labels), words, float(np.exp(sure)))

    def _groups(self, lie: Sequence[Aligned]) -> list[list[Aligned]]:
        """The units of each word."""
        whole = self.vocabulary.settings.unit is Unit.WORD
        found: list[list[Aligned]] = []
        begins = True
        for one in lie:
            written = self.vocabulary.decode([one.label])
            begins = begins or whole or written[:1].isspace()
            if not written.strip():
                begins = True
                continue
            if begins:
                found.append([])
            found[-1].append(one)
            begins = written[-1:].isspace()
        return found

    def _word(self, group: Sequence[Aligned], first: int) -> Word:
        sure = np.log([max(one.confidence, 1e-9) for one in group]).mean()
        return Word(
            self.text([one.label for one in group]),
            (first + group[0].first) * self.step,
            (first + group[-1].last + 1) * self.step,
            float(np.exp(sure)),
        )


def without_unknown(log_probs: Probabilities) -> Probabilities:
    """Log probabilities in which what is unknown is never said."""
    found = log_probs.copy()
    found[:, UNKNOWN] = -np.inf
    return found


def name_shares(log_probs: Sequence[Probabilities]) -> NDArray[np.float64]:
    """Of recordings that say one name: the probability of each, `[n, K]`; blank and unknown 0."""
    found = np.stack([single_labels(without_unknown(each)) for each in log_probs])
    found = np.exp(found - found.max(1, keepdims=True))
    shares: NDArray[np.float64] = found / found.sum(1, keepdims=True)
    return shares


def name_row(speller: Speller, shares: Probabilities) -> dict[str, Any]:
    """The likeliest of a few names, as JSON holds it."""
    told = name_shares([shares])[0]
    best = int(told.argmax())
    answer = speller.answer(shares, [best])
    return {
        "text": answer.text,
        "probability": round(float(told[best]), 4),
        "start": round(answer.words[0].start, 3),
        "end": round(answer.words[0].end, 3),
    }
