"""Recordings with what is said in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.data.audio.files import WHOLE, Span
from segue.data.wording import one_line
from segue.errors import DataError


@dataclass(frozen=True)
class Utterance:
    """A recording, or a part of one.

    Attributes:
        id: its name in results.
        path: of the file of sound, or of features.
        span: which part of the file.
        text: what is said; None where nobody wrote it down.
        speaker: who says it; "" where the list does not tell.
        part: "train", "validation", "test", or "" where the list does not tell.
        where: its place in the list, for errors.
    """

    id: str
    path: Path
    span: Span = WHOLE
    text: str | None = None
    speaker: str = ""
    part: str = ""
    where: str = ""


@dataclass(frozen=True)
class Utterances:
    """The utterances of a list or a folder, in its order.

    Attributes:
        source: what names them in errors.
        items: the utterances.
        words: whether a text is the name of one class, by folders of words.
    """

    source: str
    items: tuple[Utterance, ...]
    words: bool = False

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Utterance]:
        return iter(self.items)

    def take(self, rows: Sequence[int] | np.ndarray) -> Utterances:
        """The utterances `rows`, in that order."""
        return Utterances(self.source, tuple(self.items[int(row)] for row in rows), self.words)

    def error(self, item: Utterance, what: str) -> DataError:
        """The one-line error for an utterance."""
        where = f": {item.where}" if item.where else ""
        return DataError(f"{one_line(self.source)}{where}: {what}")

    def digest(self) -> str:
        """SHA-256 of names, parts and texts; the sound itself is read as it is needed."""
        digest = hashlib.sha256()
        for item in self.items:
            shown = (item.id, item.path.name, item.span, item.text, item.speaker, item.part)
            digest.update(repr(shown).encode())
        return digest.hexdigest()


def checked(source: str, items: Sequence[Utterance], *, words: bool = False) -> Utterances:
    """Utterances of which there is one at least, each with a name of its own.

    Raises:
        DataError: there is none, or a name comes twice.
    """
    if not items:
        raise DataError(f"{one_line(source)}: names no recordings; put some in it")
    found = Utterances(source, tuple(items), words)
    seen: dict[str, Utterance] = {}
    for item in items:
        if item.id in seen:
            first = seen[item.id].where or "an utterance before it"
            raise found.error(item, f"is called {one_line(item.id)!r} as {first} is; rename one")
        seen[item.id] = item
    return found
