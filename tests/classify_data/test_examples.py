"""Examples: division by class, classes and ids checked, one digest for one content."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.data.ragged import Ragged
from segue.data.vocabulary import VocabularySettings, fit_vocabulary
from segue.errors import DataError
from segue.tasks.examples.examples import (
    Examples,
    Kind,
    check_channels,
    label_codes,
    split,
    split_with_test,
)


def texts(labels, division=None, classes=None):
    n = len(labels)
    names = classes or tuple(str(i) for i in range(max(labels) + 1))
    return Examples(
        Kind.TEXT,
        "films.csv",
        tuple(f"f{i}" for i in range(n)),
        tuple(f"row {i + 2}" for i in range(n)),
        names,
        np.array(labels),
        texts=tuple(f"text number {i}" for i in range(n)),
        division=None if division is None else np.array(division),
    )


def series(n=4, steps=3, channels=2):
    ragged = Ragged.of(np.full((steps, channels), i, np.float32) for i in range(n))
    names = tuple(f"c{i}" for i in range(channels))
    labels = np.arange(n) % 2
    ids = tuple(map(str, range(n)))
    return Examples(
        Kind.SERIES, "s.ts", ids, ids, ("a", "b"), labels, inputs=ragged, channels=names
    )


def ids(parts):
    return [set(part.ids) for part in (parts.train, parts.validation, parts.test)]


@given(
    st.lists(st.integers(0, 3), min_size=30, max_size=80),
    st.integers(0, 5),
    st.sampled_from([0.0, 0.1, 0.3]),
    st.sampled_from([0.0, 0.2]),
)
def test_a_division_is_complete_and_by_class(labels, seed, validation, test):
    labels = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, *labels]
    parts = split(texts(labels), seed=seed, validation=validation, test=test)
    train, chosen, scored = ids(parts)
    assert train | chosen | scored == {f"f{i}" for i in range(len(labels))}
    assert len(train) + len(chosen) + len(scored) == len(labels)
    for part, share in ((parts.validation, validation), (parts.test, test)):
        for number, of_class in enumerate(np.bincount(labels)):
            found = int((part.labels == number).sum()) if len(part) else 0
            assert found == (max(1, round(of_class * share)) if share else 0)
        assert sorted(part.ids, key=lambda name: int(name[1:])) == list(part.ids)


def test_a_division_follows_the_seed_alone():
    labels = [0, 1] * 40
    first = ids(split(texts(labels), seed=1))
    assert ids(split(texts(labels), seed=1)) == first
    assert ids(split(texts(labels), seed=2)) != first


def test_a_class_of_two_is_trained_on_and_validated():
    parts = split(texts([0] * 20 + [1, 1]), seed=0, validation=0.1, test=0.2)
    assert [int((p.labels == 1).sum()) for p in (parts.train, parts.validation)] == [1, 1]


def test_the_files_own_division_is_kept_and_what_it_lacks_is_made():
    division = ["train"] * 8 + ["test"] * 2
    parts = split(texts([0, 1] * 5, division), seed=0, validation=0.25)
    assert ids(parts)[2] == {"f8", "f9"}
    assert len(parts.validation) == 2
    named = split(texts([0, 1] * 5, ["train"] * 6 + ["validation"] * 2 + ["test"] * 2), seed=0)
    assert ids(named)[1:] == [{"f6", "f7"}, {"f8", "f9"}]


def test_a_test_file_is_the_test_part():
    other = replace(texts([0, 1]), source="test.csv")
    parts = split_with_test(texts([0, 1] * 10), other, seed=0, validation=0.1)
    assert parts.test is other
    assert len(parts.train) + len(parts.validation) == 20


REFUSED = {
    "one example": (texts([0]), "films.csv: the only example is of one class, '0'; give"),
    "one class": (texts([0, 0, 0]), "films.csv: all 3 examples are of one class, '0'; give"),
    "a class of one": (
        texts([0, 0, 0, 1]),
        "films.csv: row 5: the only example of class '1'; give at least two of each class, or "
        "remove it",
    ),
    "several of one": (
        texts([0, 0, 1, 2]),
        "films.csv: row 4: the only example of class '1' (2 classes have fewer than two); give",
    ),
    "none to train on": (
        texts([0, 1], ["test", "test"]),
        "films.csv: no example is marked to train on; mark some 'train'",
    ),
    "a class to test alone": (
        texts([0, 0, 1, 1], ["train", "train", "test", "test"]),
        "films.csv: there is no example of class '1' to train on; mark some of it 'train', or",
    ),
    "no labels": (replace(texts([0, 1]), labels=None), "films.csv: there are no labels to train"),
}


@pytest.mark.parametrize(("examples", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_trained_on_is_refused(examples, why):
    with pytest.raises(DataError) as caught:
        split(examples, seed=0)
    assert str(caught.value).startswith(why)


def test_a_text_without_tokens_is_refused():
    examples = replace(texts([0, 1]), texts=("fine", "\u200b"))
    vocabulary = fit_vocabulary(["fine"], VocabularySettings(split="space"))
    encoded = examples.encoded(vocabulary)
    assert encoded.inputs.values.tolist() == [2, 1]
    with pytest.raises(DataError, match=r"films.csv: row 3: the text is empty; write it"):
        replace(examples, texts=("fine", " ")).encoded(vocabulary)


def test_taking_keeps_what_belongs_together():
    taken = texts([0, 1, 0], ["train", "test", "train"]).take(np.array([2, 0]))
    assert taken.ids == ("f2", "f0")
    assert taken.texts == ("text number 2", "text number 0")
    assert taken.labels.tolist() == [0, 0]
    assert taken.division.tolist() == ["train", "train"]
    numbers = series().take(np.array([3, 1]))
    assert [numbers.inputs[i][0, 0] for i in range(2)] == [3, 1]


def test_a_digest_tells_contents_apart_and_nothing_else():
    base = texts([0, 1])
    assert base.digest() == texts([0, 1]).digest()
    assert replace(base, source="other.csv", where=("a", "b")).digest() == base.digest()
    vocabulary = fit_vocabulary(base.texts, VocabularySettings())
    assert base.encoded(vocabulary).digest() == base.digest()
    changed = [
        replace(base, labels=np.array([1, 0])),
        replace(base, ids=("x", "f1")),
        replace(base, division=np.array(["train", "test"])),
        replace(base, classes=("0", "one")),
        replace(base, texts=("text number 0t", "ext number 1")),
        series(),
        series(n=3),
        series(channels=1),
        replace(series(), channels=("c0", "x")),
        replace(series(), inputs=Ragged(series().inputs.values + 1, series().inputs.offsets)),
    ]
    assert len({one.digest() for one in [base, *changed]}) == len(changed) + 1


def test_classes_are_sorted_as_people_count():
    assert label_codes(["10", "9", "-1"], None, "x", ["", "", ""])[0] == ("-1", "9", "10")
    classes, codes = label_codes(["b", "10", "9", "nan"], None, "x", [""] * 4)
    assert classes == ("10", "9", "b", "nan")
    assert codes.tolist() == [2, 0, 1, 3]
    assert label_codes(["nan", "2", "1"], None, "x", [""] * 3)[0] == ("1", "2", "nan")


def test_a_label_never_seen_is_refused():
    with pytest.raises(DataError) as caught:
        label_codes(["a", "c"], ("a", "b"), "test.csv", ["row 2", "row 3"])
    assert str(caught.value) == (
        "test.csv: row 3: the label 'c' is none of the classes trained on ('a', 'b'); correct it, "
        "or train with it"
    )


@pytest.mark.parametrize(
    ("kind", "channels", "why"),
    [
        (Kind.TEXT, (), "s.ts: holds series where text is needed"),
        (Kind.SERIES, ("c0",), "s.ts: has 2 channels where 1 are needed; give data of one form"),
        (Kind.SERIES, ("c1", "c0"), "s.ts: has the channels 'c0', 'c1' where 'c1', 'c0' are"),
    ],
)
def test_channels_that_disagree_are_refused(kind, channels, why):
    with pytest.raises(DataError) as caught:
        check_channels(series(), kind, channels)
    assert str(caught.value).startswith(why)
