"""Tagged sentences as a training sees them: read, checked, brought to one scheme, divided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from segue.data.scheme import Scheme
from segue.data.sentences import Fields, Sentence, read_sentences, sentences_of_frame
from segue.data.source import Source
from segue.data.spans import check_letters, convert, recognise
from segue.data.vectors import Vectors
from segue.data.wording import count, one_line
from segue.errors import DataError
from segue.tasks.sentences.columns import Reading

_FEWEST = 10  # sentences of which a tenth are to choose by and a tenth to score on


@dataclass(frozen=True)
class Corpus:
    """n sentences.

    Attributes:
        source: the file, for messages.
        tokens: of each sentence, one or more.
        tags: of each, in the scheme of the training's file.
        labels: of each, None where labels were not asked for.
    """

    source: str
    tokens: tuple[tuple[str, ...], ...]
    tags: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return sum(map(len, self.tokens))

    def take(self, rows: Iterable[int]) -> Corpus:
        """The sentences `rows`."""
        chosen = list(rows)
        labels = None if self.labels is None else tuple(self.labels[i] for i in chosen)
        tokens, tags = (tuple(part[i] for i in chosen) for part in (self.tokens, self.tags))
        return replace(self, tokens=tokens, tags=tags, labels=labels)

    def digest(self) -> str:
        """SHA-256, in hex, of all that training sees."""
        seen = hashlib.sha256()
        for number, (tokens, tags) in enumerate(zip(self.tokens, self.tags, strict=True)):
            label = "" if self.labels is None else self.labels[number]
            for part in (*tokens, "", *tags, "", label, ""):
                data = part.encode("utf-8")
                seen.update(len(data).to_bytes(8, "little") + data)
        return seen.hexdigest()


@dataclass(frozen=True)
class Given:
    """What was read.

    Attributes:
        scheme: of all files.
        train: the sentences of the first file.
        dev: those to choose by, where they have a file of their own.
        test: those to score on, where they have one.
        vectors: pretrained ones of words, where they were asked for.
    """

    scheme: Scheme
    train: Corpus
    dev: Corpus | None
    test: Corpus | None
    vectors: Vectors | None = None

    def digest(self) -> str:
        """SHA-256 of all sentences."""
        each = (self.train, self.dev, self.test, self.vectors)
        parts = ["" if part is None else part.digest() for part in each]
        return hashlib.sha256("\n".join([self.scheme, *parts]).encode()).hexdigest()


@dataclass(frozen=True)
class Parts:
    """Sentences to train on, to choose the weights by, and to score on."""

    train: Corpus
    dev: Corpus
    test: Corpus


def read(source: Source, reading: Reading) -> Given:
    """Read the files of a training.

    Raises:
        DataError: a defect, with file, row, column and remedy.
        OptionError: there is no such column.
    """
    found = list(sentences(source, reading, tagged=True))
    scheme = reading.scheme or recognise(_tagged(found), one_line(str(source)))
    train = corpus(found, source, reading, scheme)
    dev, test = (
        None if file is None else read_part(Source.of(file), reading, scheme)
        for file in (reading.dev, reading.test)
    )
    return Given(scheme, train, dev, test)


def read_part(source: Source, reading: Reading, scheme: Scheme) -> Corpus:
    """Read a file whose scheme is known already.

    Raises:
        DataError: a defect, with file, row, column and remedy.
    """
    return corpus(sentences(source, reading, tagged=True), source, reading, scheme)


def sentences(source: Source, reading: Reading, *, tagged: bool) -> Iterator[Sentence]:
    """The sentences of a file or frame, streamed."""
    fields = Fields(reading.token, reading.tag, reading.intent, reading.encoding)
    if source.frame is not None:
        return sentences_of_frame(source.frame, fields, tagged=tagged)
    return read_sentences(source.path, fields, tagged=tagged)


def corpus(found: Iterable[Sentence], source: Source, reading: Reading, scheme: Scheme) -> Corpus:
    """Sentences as a corpus; equal words are kept once."""
    place = one_line(str(source))
    once: dict[str, str] = {}
    tokens, tags, labels = [], [], []
    for one in found:
        if not one.tokens or one.tags is None:
            continue
        said: Sequence[str] = one.tags
        if scheme is not Scheme.PLAIN:
            check_letters([(one.tags, one.rows)], place)
            said = convert(one.tags, scheme)
        tokens.append(tuple(once.setdefault(word, word) for word in one.tokens))
        tags.append(tuple(once.setdefault(tag, tag) for tag in said))
        labels.append(one.label or "")
    if not tokens:
        raise DataError(f"{place}: has no sentence; write tokens with their tags")
    kept = tuple(labels) if reading.intent is not None else None
    return Corpus(place, tuple(tokens), tuple(tags), kept)


def divide(given: Given, seed: int) -> Parts:
    """The parts: those that have files of their own, and tenths of the rest.

    Raises:
        DataError: there are too few sentences.
    """
    train, rest = given.train, [given.dev, given.test]
    asked = rest.count(None)
    size = max(1, round(len(train) / 10))
    if asked and len(train) < _FEWEST:
        raise DataError(
            f"{train.source}: has {count(len(train), 'sentence')}; give {_FEWEST} or more, or name"
            " files with --dev and --test"
        )
    order = np.random.default_rng(seed).permutation(len(train)).tolist()
    for place in range(2):
        if rest[place] is None:
            rest[place] = train.take(sorted(order[:size]))
            order = order[size:]
    dev, test = rest
    if dev is None or test is None:
        raise ValueError("a part is missing")
    return Parts(train.take(sorted(order)), dev, test)


def _tagged(found: Iterable[Sentence]) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
    return ((one.tags, one.rows) for one in found if one.tags)
