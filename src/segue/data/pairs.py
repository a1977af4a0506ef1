"""Pairs of texts, such as a sentence and its translation: parallel files or two columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from segue.data import memory
from segue.data.lines import read_lines
from segue.data.notation import Notation
from segue.data.plain_tables import read_plain_table
from segue.data.raw import uncompressed
from segue.data.source import Source
from segue.data.tables import Table, read_table, table_from_frame
from segue.data.values import names
from segue.data.wording import one_line
from segue.errors import DataError, OptionError

_HELD = 2_000  # different sources that validate, or are scored on, at most
_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet")


@dataclass(frozen=True)
class Columns:
    """Which columns of a table are what, and how it is written.

    Attributes:
        source: of the text to translate; a number counts columns from 1 in a table without header.
        target: of its translation, likewise.
        id: of the name of a row; None takes the number of the row.
        no_quotes: a quote mark is a character like any other.
        encoding: of files; None is UTF-8.
    """

    source: str | None = None
    target: str | None = None
    id: str | None = None
    no_quotes: bool = False
    encoding: str | None = None


@dataclass(frozen=True)
class Pairs:
    """Texts in the order of a file, with their translations where there are some.

    Attributes:
        place: the file or files, for messages.
        ids: what each row is called.
        where: where each row stands, for messages.
        sources: the texts.
        targets: their translations, `[n]`; None where they are to be found.
        table: whether they come from a table.
    """

    place: str
    ids: tuple[str, ...]
    where: tuple[str, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...] | None
    table: bool = False

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, rows: np.ndarray) -> Pairs:
        """The rows of these numbers, in that order."""
        numbers = rows.tolist()
        targets = self.targets
        return Pairs(
            self.place,
            tuple(self.ids[i] for i in numbers),
            tuple(self.where[i] for i in numbers),
            tuple(self.sources[i] for i in numbers),
            None if targets is None else tuple(targets[i] for i in numbers),
            self.table,
        )

    def error(self, row: int, what: str) -> DataError:
        """The one-line error for a row."""
        return DataError(f"{one_line(self.place)}: {self.where[row]}: {what}")

    def digest(self) -> str:
        """SHA-256 of all texts."""
        found = hashlib.sha256()
        for text in (*self.sources, "", *(self.targets or ())):
            found.update(json.dumps(text).encode() + b"\n")
        return found.hexdigest()

    def references(self) -> list[tuple[str, ...]]:
        """For each row all translations that its text has in these rows.

        >>> pairs = Pairs("f", ("1", "2"), ("row 1", "row 2"), ("read", "read"), ("reed", "red"))
        >>> pairs.references()
        [('reed', 'red'), ('reed', 'red')]
        """
        known: dict[str, dict[str, None]] = {}
        for text, target in zip(self.sources, self.targets or (), strict=True):
            known.setdefault(text, {})[target] = None
        return [tuple(known[text]) for text in self.sources]


def read_pairs(source: Source, columns: Columns) -> Pairs:
    r"""Read two parallel files, or a table or frame with two columns.

    Args:
        source: two text files whose lines belong together, or one table (CSV, TSV, JSON lines,
            Parquet), plain or compressed, or a frame.
        columns: of the table or frame.

    Raises:
        DataError: the first defect: files of different length, an empty text, one language twice.
        OptionError: the columns do not fit the form.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.de").write_text("ein Hund\neine Katze\n")
    >>> _ = (folder / "a.en").write_text("a dog\na cat\n")
    >>> read_pairs(Source.of(folder / "a.de", folder / "a.en"), Columns()).targets
    ('a dog', 'a cat')
    """
    if len(source.paths) == 2:
        found = _parallel(source, columns)
    else:
        if len(source.paths) > 2:
            raise OptionError(f"{len(source.paths)} files: give two, or one table of two columns")
        if columns.source is None or columns.target is None:
            missing = "--source and --target"
            if columns.source or columns.target:
                missing = "--source" if columns.source is None else "--target"
            raise OptionError(
                f"{source} alone: name the file of the other language after it, or the columns"
                f" of a table with {missing}"
            )
        if columns.source == columns.target:
            raise OptionError("--source and --target are one column; name the two languages")
        found = _of_table(_table(source, columns), columns, targets=True)
    if found.sources == found.targets:
        raise DataError(f"{one_line(found.place)}: both sides are the same text in every row;"
                        " give the translations too")  # fmt: skip
    return found


def read_texts(source: Source, columns: Columns) -> Pairs:
    """Read what is to be translated: a text in each line, or a column of a table or frame.

    A line of a plain file may be empty; a field of a table may not.

    Raises:
        DataError: the first defect.
        OptionError: the table has several columns and none is named.
    """
    if source.frame is not None or is_table(source.path):
        table = _table(source, columns)
        if columns.source is None:
            if table.frame.width > 1:
                raise OptionError("name the column of the texts with --source")
            columns = Columns(table.frame.columns[0], None, columns.id)
        return _of_table(table, columns, targets=False)
    place = str(source.path)
    lines = [line.strip() for _, line in read_lines(source.path, encoding=columns.encoding)]
    if not lines:
        raise DataError(f"{one_line(place)}: the file is empty; it needs lines")
    return of_lines(place, lines)


def of_lines(place: str, lines: Sequence[str], first: int = 1) -> Pairs:
    """Texts without translations; `first` is the number of the first row."""
    numbers = [str(first + i) for i in range(len(lines))]
    return Pairs(place, tuple(numbers), tuple(f"row {i}" for i in numbers), tuple(lines), None)


def is_table(path: Path) -> bool:
    """Whether a file's name is that of a table.

    >>> is_table(Path("new.JSONL.gz")), is_table(Path("new.de"))
    (True, False)
    """
    return uncompressed(path.name).lower().endswith(_TABLES)


@dataclass(frozen=True)
class Parts:
    """Pairs to train on, to choose the weights by, and to score on."""

    train: Pairs
    validation: Pairs
    test: Pairs


def divide(pairs: Pairs, dev: Pairs | None, test: Pairs | None, seed: int) -> Parts:
    """Divide pairs so that no source of one part stands in another.

    Where files name parts, the training keeps what they hold too: that is theirs to know.

    Raises:
        DataError: there are too few different sources.
    """
    number: dict[str, int] = {}
    of = np.array([number.setdefault(text, len(number)) for text in pairs.sources])
    held = [_held(len(number)) if given is None else 0 for given in (dev, test)]
    if len(number) - sum(held) < 2 or (len(number) < 10 and any(held)):
        raise DataError(
            f"{pairs.place}: {len(number)} different sources; at least 10 are needed to train,"
            " to choose and to score"
        )
    order = np.random.default_rng([seed, 7]).permutation(len(number))
    part = np.zeros(len(number), np.int64)
    part[order[: held[0]]] = 1
    part[order[held[0] : sum(held)]] = 2
    own = [pairs.take(np.flatnonzero(part[of] == k)) for k in range(3)]
    return Parts(own[0], dev or own[1], test or own[2])


def _held(sources: int) -> int:
    return min(max(1, sources // 10), _HELD)


def _parallel(source: Source, columns: Columns) -> Pairs:
    if columns.source or columns.target or columns.id:
        raise OptionError("--source, --target and --id name columns of one table; two files have"
                          " none")  # fmt: skip
    one, other = source.paths
    if one == other:
        raise DataError(f"{one_line(str(one))}: is named twice; name the file of each language")
    sources: list[str] = []
    targets: list[str] = []
    size = 0
    place = str(source)
    read = [read_lines(path, encoding=columns.encoding) for path in source.paths]
    for left, right in zip_longest(*read):
        if left is None or right is None:
            longer, shorter = (other, one) if left is None else (one, other)
            more = 1 + sum(1 for _ in (read[1] if left is None else read[0]))
            raise DataError(
                f"{one_line(str(shorter))}: ends after row {len(sources)}, and"
                f" {one_line(str(longer))} has {len(sources) + more} rows; line k of one must"
                " be the translation of line k of the other"
            )
        for path, (row, text) in zip(source.paths, (left, right), strict=True):
            if not text.strip():
                raise DataError(
                    f"{one_line(str(path))}: row {row}: is empty; write the text, or remove the"
                    " row from both files"
                )
        sources.append(left[1].strip())
        targets.append(right[1].strip())
        size += 2 * (len(left[1]) + len(right[1])) + 200
        if len(sources) % 10_000 == 0:
            memory.require(size, one_line(place), f"row {len(sources)} is reached")
    if not sources:
        raise DataError(f"{one_line(str(one))}: the file is empty; it needs lines")
    found = of_lines(place, sources)
    return Pairs(place, found.ids, found.where, found.sources, tuple(targets))


def _table(source: Source, columns: Columns) -> Table:
    if source.frame is not None:
        return table_from_frame(source.frame)
    by_number = [_is_number(name) for name in (columns.source, columns.target) if name]
    notation = Notation(encoding=columns.encoding)
    if any(by_number) or columns.no_quotes:
        header = not any(by_number)
        return read_plain_table(
            source.path, header=header, quotes=not columns.no_quotes, notation=notation
        )
    return read_table(source.path, notation)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _of_table(table: Table, columns: Columns, *, targets: bool) -> Pairs:
    rows = table.rows.tolist()
    ids: Iterable[str] = map(str, rows)
    if columns.id is not None:
        ids = names(table, columns.id, "id").to_list()
    return Pairs(
        table.source,
        tuple(ids),
        tuple(f"row {row}{table.counted}" for row in rows),
        tuple(names(table, str(columns.source), "source").to_list()),
        tuple(names(table, str(columns.target), "target").to_list()) if targets else None,
        table=True,
    )
