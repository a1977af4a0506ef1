"""Ticks are inside the axis, few, rising, and told apart by their labels."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segue.insight.calendar import Time, axis, positions
from segue.insight.numerals import column, number
from segue.insight.scales import Linear, Log, Scale, number_scale, position_scale, ratio_scale

values = st.floats(-1e12, 1e12) | st.floats(-1e-6, 1e-6) | st.sampled_from([0.0, 1e9, 1e-300])


def check_ticks(scale: Scale, most: int) -> None:
    ticks = scale.ticks(most)
    places = [tick.value for tick in ticks]
    reach = (scale.high - scale.low) * 1e-6
    assert all(scale.low - reach <= place <= scale.high + reach for place in places)
    assert places == sorted(set(places))
    assert len(ticks) <= most + 3
    fractions = scale.fractions(np.array(places, dtype=np.float64))
    assert ((fractions >= -1e-6) & (fractions <= 1 + 1e-6)).all()


@example([5e-324], 2, True)
@given(st.lists(values, min_size=1, max_size=5), st.integers(2, 9), st.booleans())
def test_number_scales(numbers: list[float], most: int, zero: bool) -> None:
    scale = number_scale([np.array(numbers)], zero=zero)
    assert scale.low < scale.high
    inside = scale.fractions(np.array(numbers))
    assert ((inside >= -1e-9) & (inside <= 1 + 1e-9)).all()
    check_ticks(scale, most)
    labels = [tick.label for tick in scale.ticks(most)]
    assert len(set(labels)) == len(labels)
    assert all(len(label) <= 14 for label in labels)


@given(st.lists(st.floats(1e-30, 1e30), min_size=1, max_size=5), st.integers(2, 9))
def test_ratio_scales(numbers: list[float], most: int) -> None:
    scale = ratio_scale([np.array(numbers)])
    check_ticks(scale, most)
    assert len(scale.ticks(most)) >= 1
    assert np.isfinite(scale.fractions(np.array(numbers))).all()


@given(st.integers(-60_000_000_000, 60_000_000_000), st.floats(0.01, 6e10), st.integers(3, 8))
def test_time_scales(start: int, length: float, most: int) -> None:
    scale = Time(float(start), start + length)
    check_ticks(scale, most)
    ticks = scale.ticks(most)
    if len(ticks) > 0 and length > 60:
        assert ticks[0].context or ticks[0].label.lstrip("-").isdigit()


@pytest.mark.parametrize(
    ("start", "stop", "labels"),
    [
        ("2024-02-28T00", "2024-03-02T00", ["28 Feb|2024", "29 Feb|", "1 Mar|", "2 Mar|"]),
        ("2023-12-31T20", "2024-01-01T05", ["21:00|31 Dec 2023", "00:00|1 Jan 2024", "03:00|"]),
        ("2023-11-15T00", "2024-02-15T00", ["Dec|2023", "Jan|2024", "Feb|"]),
        ("1950-01-01T00", "2020-01-01T00", ["1960|", "1980|", "2000|", "2020|"]),
        ("2024-01-01T00:00:00", "2024-01-01T00:00:20", ["00:00:00|1 Jan 2024", "00:00:05|"]),
    ],
)
def test_times_read_as_people_write_them(start: str, stop: str, labels: list[str]) -> None:
    ends = positions(np.array([start, stop], dtype="M8[us]"))
    ticks = [f"{t.label}|{t.context}" for t in Time(*ends).ticks(4)]
    assert ticks[: len(labels)] == labels


def test_whole_numbers_have_whole_ticks() -> None:
    assert [t.label for t in Linear(1, 4, whole=True).ticks(8)] == ["1", "2", "3", "4"]
    assert position_scale([np.arange(3.0)], whole=True) == Linear(0, 2, whole=True)


def test_numbers_that_are_not_finite_have_no_place() -> None:
    odd = np.array([np.nan, np.inf, -np.inf])
    for scale in (Linear(0, 1), Log(1, 100), number_scale([odd]), ratio_scale([odd])):
        assert np.isnan(scale.fractions(odd)).all()
    assert np.isnan(Log(1, 100).fractions(np.array([0.0, -1.0]))).all()


def test_the_axis_follows_the_values() -> None:
    assert isinstance(axis([np.arange(5)]), Linear)
    monthly = axis([np.array(["2020-01", "2020-02"], dtype="M8[M]")])
    assert monthly.say(monthly.low) == "2020-01"
    hourly = axis([np.array(["2020-01-01T01", "2020-01-01T02"], dtype="M8[us]")])
    assert hourly.say(hourly.low) == "2020-01-01 01:00"
    single = axis([np.array(["2020-01-05"], dtype="M8[us]")])
    assert single.high - single.low == 2 * 86400
    assert axis([np.array([], dtype="M8[us]")]).ticks(3) is not None


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_can_be_written(value: float) -> None:
    text = number(value)
    assert text
    assert len(text) <= 16
    assert "e" not in text or not math.isfinite(value)


def test_columns_have_one_notation() -> None:
    assert column([0.00012, 0.5]) == ("0.0001", "0.5000")
    assert column([1e-9, float("nan")]) == ("1.000×10⁻⁹", "not finite")  # noqa: RUF001
    assert column([None]) == ("–",)  # noqa: RUF001
    assert column([]) == ()
