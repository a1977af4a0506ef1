"""Units that come one by one, as text."""

from __future__ import annotations

from segue.data.unit import Unit
from segue.data.units import Vocabulary

_NEWEST = 8  # units that may be the parts of one character, or more than enough


class Speaker:
    """Units as text, as soon as they are whole characters.

    >>> from segue.data.vocabulary import VocabularySettings, fit_vocabulary
    >>> speaker = Speaker(fit_vocabulary([], VocabularySettings(unit="byte")))
    >>> [speaker.say(byte + 2) for byte in "é".encode()]
    ['', 'é']
    """

    def __init__(self, vocabulary: Vocabulary, *, begun: bool = False) -> None:
        self.vocabulary = vocabulary
        self.between = vocabulary.settings.unit is Unit.WORD
        self.begun = begun  # whether a word stands before on this line
        self.waiting: list[int] = []

    def say(self, token: int) -> str:
        """The text that a unit completes; nothing while a character is not whole."""
        if token == self.vocabulary.eos:
            self.begun = False
            return "\n"
        if self.between:
            word = self.vocabulary.decode([token])
            blank, self.begun = (" " if self.begun else ""), True
            return blank + word
        self.waiting.append(token)
        text = self.vocabulary.decode(self.waiting)
        if text.endswith("\ufffd") and len(self.waiting) < _NEWEST:
            return ""
        self.waiting = []
        return text

    def rest(self) -> str:
        """What is left, whole or not."""
        text = self.vocabulary.decode(self.waiting)
        self.waiting = []
        return text
