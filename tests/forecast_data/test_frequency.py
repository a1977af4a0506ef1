"""The frequency that is found, its label, its seasons, and the times that it leads to."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.tasks.forecast.frequency import Frequency, Unit, find_frequency


def spaced(start: str, step: int, unit: str, n: int) -> np.ndarray:
    return np.datetime64(start, "us") + np.arange(n) * np.timedelta64(step, unit)


def by_months(start: str, step: int, n: int, *, end: bool = False) -> np.ndarray:
    month = np.datetime64(start, "M") + step * np.arange(n)
    day = (month + 1).astype("datetime64[D]") - 1 if end else month.astype("datetime64[D]")
    return day.astype("datetime64[us]")


def weekdays(start: str, n: int) -> np.ndarray:
    day = np.busday_offset(np.datetime64(start, "D"), np.arange(n), roll="forward")
    return day.astype("datetime64[us]")


CASES = [
    (spaced("2024-01-01", 250, "ms", 9), "250ms", (4,)),
    (spaced("2024-01-01", 1, "us", 9), "1us", (1,)),
    (spaced("2024-01-01", 1, "s", 9), "1s", (60, 3600)),
    (spaced("2024-01-01", 10, "m", 9), "10min", (144, 1008)),
    (spaced("2024-01-01", 30, "m", 9), "30min", (48, 336)),
    (spaced("2024-01-01T05:30", 1, "h", 9), "1h", (24, 168)),
    (spaced("2024-01-01", 5, "h", 9), "5h", (1,)),
    (spaced("2024-01-01", 1, "D", 9), "1d", (7, 365)),
    (spaced("2024-01-01", 1, "D", 5), "1d", (7, 365)),  # Monday to Friday: no weekend seen
    (spaced("2024-01-07", 7, "D", 9), "1w", (52,)),
    (spaced("2024-01-07", 14, "D", 9), "2w", (26,)),
    (spaced("2024-01-07", 28, "D", 9), "4w", (13,)),
    (weekdays("2024-01-03", 9), "1b", (5, 260)),
    (by_months("2023-11", 1, 9), "1mo", (12,)),
    (by_months("2023-11", 1, 2), "1mo", (12,)),
    (by_months("2023-11", 1, 9, end=True), "1mo", (12,)),
    (by_months("2023-01", 1, 9, end=True), "1mo", (12,)),
    (by_months("2023-11", 3, 9), "1q", (4,)),
    (by_months("2023-12", 3, 9, end=True), "1q", (4,)),
    (by_months("2023-11", 6, 9), "6mo", (2,)),
    (by_months("2023-11", 12, 9), "1y", (1,)),
    (by_months("2023-12", 12, 9, end=True), "1y", (1,)),
    (by_months("2023-11", 60, 9), "5y", (1,)),
    (np.arange(9), "1", (1,)),
    (np.arange(9) * 3600 - 7200, "3600", (1,)),
]


@pytest.mark.parametrize(("time", "label", "seasons"), CASES)
def test_found(time, label, seasons):
    frequency = find_frequency(time, np.zeros(len(time), int))
    assert frequency is not None
    assert (frequency.label, frequency.seasons) == (label, seasons)
    steps, exact = frequency.between(np.repeat(time[:1], len(time)), time)
    assert exact.all()
    assert steps.tolist() == list(range(len(time)))
    for cut in range(1, len(time)):
        future = frequency.future(time[cut - 1], len(time) - cut)
        assert future.dtype == time.dtype
        assert future.tolist() == time[cut:].tolist()


def test_month_ends_are_told_from_days_of_the_month():
    ends = by_months("2024-01", 1, 3, end=True)
    frequency = find_frequency(ends, np.zeros(3, int))
    assert frequency == Frequency(1, Unit.MONTH, month_end=True)
    assert frequency.future(np.datetime64("2024-02-29"), 1) == [np.datetime64("2024-03-31")]
    day = Frequency(1, Unit.MONTH)
    last = np.datetime64("2024-01-30T06:00")
    assert [str(t)[:16] for t in day.future(last, 2)] == ["2024-02-29T06:00", "2024-03-30T06:00"]


def test_the_common_step_wins_over_gaps_and_short_series():
    time = np.concatenate([spaced("2024-01-01", 1, "h", 9)[[0, 1, 2, 4, 8]]] * 2)
    series = np.repeat([0, 1], 5)
    assert find_frequency(time, series) == Frequency(1, Unit.HOUR)
    assert find_frequency(time[:2], np.array([0, 1])) is None


def test_a_weekend_row_makes_days_of_business_days():
    days = weekdays("2024-01-01", 10)
    with_saturday = np.sort(np.append(days, np.datetime64("2024-01-06", "us")))
    assert find_frequency(with_saturday, np.zeros(11, int)) == Frequency(1, Unit.DAY)


def test_business_days_go_on_after_the_weekend():
    step = Frequency(1, Unit.BUSINESS_DAY)
    for last in ("2024-03-01T16:00", "2024-03-02T16:00", "2024-03-03T16:00"):  # Fri, Sat, Sun
        assert step.future(np.datetime64(last), 1) == [np.datetime64("2024-03-04T16:00")]
    assert step.future(np.datetime64("2024-03-01"), 0).shape == (0,)


@given(
    st.sampled_from([unit for unit in Unit if unit is not Unit.INDEX]),
    st.integers(1, 40),
    st.datetimes(),
    st.integers(1, 20),
)
def test_future_is_made_of_single_steps(unit, step, start, n):
    start = start.replace(year=1000 + start.year % 1000, day=1 + start.day % 28)
    frequency = Frequency(step, unit)
    time = frequency.future(np.datetime64(start, "us"), n)
    assert (np.diff(time) > np.timedelta64(0)).all()
    for before, after in pairwise(time):
        assert frequency.future(before, 1) == [after]
