"""What text is cut into: characters, words, pieces or bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from segue.data.unit import Cut, Unit

PAD, UNKNOWN, BOS, EOS = 0, 1, 2, 3
SPECIAL = ("<pad>", "<unk>", "<bos>", "<eos>")

LARGEST_VOCABULARY = 1_000_000
LONGEST_TOKEN = 256  # characters; a longer word is unknown


class Split(StrEnum):
    """Where words end."""

    UNICODE = "unicode"
    """Word boundaries of Unicode Standard Annex 29; blanks are left out."""
    SPACE = "space"
    """Blanks alone, for text that is tokenised already."""
    NONE = "none"
    """Nowhere: the whole text is one word."""


class PieceModel(StrEnum):
    """How pieces are learned."""

    BPE = "bpe"
    """Byte pair encoding (Sennrich et al. 2016) over bytes (Radford et al. 2019)."""
    UNIGRAM = "unigram"
    """Unigram language model (Kudo 2018) over bytes. Its library adds in an order of its own, so
    two fits on one text may differ a little; byte pair encoding does not."""


class VocabularySettings(BaseModel):
    """How a vocabulary is made.

    Attributes:
        unit: what text is cut into.
        lower: whether letters are lower-cased first.
        split: where words end; only for words.
        pieces: how pieces are learned; only for pieces.
        size: most tokens, without the special ones; None takes 50,000 words, 10,000 characters,
            8,000 pieces. The 256 bytes are always there for pieces and bytes.
        min_count: a rarer word or character is unknown.
        ends: whether there are tokens for the beginning and the end of a text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Unit = Unit.WORD
    lower: bool = False
    split: Split = Split.UNICODE
    pieces: PieceModel = PieceModel.BPE
    size: Annotated[int, Field(ge=1, le=LARGEST_VOCABULARY)] | None = None
    min_count: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    ends: bool = False

    @property
    def special(self) -> tuple[str, ...]:
        """The names of the special ids, which come first."""
        return SPECIAL if self.ends else SPECIAL[:2]


def settings_of(
    cut: Cut, *, lower: bool, size: int | None, ends: bool, pieces: PieceModel = PieceModel.BPE
) -> VocabularySettings:
    """How a vocabulary of these units is made; a word that appears once is unknown.

    >>> settings_of(Cut.token, lower=False, size=None, ends=True).split
    <Split.SPACE: 'space'>
    """
    return VocabularySettings(
        unit=Unit.WORD if cut in (Cut.word, Cut.token) else Unit(cut.value),
        split=Split.SPACE if cut is Cut.token else Split.UNICODE,
        pieces=pieces,
        lower=lower,
        size=size,
        min_count=2 if cut is Cut.word else 1,
        ends=ends,
    )


class Vocabulary(Protocol):
    """Text to ids and back; it never changes. Id 0 is padding, 1 an unknown token."""

    @property
    def settings(self) -> VocabularySettings:
        """How it was made."""
        ...

    @property
    def size(self) -> int:
        """The number of ids, special ones included."""
        ...

    @property
    def bos(self) -> int | None:
        """The id that begins a text; None without `settings.ends`."""
        ...

    @property
    def eos(self) -> int | None:
        """The id that ends a text; None without `settings.ends`."""
        ...

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of `text`, int32 `[t]`, without `bos` and `eos`; empty for no tokens."""
        ...

    def encode_all(self, texts: Iterable[str]) -> Iterable[np.ndarray]:
        """Yield the ids of each text, as `encode` returns them."""
        ...

    def tokens(self, text: str) -> list[str]:
        """Return what each id of `encode(text)` stands for in this text, unknown ones too."""
        ...

    def token(self, index: int) -> str:
        """Return the name of an id."""
        ...

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`; special ids other than unknown are left out."""
        ...

    def state(self) -> dict[str, Any]:
        """Return all of it as plain JSON, for `vocabulary_from_state`."""
        ...


def cutter(settings: VocabularySettings) -> Callable[[str], list[str]]:
    """The function that cuts a text into words or characters.

    >>> cutter(VocabularySettings(lower=True))("I don't know: 3.14!")
    ['i', "don't", 'know', ':', '3.14', '!']
    >>> cutter(VocabularySettings(split=Split.SPACE))("I do n't <unk>")
    ['I', 'do', "n't", '<unk>']
    >>> cutter(VocabularySettings(split=Split.NONE))("New York")
    ['New York']
    >>> cutter(VocabularySettings(unit=Unit.CHAR))("Ko")
    ['K', 'o']
    """
    if settings.unit is Unit.CHAR:
        cut: Callable[[str], list[str]] = list
    elif settings.split is Split.SPACE:
        cut = str.split
    elif settings.split is Split.NONE:
        cut = _whole
    else:
        cut = _words()
    lower = settings.lower

    def normal(text: str) -> list[str]:
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        return cut(text.lower() if lower else text)

    return normal


def _whole(text: str) -> list[str]:
    return [text] if text else []


def _words() -> Callable[[str], list[str]]:
    import regex  # an extra: needed for words only

    boundary = regex.compile(r"(?V1w)\b")  # w: the boundaries of Annex 29

    @lru_cache(maxsize=1 << 17)
    def parts(run: str) -> tuple[str, ...]:
        return tuple(part for part in boundary.split(run) if part)

    # There is a boundary at every blank, and most runs between blanks have been seen before.
    return lambda text: [part for run in text.split() for part in parts(run)]
