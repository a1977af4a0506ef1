"""Embeddings that begin with pretrained vectors of words, where a user has a file of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from pydantic import BaseModel
from torch import Tensor, nn

from segue.data.unit import Unit
from segue.data.units import SPECIAL, Vocabulary
from segue.data.vectors import Vectors, read_vectors
from segue.data.wording import one_line
from segue.errors import DataError, OptionError

M = TypeVar("M", bound=BaseModel)


def digest_of(file: str | None) -> str:
    """SHA-256, in hex, of a file of vectors; "" where none is asked for.

    Raises:
        DataError: it cannot be read, or only once.
    """
    if file is None:
        return ""
    path, place = Path(file), one_line(file)
    if path.exists() and not path.is_file():
        raise DataError(f"{place}: is no file, and vectors are read more than once; name a file")
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{place}: {error.strerror}; check the path") from None


class Wanted(NamedTuple):
    """Vectors that are asked for.

    Attributes:
        option: that asks for them.
        file: that has them; None asks for none.
        vocabulary: whose words they are for; None where no text is read.
    """

    option: str
    file: str | None
    vocabulary: Vocabulary | None


class Pretrained:
    """Vectors for the embeddings of one model.

    Args:
        wanted: of each embedding.
        features: that embeddings are asked to have; None for those of the vectors.

    Raises:
        DataError: a file cannot be read, or has none of the words.
        OptionError: vectors do not fit what is read.
    """

    def __init__(self, *wanted: Wanted, features: int | None) -> None:
        self.wanted = wanted
        self.found = [_read(one) for one in wanted]
        self.size: int | None = None
        for (option, _, _), vectors in zip(wanted, self.found, strict=True):
            if vectors is None:
                continue
            needed = features or self.size or vectors.size
            if vectors.size != needed:
                raise OptionError(
                    f"{option}: the vectors have {vectors.size} features, and the embedding has"
                    f" {needed}; take vectors of one size"
                )
            self.size = needed

    def fitted(self, config: M) -> M:
        """A model's configuration, its embeddings of the size of the vectors."""
        if self.size is None:
            return config
        return type(config).model_validate({**config.model_dump(), "embedding": self.size})

    def begin(self, *tables: Sequence[nn.Module]) -> tuple[str, ...]:
        """Let embeddings begin with their vectors, and say how many words do.

        Args:
            tables: embeddings, or several of a kind, for each that was wanted.
        """
        told = []
        for one, vectors, same in zip(self.wanted, self.found, tables, strict=True):
            if vectors is None or one.vocabulary is None:
                continue
            known = min(_begin(each, one.vocabulary, vectors) for each in same)
            words = f"{known:,} of {one.vocabulary.size:,} words"
            told.append(f"{words} begin with vectors of {one_line(str(one.file))}")
        return tuple(told)


def _read(wanted: Wanted) -> Vectors | None:
    """The vectors of the words, and of their small letters."""
    option, file, vocabulary = wanted
    if file is None:
        return None
    if vocabulary is None or vocabulary.settings.unit is not Unit.WORD:
        raise OptionError(f"{option}: vectors are of words, and no words are read here")
    words = {vocabulary.token(index) for index in range(vocabulary.size)} - set(SPECIAL)
    return read_vectors(Path(file), words | {word.lower() for word in words})


def _begin(embed: nn.Module, vocabulary: Vocabulary, vectors: Vectors) -> int:
    """Let an embedding begin with vectors, brought to its own spread, and count the words."""
    weight: Tensor = embed.weight  # type: ignore[assignment]
    row = {word: number for number, word in enumerate(vectors.words)}
    names = [vocabulary.token(index) for index in range(vocabulary.size)]
    rows = np.array([row.get(name, row.get(name.lower(), -1)) for name in names])
    known = torch.from_numpy(np.flatnonzero(rows >= 0))
    values = torch.from_numpy(vectors.values[rows[rows >= 0]])
    with torch.no_grad():
        weight[known] = values * (weight.std() / values.std().clamp_min(1e-6))
    return len(known)
