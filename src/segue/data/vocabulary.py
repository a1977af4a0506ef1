"""Vocabularies of characters, words, pieces and bytes: learned in one pass over a stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.data.pieces import Pieces
from segue.data.ragged import Ragged
from segue.data.unit import Unit
from segue.data.units import (
    BOS,
    EOS,
    LARGEST_VOCABULARY,
    LONGEST_TOKEN,
    PAD,
    UNKNOWN,
    PieceModel,
    Split,
    Vocabulary,
    VocabularySettings,
    cutter,
)
from segue.data.wording import shorten
from segue.errors import DataError, RunError

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "UNKNOWN",
    "PieceModel",
    "Split",
    "Unit",
    "Vocabulary",
    "VocabularySettings",
    "count_unknown",
    "encode_all",
    "fit_vocabulary",
    "vocabulary_from_state",
]

MOST_COUNTED = 2_000_000  # different words that are counted at once
SIZES = {Unit.WORD: 50_000, Unit.CHAR: 10_000}


def fit_vocabulary(texts: Iterable[str], settings: VocabularySettings) -> Vocabulary:
    """Learn a vocabulary in one pass over `texts`, which are never held together.

    Words and characters are kept by frequency, equal ones by their text. Above 2,000,000 different
    words the rarest are forgotten as counting goes on (as word2vec does).

    Raises:
        DataError: there is no token in the texts.

    >>> words = fit_vocabulary(["a rose is a rose"], VocabularySettings())
    >>> words.size, words.encode("a rose was a rose").tolist()
    (5, [2, 3, 1, 2, 3])
    >>> words.decode([2, 3, 4, 1])
    'a rose is <unk>'
    >>> fit_vocabulary([], VocabularySettings(unit=Unit.BYTE)).encode("é").tolist()
    [197, 171]
    """
    if settings.unit is Unit.PIECE:
        return Pieces.fit(texts, settings)
    if settings.unit is Unit.BYTE:
        return Bytes(settings)
    size = settings.size or SIZES[settings.unit]
    counts = _count(map(cutter(settings), texts))
    frequent = ((-n, token) for token, n in counts.items() if n >= settings.min_count)
    tokens = [token for _, token in sorted(frequent) if len(token) <= LONGEST_TOKEN][:size]
    if not tokens:
        raise DataError(
            f"no {settings.unit} in the texts appears {settings.min_count} times or more; give more"
            " text"
        )
    return Tokens(settings, tokens)


def vocabulary_from_state(state: object, size: int | None = None) -> Vocabulary:
    """The vocabulary whose `state()` this is; nothing in it is trusted.

    Args:
        state: what is said to be one.
        size: how many ids the model reads; None where that is looked at elsewhere.

    Raises:
        RunError: it is none, or has another size, in one line.

    >>> words = fit_vocabulary(["a rose is a rose"], VocabularySettings())
    >>> vocabulary_from_state(words.state()).encode("rose").tolist()
    [3]
    """
    try:
        found = _from_state(state)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise RunError(f"vocabulary: {shorten(place)}: {first['msg']}; train again") from None
    except ValueError as error:
        raise RunError(f"vocabulary: {error}; train again") from None
    if size is not None and found.size != size:
        raise RunError(
            f"vocabulary: has {found.size} ids where the model reads {size}; train again"
        )
    return found


def _from_state(state: object) -> Vocabulary:
    settings = _Head.model_validate(state).settings
    if settings.unit is Unit.PIECE:
        return Pieces.from_state(state)
    if settings.unit is Unit.BYTE:
        return Bytes(settings)
    return Tokens(settings, _TokensState.model_validate(state).tokens)


def encode_all(vocabulary: Vocabulary, texts: Iterable[str]) -> Ragged:
    """The ids of all texts, int32; a text of no tokens has no steps.

    >>> words = fit_vocabulary(["a rose"], VocabularySettings())
    >>> encode_all(words, ["rose", "a rose"]).lengths.tolist()
    [1, 2]
    """
    return Ragged.of(vocabulary.encode_all(texts))


def count_unknown(ids: np.ndarray) -> int:
    """How many of `ids` are unknown tokens."""
    return int((ids == UNKNOWN).sum())


class _Head(BaseModel):
    model_config = ConfigDict(extra="ignore")

    settings: VocabularySettings


class _TokensState(_Head):
    tokens: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN)]],
        Field(min_length=1, max_length=LARGEST_VOCABULARY),
    ]


class _Numbered:
    """What vocabularies of a fixed list of tokens share; ids of tokens follow the special ones."""

    def __init__(self, settings: VocabularySettings) -> None:
        self.settings = settings
        self.bos = BOS if settings.ends else None
        self.eos = EOS if settings.ends else None
        self.first = len(settings.special)


class Tokens(_Numbered):
    """Words or characters; `fit_vocabulary` makes one.

    Raises:
        ValueError: a token appears twice.
    """

    def __init__(self, settings: VocabularySettings, tokens: list[str]) -> None:
        super().__init__(settings)
        self.names = [*settings.special, *tokens]
        self.index = {token: self.first + i for i, token in enumerate(tokens)}
        if len(self.index) != len(tokens):
            raise ValueError("a token appears twice")
        self._cut = cutter(settings)

    @property
    def size(self) -> int:
        """The number of ids."""
        return len(self.names)

    def encode(self, text: str) -> np.ndarray:
        """Return int32 `[t]`."""
        tokens = self._cut(text)
        get = self.index.get
        return np.fromiter((get(token, UNKNOWN) for token in tokens), np.int32, len(tokens))

    def encode_all(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Yield the ids of each text."""
        return map(self.encode, texts)

    def tokens(self, text: str) -> list[str]:
        """Return the words or characters of `text`."""
        return self._cut(text)

    def token(self, index: int) -> str:
        """Return the name of an id."""
        return self.names[index]

    def decode(self, ids: Iterable[int]) -> str:
        """Return words with blanks between them, or characters without."""
        between = "" if self.settings.unit is Unit.CHAR else " "
        kept = (i for i in ids if i == UNKNOWN or i >= self.first)
        return between.join(self.names[i] for i in kept)

    def state(self) -> dict[str, Any]:
        """Return plain JSON."""
        head = {"settings": self.settings.model_dump(mode="json")}
        return {**head, "tokens": self.names[self.first :]}


class Bytes(_Numbered):
    """The 256 bytes."""

    @property
    def size(self) -> int:
        """The number of ids."""
        return self.first + 256

    def encode(self, text: str) -> np.ndarray:
        """Return int32 `[t]`."""
        data = (text.lower() if self.settings.lower else text).encode("utf-8")
        return np.frombuffer(data, np.uint8).astype(np.int32) + self.first

    def encode_all(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Yield the ids of each text."""
        return map(self.encode, texts)

    def tokens(self, text: str) -> list[str]:
        """Return the character to which each byte belongs, once; its other bytes are ''."""
        lowered = text.lower() if self.settings.lower else text
        return [part for c in lowered for part in (c, *[""] * (len(c.encode("utf-8")) - 1))]

    def token(self, index: int) -> str:
        """Return the name of an id."""
        special = self.settings.special
        return special[index] if index < self.first else f"<{index - self.first:02x}>"

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text; bytes that are no UTF-8 become U+FFFD, as an unknown id does."""
        kept = (i for i in ids if i == UNKNOWN or i >= self.first)
        data = b"".join(b"\xff" if i == UNKNOWN else bytes([i - self.first]) for i in kept)
        return data.decode("utf-8", errors="replace")

    def state(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"settings": self.settings.model_dump(mode="json")}


def _count(texts: Iterable[list[str]]) -> Counter[str]:
    """How often each token appears; above `MOST_COUNTED` different ones the rarest are dropped."""
    counts: Counter[str] = Counter()
    floor = 0
    for tokens in texts:
        counts.update(tokens)
        while len(counts) > MOST_COUNTED:
            floor += 1
            counts = Counter({token: n for token, n in counts.items() if n > floor})
    return counts
