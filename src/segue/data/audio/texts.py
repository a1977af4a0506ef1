"""What was said, written alike: capitals, punctuation, blanks; and letters that do not belong."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_APOSTROPHES = "'\u2019"
_FOREIGN = 0.02  # share of the letters, below which a script is no part of the language


@dataclass(frozen=True)
class Writing:
    """How transcripts are brought to one form before they are learned or compared.

    Attributes:
        keep_case: capital letters stay.
        keep_punctuation: marks stay.

    >>> Writing().of("Turn  LEFT, don\u2019t stop!")
    "turn left don't stop"
    >>> Writing(keep_case=True, keep_punctuation=True).of("Stop! ")
    'Stop!'
    """

    keep_case: bool = False
    keep_punctuation: bool = False

    def of(self, text: str) -> str:
        """The text in that form."""
        text = unicodedata.normalize("NFC", text)
        if not self.keep_case:
            text = text.lower()
        if not self.keep_punctuation:
            text = "".join(_mark(text, place) for place in range(len(text)))
        return " ".join(text.split())

    def __str__(self) -> str:
        parts = [] if self.keep_case else ["in small letters"]
        if not self.keep_punctuation:
            parts.append("without punctuation, but with apostrophes within words")
        return ", ".join([*parts, "one blank between words, Unicode NFC"])


def _mark(text: str, place: int) -> str:
    """A character of a text; a mark becomes a blank."""
    character = text[place]
    if character in _APOSTROPHES:
        inside = text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalnum()
        return "'" if inside else " "
    return " " if unicodedata.category(character)[0] in "PS" else character


class Scripts:
    """Which scripts texts are written in, and which letters are slips of another.

    A script is foreign where it has fewer than 2% of all letters: a Cyrillic letter that looks like
    a Latin one would be a unit of its own.

    >>> scripts = Scripts(["turn left and stop there"] * 9 + ["st\u043ep"])
    >>> scripts.foreign("st\u043ep") == "\u043e"
    True
    """

    def __init__(self, texts: Iterable[str]) -> None:
        counts = Counter(_script(letter) for text in texts for letter in text if letter.isalpha())
        least = _FOREIGN * counts.total()
        self.known = frozenset(name for name, number in counts.items() if number >= least)

    def foreign(self, text: str) -> str | None:
        """The first letter of another script; None where there is none."""
        letters = (letter for letter in text if letter.isalpha())
        return next((letter for letter in letters if _script(letter) not in self.known), None)


def _script(letter: str) -> str:
    """The first word of a letter's name, which is its script."""
    return unicodedata.name(letter, "").partition(" ")[0]
