"""Distances between series against their definition, written as two loops."""

import numpy as np
import pytest
from numpy.typing import NDArray

from segue.data import distances
from segue.data.distances import dtw, dtw_cells, euclid

Floats = NDArray[np.float64]


def by_definition(a: Floats, b: Floats, band: int) -> float:
    reach = max(band, abs(len(a) - len(b)))
    table = np.full((len(a) + 1, len(b) + 1), np.inf)
    table[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            if abs(i - j) <= reach:
                least = min(table[i, j], table[i, j + 1], table[i + 1, j])
                table[i + 1, j + 1] = ((a[i] - b[j]) ** 2).sum() + least
    return float(np.sqrt(table[-1, -1]))


def some(lengths: list[int], channels: int) -> list[Floats]:
    rng = np.random.default_rng(len(lengths))
    return [rng.normal(size=(n, channels)) for n in lengths]


@pytest.mark.parametrize("band", [0, 1, 3, 50])
@pytest.mark.parametrize("channels", [1, 3])
def test_dtw_is_its_definition(band: int, channels: int) -> None:
    left, right = some([1, 4, 7, 5, 11], channels), some([3, 6, 1, 9, 9, 11], channels)
    expected = [[by_definition(a, b, band) for b in right] for a in left]
    np.testing.assert_allclose(dtw(left, right, band), expected)


def test_dtw_in_blocks_is_dtw_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = some([4, 9, 2, 7, 7], 2), some([8, 3, 5], 2)
    whole = dtw(left, right, 2)
    monkeypatch.setattr(distances, "_BLOCK", 60)
    np.testing.assert_allclose(dtw(left, right, 2), whole)


def test_dtw_without_a_band_is_euclid() -> None:
    left, right = some([6, 6, 6], 2), some([6] * 4, 2)
    np.testing.assert_allclose(dtw(left, right, 0), euclid(left, right))


def test_euclid_stretches_to_the_longest() -> None:
    short, long = np.array([[0.0], [4.0]]), np.array([[0.0], [1.0], [2.0], [3.0], [7.0]])
    assert euclid([short], [long])[0, 0] == pytest.approx(3)
    assert euclid([np.array([[2.0]])], [long])[0, 0] == pytest.approx(np.sqrt(4 + 1 + 0 + 1 + 25))


def test_the_cost_of_dtw_is_known_before() -> None:
    left, right = some([10] * 3, 2), some([10] * 5, 2)
    assert dtw_cells(left, right, 1) == 3 * 5 * 10 * 3 * 2
    assert dtw_cells(left, right, 99) == 3 * 5 * 10 * 10 * 2
