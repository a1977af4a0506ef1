"""What words are likely, told to a search over their letters: a lexicon with n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from segue.data.word_ngrams import END, Gram, WordNGrams


class Spelled(NamedTuple):
    """The words so far, as far as n-grams look back, and the letters of the next one."""

    before: Gram
    letters: str
    ahead: float  # what was added for the letters alone


class WordFusion:
    """Adds the logarithms of n-grams of words to a search over units of text.

    While a word is spelled, the best word that begins so counts; when it is complete, its own
    probability does (S. Ortmanns, H. Ney, A. Eiden, "Language-model look-ahead for large vocabulary
    speech recognition", ICSLP 1996).

    Args:
        texts: of the units, by label; "" for those that are never said.
        ngrams: of words.
        weight: of their logarithms.
        bonus: what each word adds, so that few long words are not preferred.
        closed: only words of the n-grams may be said.
        whole: each unit is a word, not a part of a text with blanks.

    >>> from segue.data.word_ngrams import count_words
    >>> from segue.nn.ctc_beam import prefix_beam
    >>> import numpy as np
    >>> fusion = WordFusion(["", "t", "o", "u"], count_words(["to", "to"], 1))
    >>> heard = np.log([[0.05, 0.9, 0.02, 0.03], [0.05, 0.05, 0.4, 0.5]])
    >>> prefix_beam(heard, fusion=fusion)[0].labels                 # "tu" is no word
    (1, 2)
    """

    def __init__(
        self,
        texts: Sequence[str],
        ngrams: WordNGrams,
        *,
        weight: float = 1.0,
        bonus: float = 0.0,
        closed: bool = True,
        whole: bool = False,
    ) -> None:
        self.texts, self.ngrams = texts, ngrams
        self.weight, self.bonus = weight, bonus
        self.closed, self.whole = closed, whole
        self.known = frozenset(ngrams.words)
        self.best: dict[str, float] = {}  # of all words that begin so
        for word in ngrams.words:
            log = ngrams.log_prob((), word)
            for place in range(1, len(word) + 1):
                begun = word[:place]
                self.best[begun] = max(log, self.best.get(begun, log))

    def begin(self) -> Spelled:
        """Nothing was said yet."""
        return Spelled(self.ngrams.begin(), "", 0.0)

    def extend(self, state: Spelled, label: int) -> tuple[float, Spelled] | None:
        """What a unit adds, and the state behind it; None where no word goes on so."""
        text = self.texts[label]
        if not text:
            return None
        added = 0.0
        for letter in text:
            step = self._complete(state) if letter.isspace() else self._spell(state, letter)
            if step is None:
                return None
            added, state = added + step[0], step[1]
        if self.whole:
            last = self._complete(state)
            return None if last is None else (added + last[0], last[1])
        return added, state

    def end(self, state: Spelled) -> float | None:
        """What the end of the text adds; None within a word that is none."""
        last = self._complete(state)
        if last is None:
            return None
        return last[0] + self.weight * self.ngrams.log_prob(last[1].before, END)

    def _spell(self, state: Spelled, letter: str) -> tuple[float, Spelled] | None:
        letters = state.letters + letter
        log = self.best.get(letters)
        if log is None:
            if self.closed:
                return None
            log = self.ngrams.unknown
        ahead = self.weight * log
        return ahead - state.ahead, Spelled(state.before, letters, ahead)

    def _complete(self, state: Spelled) -> tuple[float, Spelled] | None:
        if not state.letters:
            return 0.0, state
        if self.closed and state.letters not in self.known:
            return None
        own = self.weight * self.ngrams.log_prob(state.before, state.letters) + self.bonus
        after = self.ngrams.after(state.before, state.letters)
        return own - state.ahead, Spelled(after, "", 0.0)
