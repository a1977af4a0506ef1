"""Calendar features."""

import numpy as np
import pytest

from segue.tasks.forecast.features import Cycle, calendar, cycles


def _times(start: str, stop: str, step: str) -> np.ndarray:
    return np.arange(start, stop, dtype=f"datetime64[{step}]").astype("datetime64[us]")


@pytest.mark.parametrize(
    ("time", "found"),
    [
        (_times("2024-01-01", "2024-01-20", "h"), [Cycle.DAY, Cycle.WEEK]),
        (_times("2024-01-01T00", "2024-01-03T12", "h"), [Cycle.DAY]),
        (_times("2020-01-01", "2022-12-31", "D"), [Cycle.WEEK, Cycle.MONTH, Cycle.YEAR]),
        (_times("2020-01-01", "2021-10-01", "D"), [Cycle.WEEK, Cycle.MONTH]),
        (_times("2000-01", "2010-01", "M"), [Cycle.YEAR]),
        (_times("1900", "2000", "Y"), []),
        (np.arange(1000), []),
        (_times("2024-01-01", "2024-01-02", "D"), []),
    ],
)
def test_only_cycles_that_the_times_cover_twice_and_resolve(time, found) -> None:
    assert list(cycles(time)) == found


def test_phases() -> None:
    time = np.array(["2024-01-01T00", "2024-02-29T18", "2023-12-31T23"], "datetime64[us]")
    np.testing.assert_allclose(Cycle.DAY.phase(time) * 24, [0, 18, 23])
    np.testing.assert_allclose(Cycle.WEEK.phase(time) * 7, [0, 3, 6])  # Monday, Thursday, Sunday
    np.testing.assert_allclose(Cycle.MONTH.phase(time), [0, 28.75 / 29, (30 + 23 / 24) / 31])
    np.testing.assert_allclose(Cycle.YEAR.phase(time) * 12, [0, 1 + 28.75 / 29, 12 - 1 / 31 / 24])


def test_times_before_1970_have_phases_in_range() -> None:
    time = _times("1899-12-25", "1901-01-10", "D")
    for cycle in Cycle:
        phase = cycle.phase(time)
        assert (phase >= 0).all()
        assert (phase < 1).all()
    assert Cycle.WEEK.phase(np.array(["1900-01-01"], "datetime64[us]")) == 0  # a Monday


def test_the_same_place_in_a_cycle_has_the_same_features() -> None:
    time = np.array(["2024-03-04", "2024-03-11", "2024-03-12"], "datetime64[us]")
    week = calendar(time, [Cycle.WEEK])
    np.testing.assert_allclose(week[0], week[1])
    assert np.abs(week[0] - week[2]).max() > 0.5


def test_columns_are_counted_right() -> None:
    time = _times("2024-01-01", "2024-01-10", "D")
    assert calendar(time, list(Cycle)).shape == (9, sum(cycle.features for cycle in Cycle))
    assert calendar(time, []).shape == (9, 0)
