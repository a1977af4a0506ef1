"""Pretrained vectors of words: word2vec's text and binary files, and GloVe's text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.data.raw import Raw, open_raw
from segue.data.wording import one_line, shorten
from segue.errors import DataError

LARGEST = 4096  # features
_LONGEST = 1 << 17  # bytes of a row: a word and 4096 numbers
_LONGEST_WORD = 1024  # bytes
_HEAD = re.compile(rb"\s*(\d{1,10})[ \t]+(\d{1,5})[ \t]*\r?\n")
_REMEDY = "name a file of word2vec (text or binary) or GloVe (text)"


@dataclass(frozen=True)
class Vectors:
    """W words with their vectors.

    Attributes:
        words: each once.
        values: float32 `[W, D]`.
    """

    words: tuple[str, ...]
    values: np.ndarray

    @property
    def size(self) -> int:
        """D, the features of a vector."""
        return int(self.values.shape[1])

    def digest(self) -> str:
        """SHA-256, in hex, of words and values."""
        seen = hashlib.sha256("\0".join(self.words).encode("utf-8", "surrogateescape"))
        seen.update(np.ascontiguousarray(self.values).tobytes())
        return seen.hexdigest()


def read_vectors(path: Path, wanted: Container[str], *, first: int = 0) -> Vectors:
    r"""The vectors of the words that are wanted, and of the first words of the file.

    The file, plain or compressed, is streamed: no more than a chunk and what is kept is held. Such
    files have the most frequent words first. Of a word that stands there twice the first counts; a
    word that is no UTF-8, of which published files have some, is never wanted.

    Args:
        path: of the file; its content shows which form it has.
        wanted: words.
        first: how many words of the file are kept beside them.

    Raises:
        DataError: the first defect found: file, row and remedy in one line.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "glove.txt"
    >>> _ = path.write_text("the 0.5 1\nof 2 3\nRome -1 2e-1\n")
    >>> found = read_vectors(path, {"Rome"}, first=1)
    >>> found.words, found.values.tolist()
    (('the', 'Rome'), [[0.5, 1.0], [-1.0, 0.20000000298023224]])
    """
    place = one_line(str(path))
    words: dict[str, np.ndarray] = {}
    with open_raw(path, place) as raw:
        for number, (word, vector) in enumerate(_rows(raw, place)):
            if (number < first or word in wanted) and word not in words and _is_text(word):
                words[word] = vector
    if not words:
        raise DataError(
            f"{place}: has a vector for none of the words; take vectors of the language"
        )
    return Vectors(tuple(words), np.stack(list(words.values())))


def _is_text(word: str) -> bool:
    """Whether a word came from bytes that are UTF-8."""
    return not any("\udc80" <= c <= "\udcff" for c in word)


def _rows(raw: Raw, place: str) -> Iterator[tuple[str, np.ndarray]]:
    chunks = raw.chunks()
    start = next(chunks)
    head = _HEAD.match(start)
    if head is None:
        yield from _text(start, chunks, place, None)
        return
    count, size = int(head[1]), int(head[2])
    if not (0 < size <= LARGEST and count):
        raise DataError(f"{place}: row 1: says {count} words of {size} features; {_REMEDY}")
    rest = start[head.end() :]
    if _looks_binary(rest, size):
        yield from _binary(rest, chunks, place, count, size)
    else:
        yield from _text(rest, chunks, place, size)


def _looks_binary(rest: bytes, size: int) -> bool:
    """Whether the first row is no line of a word and numbers."""
    line = rest.partition(b"\n")[0].split()
    try:
        _ = [float(word) for word in line[-size:]]
    except ValueError:
        return True
    return len(line) <= size


def _text(
    buffer: bytes, chunks: Iterator[bytes], place: str, size: int | None
) -> Iterator[tuple[str, np.ndarray]]:
    """Rows of a word, which may hold blanks, and `size` numbers; None goes by the first row."""
    row = 1 if size is None else 2
    for line in _lines(buffer, chunks, place, row):
        parts = line.rstrip(b" \r").split(b" ")
        if size is None:
            size = len(parts) - 1
            if not 1 < size <= LARGEST:
                raise DataError(
                    f"{place}: row {row}: is no word with {2} to {LARGEST} numbers; {_REMEDY}"
                )
        where = f"{place}: row {row}"
        if len(parts) <= size:
            raise DataError(
                f"{where}: has {max(len(parts) - 1, 0)} numbers where {size} are needed; the file"
                " is cut short or damaged, fetch it again"
            )
        try:
            vector = np.array(parts[-size:], dtype=np.float32)
        except ValueError:
            raise DataError(f"{where}: holds something else than numbers; {_REMEDY}") from None
        yield _checked(b" ".join(parts[:-size]), vector, where)
        row += 1
    if row <= 1 or size is None:
        raise DataError(f"{place}: the file is empty; {_REMEDY}")


def _lines(buffer: bytes, chunks: Iterator[bytes], place: str, row: int) -> Iterator[bytes]:
    while True:
        *whole, buffer = buffer.split(b"\n")
        for line in whole:
            yield line
            row += 1
        if len(buffer) > _LONGEST:
            raise DataError(f"{place}: row {row}: is longer than {_LONGEST:,} bytes; {_REMEDY}")
        chunk = next(chunks, b"")
        if not chunk:
            break
        buffer += chunk
    if buffer.strip():
        yield buffer


def _binary(
    buffer: bytes, chunks: Iterator[bytes], place: str, count: int, size: int
) -> Iterator[tuple[str, np.ndarray]]:
    """`count` words, each with a blank and `size` numbers of four bytes behind it."""
    width, at = 4 * size, 0
    for row in range(1, count + 1):
        where = f"{place}: word {row:,} of {count:,}"
        while True:
            end = buffer.find(b" ", at, at + _LONGEST_WORD)
            if end >= 0 and len(buffer) >= end + 1 + width:
                break
            if end < 0 and len(buffer) - at > _LONGEST_WORD:
                raise DataError(f"{where}: is longer than {_LONGEST_WORD} bytes; {_REMEDY}")
            chunk = next(chunks, b"")
            if not chunk:
                raise DataError(f"{where}: the file is cut short; fetch it again")
            buffer, at = buffer[at:] + chunk, 0
        word = buffer[at:end].lstrip(b"\n")
        vector = np.frombuffer(buffer, "<f4", size, end + 1).astype(np.float32)
        at = end + 1 + width
        yield _checked(word, vector, where)
    if buffer[at:].strip() or next(chunks, b"").strip():
        raise DataError(f"{place}: goes on behind its {count:,} words; fetch it again")


def _checked(word: bytes, vector: np.ndarray, where: str) -> tuple[str, np.ndarray]:
    name = word.decode("utf-8", "surrogateescape")
    if not np.isfinite(vector).all():
        raise DataError(f"{where}: the vector of {shorten(name)} is not finite; fetch it again")
    return name, vector
