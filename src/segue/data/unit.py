"""`Unit`: what a text is read by. Needs no heavy library."""

from enum import StrEnum


class Unit(StrEnum):
    """What a step of the network is."""

    CHAR = "char"
    """A Unicode code point, after canonical composition (NFC)."""
    WORD = "word"
    """A word or a punctuation mark, after canonical composition (NFC)."""
    PIECE = "piece"
    """A part of a word, learned from the corpus; no text is unknown."""
    BYTE = "byte"
    """A byte of UTF-8; nothing is learned and no text is unknown."""


class Cut(StrEnum):
    """What a text of one of two languages is cut into: a `Unit`, or what stands between blanks."""

    char = "char"
    word = "word"
    token = "token"  # noqa: S105 - what stands between blanks
    piece = "piece"
    byte = "byte"
