"""Pieces of words: byte pair encoding and the unigram model, by the tokenizers library."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from segue.data.units import (
    BOS,
    EOS,
    LARGEST_VOCABULARY,
    LONGEST_TOKEN,
    UNKNOWN,
    PieceModel,
    VocabularySettings,
)
from segue.errors import DataError

SIZE = 8_000
BATCH = 1_000  # texts that are encoded together
LEARNED_FROM = 1 << 26  # characters: pieces are learned from no more than these

Token = Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN)]
Tokens = Annotated[list[Token], Field(min_length=256, max_length=LARGEST_VOCABULARY + 256)]
Score = Annotated[float, Field(ge=-1e4, le=0)]


class BpeState(BaseModel):
    """What a run keeps of byte pair encoding: merges in their order; bytes are implied."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    settings: VocabularySettings
    tokens: Tokens
    merges: Annotated[list[tuple[Token, Token]], Field(max_length=LARGEST_VOCABULARY)]


class UnigramState(BaseModel):
    """What a run keeps of the unigram model: each token and the logarithm of its probability."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    settings: VocabularySettings
    tokens: Tokens
    scores: Annotated[list[Score], Field(max_length=LARGEST_VOCABULARY + 256)]


class Pieces:
    """Pieces of words over bytes: every text has ids, and `decode` gives it back exactly.

    `fit` learns one and `from_state` rebuilds it; only tokens, merges and scores are kept, never
    the library's own file, so a received state can do nothing but name pieces.
    """

    def __init__(self, state: BpeState | UnigramState) -> None:
        self.settings = state.settings
        self.bos = BOS if self.settings.ends else None
        self.eos = EOS if self.settings.ends else None
        self.first = len(self.settings.special)
        self._state = state
        self._tokenizer = _pipeline(_model(state))

    @classmethod
    def fit(cls, texts: Iterable[str], settings: VocabularySettings) -> Pieces:
        """Learn the pieces of the first 2^26 characters of `texts`.

        Raises:
            DataError: there is no text.

        >>> pieces = Pieces.fit(["low lower lowest"] * 4, VocabularySettings(unit="piece"))
        >>> pieces.tokens("lowest low")
        ['low', 'e', 'st', ' low']
        >>> pieces.decode(pieces.encode("never seen: ŝ"))
        'never seen: ŝ'
        """
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        size = max(settings.size or SIZE, 1) + len(alphabet)
        bpe = settings.pieces is PieceModel.BPE
        tokenizer = _pipeline(models.BPE() if bpe else models.Unigram())
        chosen: dict[str, Any] = {
            "vocab_size": size,
            "show_progress": False,
            "initial_alphabet": alphabet,
        }
        trainer = trainers.BpeTrainer(**chosen) if bpe else trainers.UnigramTrainer(**chosen)
        counted = itertools.chain([""], _first(_lower(texts, settings), LEARNED_FROM))
        tokenizer.train_from_iterator(counted, trainer=trainer)
        return cls(_learned(tokenizer, settings, alphabet))

    @classmethod
    def from_state(cls, state: object) -> Pieces:
        """Rebuild from `state()`; pydantic's `ValidationError` or `ValueError` where it is none."""
        settings = VocabularySettings.model_validate(
            state.get("settings") if isinstance(state, dict) else state
        )
        kind = BpeState if settings.pieces is PieceModel.BPE else UnigramState
        return cls(kind.model_validate(state))

    @property
    def size(self) -> int:
        """The number of ids."""
        return self.first + len(self._state.tokens)

    def encode(self, text: str) -> np.ndarray:
        """Return int32 `[t]`."""
        return next(iter(self.encode_all([text])))

    def encode_all(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Yield the ids of each text; many are encoded at once."""
        lowered = _lower(texts, self.settings)
        while batch := list(itertools.islice(lowered, BATCH)):
            for encoding in self._tokenizer.encode_batch(batch):
                yield np.array(encoding.ids, np.int32) + self.first

    def tokens(self, text: str) -> list[str]:
        """Return the text of each piece; of a character cut in two, both parts name it."""
        (lowered,) = _lower([text], self.settings)
        return [lowered[a:b] for a, b in self._tokenizer.encode(lowered).offsets]

    def token(self, index: int) -> str:
        """Return the name of an id: its text, where its bytes are a text."""
        return self.settings.special[index] if index < self.first else self.decode([index])

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of `ids`."""
        parts = []
        for unknown, some in itertools.groupby(ids, lambda i: i == UNKNOWN):
            kept = [int(i) - self.first for i in some if i >= self.first]
            parts.append(self.settings.special[UNKNOWN] if unknown else self._decode(kept))
        return "".join(parts)

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=False))

    def state(self) -> dict[str, Any]:
        """Return plain JSON."""
        return self._state.model_dump(mode="json")


def _pipeline(model: Any) -> Any:
    """The library's tokenizer around a model: bytes as characters, words kept apart."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _model(state: BpeState | UnigramState) -> Any:
    """The library's model of `state`.

    Raises:
        ValueError: its parts contradict each other.
    """
    index = {token: i for i, token in enumerate(state.tokens)}
    if len(index) != len(state.tokens):
        raise ValueError("a piece appears twice")
    if not index.keys() >= set(pre_tokenizers.ByteLevel.alphabet()):
        raise ValueError("a byte is missing among the pieces")
    if isinstance(state, UnigramState):
        if len(state.scores) != len(state.tokens):
            raise ValueError(f"{len(state.scores)} scores of {len(state.tokens)} pieces")
        return models.Unigram(list(zip(state.tokens, state.scores, strict=True)))
    for left, right in state.merges:
        if not (left in index and right in index and left + right in index):
            raise ValueError("a merge names a piece that is not there")
    return models.BPE(index, state.merges)


def _learned(
    tokenizer: Any, settings: VocabularySettings, alphabet: list[str]
) -> BpeState | UnigramState:
    """What the library has learned, in an order that follows from it alone."""
    model = json.loads(tokenizer.to_str())["model"]
    if settings.pieces is PieceModel.BPE:
        merges = [(left, right) for left, right in model["merges"]]
        tokens = [*alphabet, *dict.fromkeys(left + right for left, right in merges)]
        if not merges:
            raise _no_pieces()
        return BpeState(settings=settings, tokens=tokens, merges=merges)
    scores = {token: min(max(score, -1e4), 0.0) for token, score in model["vocab"]}
    if not scores.keys() - set(alphabet):
        raise _no_pieces()
    tokens = sorted(scores, key=lambda token: (-scores[token], token))
    return UnigramState(settings=settings, tokens=tokens, scores=[scores[t] for t in tokens])


def _no_pieces() -> DataError:
    return DataError("no piece in the texts appears twice; give more text, or take words or bytes")


def _lower(texts: Iterable[str], settings: VocabularySettings) -> Iterator[str]:
    return (text.lower() for text in texts) if settings.lower else iter(texts)


def _first(texts: Iterator[str], most: int) -> Iterator[str]:
    """The texts that begin within the first `most` characters."""
    for text in texts:
        if most <= 0:
            return
        most -= len(text)
        yield text
