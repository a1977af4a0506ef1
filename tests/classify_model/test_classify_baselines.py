"""Baselines on rows whose answer is known."""

import sys

import numpy as np
import pytest

from segue.errors import OptionError
from segue.tasks.examples import baselines
from segue.tasks.examples.baselines import (
    linear_numbers,
    linear_text,
    most_frequent,
    nearest_neighbour,
)


def test_most_frequent_decides_one_class_for_all() -> None:
    found = most_frequent(np.array([2, 2, 0, 2]), classes=4, rows=3)
    assert found.tolist() == [[0.25, 0, 0.75, 0]] * 3


@pytest.mark.parametrize("characters", [False, True])
def test_linear_text_learns_words(characters: bool) -> None:
    texts = ["a fine film", "fine acting", "a dull film", "dull, dull acting"] * 3
    found = linear_text(
        texts, np.array([0, 0, 2, 2] * 3), ["fine", "dull"], 4, characters=characters
    )
    assert found.shape == (2, 4)
    assert found.argmax(1).tolist() == [0, 2]
    assert found[:, [1, 3]].sum() == 0, "no training row has these classes"
    assert found.sum(1) == pytest.approx([1, 1])


def test_linear_text_takes_texts_of_any_script_and_of_signs_alone() -> None:
    found = linear_text(
        ["да", "нет", "!", "?"], np.array([0, 1, 0, 1]), ["да", "?"], 2, characters=False
    )
    assert found.argmax(1).tolist() == [0, 1]


def test_linear_numbers_bring_columns_to_one_scale() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3)) * [1e6, 1e-6, 0] + [0, 5, 3]
    labels = (rows[:, 1] > 5).astype(np.int64)
    rows[0, 0] = np.nan
    found = linear_numbers(rows, labels, rows, 2)
    assert (found.argmax(1) == labels).mean() > 0.95


def test_of_many_rows_evenly_spaced_ones_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(baselines, "_NUMBERS", 3000)
    rows = np.repeat([[-1.0], [1.0]], 4000, axis=0)
    labels = np.repeat([0, 1], 4000)
    assert (linear_numbers(rows, labels, rows, 2).argmax(1) == labels).all()


def bump(at: int, size: int, channels: int = 1) -> np.ndarray:
    series = np.zeros((size, channels))
    series[at : at + 3] = 1
    series[at + 3 : at + 5] = -1
    return series


def test_nearest_neighbour_warps_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [bump(10, 60), -bump(10, 60)]
    found = nearest_neighbour(rows, np.array([0, 1]), [bump(14, 60), -bump(5, 57)], 3)
    assert "DTW" in found.name
    assert found.probabilities.tolist() == [[1, 0, 0], [0, 1, 0]]
    monkeypatch.setattr(baselines, "_CELLS", 10)
    quick = nearest_neighbour(rows, np.array([0, 1]), [bump(10, 60)], 3)
    assert "Euclid" in quick.name
    assert "too slow" in quick.name
    assert quick.probabilities.argmax(1).tolist() == [0]


def test_nearest_neighbour_measures_every_channel_in_its_own_scale() -> None:
    rng = np.random.default_rng(0)
    wide = [np.stack([rng.normal(size=20) * 1e3, np.full(20, side)], 1) for side in (0.0, 1.0)]
    asked = np.stack([rng.normal(size=20), np.ones(20)], 1)
    asked[3, 0] = np.nan
    wide = [np.c_[series, np.full(20, np.nan)] for series in wide]  # a channel without a value
    asked = np.c_[asked, np.full(20, np.nan)]
    found = nearest_neighbour(wide, np.array([0, 1]), [asked], 2)
    assert found.probabilities.argmax(1).tolist() == [1]


def test_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("linear_model", "feature_extraction.text", "exceptions"):
        monkeypatch.setitem(sys.modules, f"sklearn.{name}", None)
    with pytest.raises(OptionError, match=r"segue\[classify\]"):
        linear_text(["a", "b"], np.array([0, 1]), ["a"], 2, characters=False)
    with pytest.raises(OptionError, match=r"segue\[classify\]"):
        linear_numbers(np.eye(2), np.array([0, 1]), np.eye(2), 2)
