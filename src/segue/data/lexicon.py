"""Words by number and by their letters: what a model of words reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from segue.data.ragged import Ragged
from segue.data.unit import Unit
from segue.data.units import Split, Vocabulary, VocabularySettings
from segue.data.vocabulary import encode_all, fit_vocabulary, vocabulary_from_state
from segue.errors import RunError

_ENDS = 16  # letters that are read from either end of a longer word
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Words:
    """W different words as a model reads them.

    Attributes:
        ids: int64 `[W]`, by number; 1 for an unknown word.
        characters: the numbers of the letters of each, `[L]`; 1 for an unknown letter.
        vectors: int64 `[W]`, the row of each in a table of pretrained vectors; 0 for none.
    """

    ids: np.ndarray
    characters: Ragged
    vectors: np.ndarray


@dataclass(frozen=True)
class Lexicon:
    """The words that a model knows by number, and the letters by which it reads all of them.

    Attributes:
        words: those that are known.
        characters: the letters that are.
        pretrained: the words of a table of pretrained vectors, whose row 0 is for all others.

    >>> lexicon = Lexicon.fit(["Rome", "rome", "in", "1987", "1988"], lower=True)
    >>> found = lexicon.encode(["ROME", "2001", "Paris"])
    >>> found.ids.tolist(), found.characters.lengths.tolist()
    ([3, 2, 1], [4, 4, 5])
    """

    words: Vocabulary
    characters: Vocabulary
    pretrained: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        tokens: Iterable[str],
        *,
        lower: bool,
        size: int | None = None,
        min_count: int = 2,
        pretrained: tuple[str, ...] = (),
    ) -> Lexicon:
        """Learn from tokens, each of which is a word as a whole. All digits count as one.

        Args:
            tokens: of the training.
            lower: whether a word is known whatever its capitals; letters keep them.
            size: most words; None takes 50,000.
            min_count: a rarer word is unknown, which the model learns from.
            pretrained: words that have vectors.

        Raises:
            DataError: no word appears so often.
        """
        every = list(tokens)
        asked = VocabularySettings(lower=lower, split=Split.NONE, size=size, min_count=min_count)
        letters = VocabularySettings(unit=Unit.CHAR)
        return cls(
            fit_vocabulary(map(_plain, every), asked),
            fit_vocabulary(map(_ends, every), letters),
            pretrained,
        )

    def encode(self, words: Sequence[str]) -> Words:
        """The numbers of words and of their letters."""
        ids = encode_all(self.words, map(_plain, words)).values.astype(np.int64)
        row = self._rows.get
        vectors = (row(word) or row(word.lower(), 0) for word in words)
        return Words(
            ids,
            encode_all(self.characters, map(_ends, words)),
            np.fromiter(vectors, np.int64, len(words)),
        )

    @cached_property
    def _rows(self) -> dict[str, int]:
        """The row of each word that has a vector."""
        return {word: row for row, word in enumerate(self.pretrained, start=1)}

    def state(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "words": self.words.state(),
            "characters": self.characters.state(),
            "pretrained": list(self.pretrained),
        }

    @classmethod
    def from_state(cls, state: object) -> Lexicon:
        """The lexicon whose `state()` this is; nothing in it is trusted.

        Raises:
            RunError: it is none.
        """
        names = {"words", "characters", "pretrained"}
        if not isinstance(state, dict) or state.keys() != names:
            raise RunError("lexicon: is damaged; train again")
        pretrained = state["pretrained"]
        if not isinstance(pretrained, list) or not all(isinstance(w, str) for w in pretrained):
            raise RunError("lexicon: its words with vectors are damaged; train again")
        words, characters = (vocabulary_from_state(state[n]) for n in ("words", "characters"))
        kinds = [(v.settings.unit, v.settings.ends) for v in (words, characters)]
        if kinds != [(Unit.WORD, False), (Unit.CHAR, False)] or words.settings.split != Split.NONE:
            raise RunError("lexicon: is none of words and letters; train again")
        return cls(words, characters, tuple(pretrained))


def _plain(word: str) -> str:
    return _DIGIT.sub("0", word)


def _ends(word: str) -> str:
    return word if len(word) <= 2 * _ENDS else word[:_ENDS] + word[-_ENDS:]
