"""Texts, or pieces of music, as one long sequence of ids on disk, however long it is."""

from __future__ import annotations

import hashlib
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segue.data.lines import read_lines
from segue.data.raw import uncompressed
from segue.data.units import UNKNOWN, Vocabulary
from segue.data.wording import count, one_line
from segue.errors import DataError

SUFFIXES = (".txt", ".text", ".md", ".abc", ".csv", ".tsv", ".json", ".jsonl", ".html", ".xml")
_BLOCK = 4096  # lines that are encoded together


@dataclass(frozen=True)
class Extents:
    """What the lines of a corpus are, and by what beside tokens their length is counted.

    Attributes:
        line: what a line is called, in the singular.
        measures: what is counted of each, in the singular.
    """

    line: str
    measures: tuple[str, ...]


TEXT = Extents("line", ("character", "byte"))
"""Lines of text; their ends count."""


@dataclass(frozen=True)
class Corpus:
    """Lines of text, or pieces of music, laid end to end as ids.

    Attributes:
        tokens: `[N]` ids, in a file without a name.
        lines: int64 `[L, 1 + M]`: tokens, and what the M measures count, up to the end of each.
        extents: what lines and measures are.
        unknown: ids that are the unknown token.
        sha256: of the ids.
    """

    tokens: np.ndarray
    lines: np.ndarray
    extents: Extents
    unknown: int
    sha256: str

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def whole(self) -> Stretch:
        """All of it."""
        return Stretch(self, 0, len(self.lines))

    def divided(self, *shares: float) -> tuple[Stretch, ...]:
        """Stretches of whole lines, one after another, with these shares of the tokens.

        Raises:
            DataError: one of them would be empty.
        """
        ends = self.lines[:, 0]  # not read as a whole: there may be as many as fill the memory
        bounds = np.cumsum(shares)[:-1] / sum(shares) * len(self.tokens)
        cuts = np.array([0, *(bisect_left(ends, each) + 1 for each in bounds), len(self.lines)])
        if (np.diff(cuts) < 1).any():
            raise DataError(
                f"there is {count(len(self.lines), self.extents.line)}: too few for {len(shares)}"
                " parts; give more, or files of their own for validation and test"
            )
        return tuple(Stretch(self, int(a), int(b)) for a, b in pairwise(cuts))


@dataclass(frozen=True)
class Stretch:
    """Lines `first` to `last - 1` of a corpus."""

    corpus: Corpus
    first: int
    last: int

    @property
    def start(self) -> int:
        """Its first token."""
        return int(self.corpus.lines[self.first - 1, 0]) if self.first else 0

    @property
    def end(self) -> int:
        """The token behind its last one."""
        return int(self.corpus.lines[self.last - 1, 0]) if self.last else 0

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def tokens(self) -> np.ndarray:
        """Its ids, a view."""
        return self.corpus.tokens[self.start : self.end]

    @property
    def measured(self) -> dict[str, int]:
        """How long it is by each measure of the corpus."""
        lines = self.corpus.lines[:, 1:]
        sums = [lines[at - 1] if at else np.zeros_like(lines[0]) for at in (self.first, self.last)]
        return dict(zip(self.corpus.extents.measures, (sums[1] - sums[0]).tolist(), strict=True))


def files_in(paths: Iterable[Path], suffixes: tuple[str, ...], what: str) -> list[Path]:
    """The files that are named, and all in the folders that are named, by name.

    Args:
        paths: files and folders.
        suffixes: of the files that are taken from folders, compressed or not.
        what: they hold.

    Raises:
        DataError: a folder holds none.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(
            each for each in path.rglob("*") if _is_one(each.relative_to(path), suffixes)
        )
        if not inside:
            raise DataError(
                f"{one_line(str(path))}: the folder holds no {what}; put {suffixes[0]} files in it"
            )
        found += inside
    return found


def require_files(paths: Iterable[Path]) -> None:
    """Refuse what can be read only once, for those who read more often.

    Raises:
        DataError: a path is a pipe or a device.
    """
    for path in paths:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise DataError(
                f"{one_line(str(path))}: is no file, and a text to train on is read more than"
                " once; write it into a file first"
            )


def _is_one(path: Path, suffixes: tuple[str, ...]) -> bool:
    if any(part.startswith(".") for part in path.parts):
        return False
    return uncompressed(path.name).lower().endswith(suffixes)


def lines_of(paths: Iterable[Path], encoding: str | None = None) -> Iterator[str]:
    """The lines of all files, in order.

    Raises:
        DataError: a file cannot be read, or is not text; file and row are named.
    """
    return chain.from_iterable(
        (line for _, line in read_lines(path, encoding=encoding)) for path in paths
    )


def encode_lines(
    lines: Iterable[str], encode: Callable[[list[str]], Iterable[np.ndarray]], size: int
) -> Corpus:
    """Write the ids of all lines to a file of the folder for temporary files.

    Args:
        lines: without their ends.
        encode: the ids of some lines, the end of each included.
        size: how many ids there are.

    Raises:
        DataError: there is no token.

    >>> whole = encode_lines(["ab", "c"], lambda some: ([1] * (len(x) + 1) for x in some), 5)
    >>> whole.tokens.tolist(), whole.lines.tolist()
    ([1, 1, 1, 1, 1], [[3, 3, 3], [5, 5, 5]])
    """

    def coded() -> Iterator[tuple[list[np.ndarray], list[tuple[int, ...]]]]:
        for block in _blocks(lines):
            found = [np.asarray(each) for each in encode(block)]
            yield (
                found,
                [(len(line) + 1, len(line.encode("utf-8", "surrogatepass")) + 1) for line in block],
            )

    return lay(coded(), size, TEXT)


def lay(
    blocks: Iterable[tuple[Sequence[np.ndarray], Sequence[tuple[int, ...]]]],
    size: int,
    extents: Extents,
) -> Corpus:
    """Write ids to a file of the folder for temporary files, a block of lines after another.

    Args:
        blocks: the ids of some lines, and what the measures count of each.
        size: how many ids there are.
        extents: what lines and measures are.

    Raises:
        DataError: there is no token.
    """
    kind = np.dtype(np.uint16 if size <= 1 << 16 else np.int32)
    ids, table = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
    digest, unknown, rows = hashlib.sha256(), 0, 0
    upto = np.zeros(1 + len(extents.measures), np.int64)
    for found, counts in blocks:
        joined = np.concatenate(found).astype(kind)
        each = [(len(some), *counted) for some, counted in zip(found, counts, strict=True)]
        ends = upto + np.cumsum(np.array(each, np.int64), axis=0)
        upto, rows = ends[-1], rows + len(each)
        unknown += int((joined == UNKNOWN).sum())
        digest.update(joined.tobytes())
        ids.write(joined.tobytes())
        table.write(ends.tobytes())
    if not upto[0]:
        raise DataError("there is no text; give a file with some")
    ids.flush()
    table.flush()
    return Corpus(
        np.memmap(ids, kind, "r", shape=(int(upto[0]),)),
        np.memmap(table, np.int64, "r", shape=(rows, len(upto))),
        extents,
        unknown,
        digest.hexdigest(),
    )


def line_encoder(vocabulary: Vocabulary) -> Callable[[list[str]], Iterable[np.ndarray]]:
    r"""How lines become ids: with their line feed, or with the id for the end where there is one.

    >>> from segue.data.vocabulary import VocabularySettings, fit_vocabulary
    >>> letters = fit_vocabulary(["ab\n"], VocabularySettings(unit="char"))
    >>> [ids.tolist() for ids in line_encoder(letters)(["ab"])]
    [[3, 4, 2]]
    """
    end = vocabulary.eos
    if end is None:
        return lambda lines: vocabulary.encode_all([line + "\n" for line in lines])
    closing = np.array([end], np.int32)
    return lambda lines: (np.concatenate([ids, closing]) for ids in vocabulary.encode_all(lines))


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    letters = 0
    for line in lines:
        block.append(line)
        letters += len(line)
        if len(block) == _BLOCK or letters > 1 << 20:
            yield block
            block, letters = [], 0
    if block:
        yield block


def positions(stretch: Stretch, rows: int, context: int) -> tuple[NDArray[np.int64], int]:
    """Cut a stretch into `rows` parts that are read side by side, each behind some context.

    Returns:
        int64 `[T, rows]`, the places in the corpus that are read, -1 behind the end of a row; and
        how many steps of each row are context. The step behind each is what is to be foretold.
    """
    start = max(stretch.start, 1)  # nothing foretells the first token
    context = min(context, start - 1)
    cuts = np.linspace(start, stretch.end, rows + 1).round().astype(np.int64)
    longest = int(np.diff(cuts).max())
    places = cuts[:-1] - 1 - context + np.arange(context + longest)[:, None]
    return np.where(places < cuts[1:] - 1, places, -1), context
