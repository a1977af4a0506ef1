"""Examples for classification: what every reader gives, whatever the file was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from segue.data.ragged import Ragged
from segue.data.vocabulary import Vocabulary, encode_all
from segue.data.wording import all_of, one_line, shorten
from segue.errors import DataError


class Kind(StrEnum):
    """What an example is."""

    TEXT = "text"
    SERIES = "series"
    """Steps in time of C channels."""
    IMAGE = "image"
    """An image; its rows, from the top, are the steps."""
    VECTOR = "vector"
    """D numbers without an order: one step of D channels."""

    @property
    def plural(self) -> str:
        """The name of several."""
        return "series" if self is Kind.SERIES else f"{self}s"


@dataclass(frozen=True)
class Examples:
    """n examples, with their classes where these are known.

    Attributes:
        kind: what an example is.
        source: the file or folder, as the user wrote it.
        ids: n names, each its own.
        where: n places in `source`, for messages: "row 7", or the path of a file in it.
        classes: the names of the classes, in order.
        labels: int64 `[n]`, numbers of classes; None where they are not known.
        texts: n texts as they were read; None for other kinds.
        inputs: float32 sequences `[T, C]`, NaN where a value is missing; for texts the ids of
            tokens, int32, once `encoded` has made them.
        channels: the names of the C channels; none for texts.
        division: n of "train", "validation" and "test", where the file says it itself.
    """

    kind: Kind
    source: str
    ids: tuple[str, ...]
    where: tuple[str, ...]
    classes: tuple[str, ...]
    labels: np.ndarray | None
    texts: tuple[str, ...] | None = None
    inputs: Ragged | None = None
    channels: tuple[str, ...] = ()
    division: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: np.ndarray) -> Examples:
        """Return the examples `rows`, int64 `[m]`, in that order."""
        chosen = rows.tolist()
        return replace(
            self,
            ids=tuple(self.ids[i] for i in chosen),
            where=tuple(self.where[i] for i in chosen),
            labels=None if self.labels is None else self.labels[rows],
            texts=None if self.texts is None else tuple(self.texts[i] for i in chosen),
            inputs=None if self.inputs is None else self.inputs.take(rows),
            division=None if self.division is None else self.division[rows],
        )

    def encoded(self, vocabulary: Vocabulary) -> Examples:
        """Return the examples with the ids of their texts as inputs.

        Raises:
            DataError: a text has no token.
        """
        if self.texts is None:
            raise DataError(f"{one_line(self.source)}: holds {self.kind} where text is needed")
        inputs = encode_all(vocabulary, self.texts)
        empty = np.flatnonzero(inputs.lengths == 0)
        if len(empty):
            raise self.error(int(empty[0]), "the text is empty; write it, or remove the example")
        return replace(self, inputs=inputs)

    def error(self, index: int, what: str) -> DataError:
        """Return the one-line error for an example."""
        return DataError(f"{one_line(self.source)}: {one_line(self.where[index])}: {what}")

    def digest(self) -> str:
        """SHA-256, in hex, of ids, classes, labels, division, and the texts or numbers."""
        seen = hashlib.sha256()
        for part in (self.kind, *self.classes, "", *self.channels, "", *self.ids, ""):
            _add(seen, part.encode("utf-8"))
        for array in (self.labels, *self._arrays()):
            _add(seen, b"" if array is None else np.ascontiguousarray(array).tobytes())
        for text in (*(self.texts or ()), *(() if self.division is None else self.division)):
            _add(seen, text.encode("utf-8"))
        return seen.hexdigest()

    def _arrays(self) -> tuple[np.ndarray | None, ...]:
        if self.inputs is None or self.texts is not None:
            return ()
        return self.inputs.values, self.inputs.offsets


@dataclass(frozen=True)
class Parts:
    """Examples to train on, to choose the weights by, and to score on; classes are the same."""

    train: Examples
    validation: Examples
    test: Examples


def joined(a: Examples, b: Examples) -> Examples:
    """The examples of both, in the order given."""
    inputs = None
    if a.inputs is not None and b.inputs is not None:
        values = np.concatenate([a.inputs.values, b.inputs.values])
        offsets = np.concatenate([a.inputs.offsets, b.inputs.offsets[1:] + a.inputs.offsets[-1]])
        inputs = Ragged(values, offsets)
    return replace(
        a,
        ids=a.ids + b.ids,
        where=a.where + b.where,
        labels=np.concatenate([labels_of(a), labels_of(b)]),
        texts=None if a.texts is None else a.texts + (b.texts or ()),
        inputs=inputs,
        division=None,
    )


def inputs_of(examples: Examples) -> Ragged:
    """The sequences of examples that have them."""
    if examples.inputs is None:
        raise ValueError("these texts have no tokens yet")
    return examples.inputs


def labels_of(examples: Examples) -> np.ndarray:
    """The classes of examples that have them."""
    if examples.labels is None:
        raise ValueError("these examples have no labels")
    return examples.labels


def label_codes(
    names: Sequence[str],
    known: tuple[str, ...] | None,
    source: str,
    where: Sequence[str],
) -> tuple[tuple[str, ...], np.ndarray]:
    """Classes and the number of each label's class, int64 `[n]`.

    Without `known` classes they are those of the labels, sorted: by value where all are numbers,
    else by text. `where` tells the place of each label.

    Raises:
        DataError: a label is not among the known classes.

    >>> label_codes(["10", "9", "10"], None, "digits.csv", ["row 2", "row 3", "row 4"])[0]
    ('9', '10')
    """
    classes = _sorted(set(names)) if known is None else known
    code = {name: number for number, name in enumerate(classes)}
    for name, place in zip(names, where, strict=True):
        if name not in code:
            raise DataError(
                f"{one_line(source)}: {one_line(place)}: the label {shorten(name)} is none of the "
                f"classes trained on ({_listed(classes)}); correct it, or train with it"
            )
    return classes, np.array([code[name] for name in names], np.int64)


def check_ids(ids: Sequence[str], source: str, where: Sequence[str]) -> None:
    """Check that each example has an id of its own.

    Raises:
        DataError: an id is there twice.
    """
    if len(set(ids)) == len(ids):
        return
    seen: dict[str, str] = {}
    for name, place in zip(ids, where, strict=True):
        if name in seen:
            raise DataError(
                f"{one_line(source)}: {one_line(place)}: the id {shorten(name)} is there twice, "
                f"in {one_line(seen[name])} as well; give each example its own, or leave ids out"
            )
        seen[name] = place


def check_classes(examples: Examples) -> None:
    """Check that a classifier can be trained: two classes or more, two examples of each.

    Raises:
        DataError: there is one class only, or a class with one example.
    """
    if examples.labels is None:
        raise DataError(f"{one_line(examples.source)}: there are no labels to train on")
    numbers = np.bincount(examples.labels, minlength=len(examples.classes))
    if len(examples.classes) < 2:
        raise DataError(
            f"{one_line(examples.source)}: {all_of(len(examples), 'example')} of one class,"
            f" {shorten(examples.classes[0])}; give examples of at least two"
        )
    lone = np.flatnonzero(numbers < 2)
    if len(lone):
        name = examples.classes[lone[0]]
        found = np.flatnonzero(examples.labels == lone[0])
        in_all = f" ({len(lone)} classes have fewer than two)" if len(lone) > 1 else ""
        what = (
            f"the only example of class {shorten(name)}{in_all}; give at least two of each class, "
            "or remove it"
        )
        if len(found):
            raise examples.error(int(found[0]), what)
        raise DataError(
            f"{one_line(examples.source)}: there is no example of class {shorten(name)} to train "
            "on; mark some of it 'train', or remove the class"
        )


def split(examples: Examples, *, seed: int, validation: float = 0.1, test: float = 0.2) -> Parts:
    """Divide examples by the file's own division, and at random by class what it does not say.

    A class of three or more examples is in every part whose share is not 0. Within a part the
    order stays that of the file.

    Raises:
        DataError: there is one class only, a class with one example, or a part without examples.
    """
    if examples.division is None:
        check_classes(examples)
        return _parts(examples, _divide(_labels(examples), seed, validation, test))
    named = examples.division
    train = examples.take(np.flatnonzero(named == "train"))
    if len(train) == 0:
        raise DataError(
            f"{one_line(examples.source)}: no example is marked to train on; mark some 'train'"
        )
    check_classes(train)
    given = {part: np.flatnonzero(named == part) for part in ("validation", "test")}
    shares = [
        0.0 if len(given[part]) else share
        for part, share in (("validation", validation), ("test", test))
    ]
    rest = _parts(train, _divide(_labels(train), seed, *shares))
    return Parts(
        train=rest.train,
        validation=examples.take(given["validation"])
        if len(given["validation"])
        else rest.validation,
        test=examples.take(given["test"]) if len(given["test"]) else rest.test,
    )


def split_with_test(
    examples: Examples, test: Examples, *, seed: int, validation: float = 0.1
) -> Parts:
    """Divide `examples` as `split` does; `test`, read with the same classes, is the test part.

    Raises:
        DataError: as `split` does, or `test` has other channels.
    """
    check_match(examples, test)
    parts = split(examples, seed=seed, validation=validation, test=0.0)
    return replace(parts, test=test)


def check_match(examples: Examples, other: Examples) -> None:
    """Check that `other` can be read by a model that was made for `examples`.

    Raises:
        DataError: it is of another kind or has other channels.
    """
    check_channels(other, examples.kind, examples.channels)


def check_channels(examples: Examples, kind: Kind, channels: Sequence[str]) -> None:
    """Check that examples are of `kind` and have `channels`.

    Raises:
        DataError: they are or have others.
    """
    place = one_line(examples.source)
    if examples.kind is not kind:
        raise DataError(f"{place}: holds {examples.kind} where {kind} is needed")
    if len(examples.channels) != len(channels):
        unit = {Kind.IMAGE: "numbers in a row of an image"}.get(kind, "channels")
        raise DataError(
            f"{place}: has {len(examples.channels)} {unit} where {len(channels)} are needed; "
            "give data of one form"
        )
    if tuple(examples.channels) != tuple(channels):
        raise DataError(
            f"{place}: has the channels {_listed(examples.channels)} where "
            f"{_listed(channels)} are needed; name the same columns in the same order"
        )


def _divide(
    labels: np.ndarray, seed: int, validation: float, test: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows to train on, of validation and of test: each class by its shares, in the file's order.

    >>> [rows.tolist() for rows in _divide(np.array([0, 0, 0, 0, 1, 1, 1]), 0, 0.2, 0.2)]
    [[1, 3, 5], [2, 6], [0, 4]]
    """
    found: tuple[list[np.ndarray], ...] = ([], [], [])
    for number in np.unique(labels):
        rows = np.flatnonzero(labels == number)
        rows = rows[np.random.default_rng([seed, int(number)]).permutation(len(rows))]
        spare = len(rows) - 1  # one stays to train on
        of_validation = min(_share(len(rows), validation), spare)
        of_test = min(_share(len(rows), test), spare - of_validation)
        cuts = [of_validation, of_validation + of_test]
        for part, some in zip((1, 2, 0), np.split(rows, cuts), strict=True):
            found[part].append(some)
    train, chosen, scored = (np.sort(np.concatenate(part)) for part in found)
    return train, chosen, scored


def _share(number: int, share: float) -> int:
    return 0 if share == 0 else max(1, round(number * share))


def _parts(examples: Examples, rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Parts:
    train, validation, test = (examples.take(part) for part in rows)
    return Parts(train, validation, test)


def _labels(examples: Examples) -> np.ndarray:
    if examples.labels is None:
        raise DataError(f"{one_line(examples.source)}: there are no labels to train on")
    return examples.labels


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    listed = sorted(names)
    try:
        values = [float(name) for name in listed]
    except ValueError:
        return tuple(listed)
    order = np.argsort(values, kind="stable")  # NaN last
    return tuple(listed[i] for i in order)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(shorten(name) for name in names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"


def _add(seen: hashlib._Hash, part: bytes) -> None:
    """Each part with its length, so that no two lists of parts look alike."""
    seen.update(len(part).to_bytes(8, "little"))
    seen.update(part)
