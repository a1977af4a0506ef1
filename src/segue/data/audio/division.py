"""Recordings divided into parts, no speaker being heard in two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segue.data.audio.utterances import Utterances
from segue.data.folds import stratified_folds
from segue.data.wording import one_line
from segue.errors import DataError

_SHARE = 0.1  # of the recordings, for each part that is held back


@dataclass(frozen=True)
class Division:
    """Recordings to train on, to choose by and to score on.

    Attributes:
        train: utterances.
        dev: utterances.
        test: utterances.
        speakers: what is to be said of the speakers, in a sentence.
    """

    train: Utterances
    dev: Utterances
    test: Utterances
    speakers: str


def divide(
    whole: Utterances, dev: Utterances | None, test: Utterances | None, seed: int
) -> Division:
    """Divide as the list says, else by speakers, else, where none is named, by recordings.

    Args:
        whole: what is divided; what it says of parts holds.
        dev: recordings to choose by, where they have a list of their own.
        test: recordings to score on, likewise.
        seed: of the draw.

    Raises:
        DataError: there are too few recordings.
    """
    parts = np.array([item.part or "train" for item in whole], dtype="<U10")
    asked = [
        name
        for name, given in (("validation", dev), ("test", test))
        if given is None and not (parts == name).any()
    ]
    free = np.flatnonzero(parts == "train")
    for name, rows in zip(asked, _drawn(whole, free, len(asked), seed), strict=True):
        parts[rows] = name
    train, own_dev, own_test = (
        whole.take(np.flatnonzero(parts == name)) for name in ("train", "validation", "test")
    )
    found = train, dev or own_dev, test or own_test
    if not all(found):
        raise DataError(
            f"{one_line(whole.source)}: {len(whole)} recordings leave none to train on; give more"
        )
    return Division(*found, _speakers(train, found[2]))


def _drawn(whole: Utterances, free: np.ndarray, count: int, seed: int) -> list[np.ndarray]:
    """The rows of `count` parts that are held back."""
    if not count:
        return []
    if len(free) < 2 * (count + 1):
        raise DataError(
            f"{one_line(whole.source)}: {len(free)} recordings are too few to train, to choose"
            " and to score; give at least 10"
        )
    items = [whole.items[row] for row in free]
    speakers = np.array([item.speaker for item in items])
    if (speakers != "").all() and len(np.unique(speakers)) > count:
        return [free[rows] for rows in _by_speaker(speakers, count, seed)]
    if whole.words:
        _, classes = np.unique([item.text or "" for item in items], return_inverse=True)
        folds = stratified_folds(classes.astype(np.int64), round(1 / _SHARE), seed)
        return [free[folds == number] for number in range(count)]
    order = np.random.default_rng([seed, 11]).permutation(free)
    held = max(1, round(_SHARE * len(free)))
    return [order[number * held : (number + 1) * held] for number in range(count)]


def _by_speaker(speakers: np.ndarray, count: int, seed: int) -> list[np.ndarray]:
    """Speakers in random order, until each part has its share."""
    order = np.random.default_rng([seed, 11]).permutation(np.unique(speakers)).tolist()
    found = []
    for left in range(count, 0, -1):
        taken = [order.pop()]
        while len(order) > left and np.isin(speakers, taken).mean() < _SHARE:
            taken.append(order.pop())
        found.append(np.flatnonzero(np.isin(speakers, taken)))
    return found


def _speakers(train: Utterances, test: Utterances) -> str:
    known = {item.speaker for item in train} - {""}
    there = {item.speaker for item in test} - {""}
    if not known or not there:
        return "speakers are not named: the same voices may be in training and test"
    both = len(known & there)
    if both:
        return f"{both} of {len(there)} speakers of the test are in the training too"
    return f"none of {len(there)} speakers of the test is in the training"
