"""Windows are gathered a piece at a time; what they hold is what each row's number says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.errors import DataError
from segue.tasks.forecast.data import Columns, Frequency, Panel, Series, Unit
from segue.tasks.forecast.features import Cycle, calendar
from segue.tasks.forecast.windows import Shape, Table, Vocabulary, Windows

HOUR = np.timedelta64(1, "h")
START = np.datetime64("2024-02-28T05", "us")


def made(lengths: list[int], targets: int, unit: Unit, gap: int) -> Panel:
    frequency = Frequency(1, unit)
    series = []
    for number, length in enumerate(lengths):
        rng = np.random.default_rng(number)
        rows = np.arange(length) * gap + number
        time = frequency.advance(np.full(length, START), rows)
        values = rng.normal(size=(length, targets))
        covariates = rng.normal(size=(length, 1)), rng.normal(size=(length, 2))
        series.append(Series(f"s{number}", time, values, *covariates, ()))
    names = tuple(f"y{i}" for i in range(targets))
    columns = Columns("t", names, known=("k",), past=("p", "q"))
    return Panel(columns, frequency, tuple(series))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(3, 30), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(1, 40),
    st.integers(1, 3),
    st.integers(1, 7),
    st.sampled_from([Unit.HOUR, Unit.MONTH, Unit.BUSINESS_DAY]),
    st.integers(1, 3),
)
def test_a_window_holds_its_rows(lengths, targets, context, horizon, segment, unit, gap):
    panel, shape = made(lengths, targets, unit, gap), Shape(context, horizon, segment)
    vocabulary = Vocabulary(tuple(s.id for s in panel.series), (), tuple(Cycle))
    table = Table(panel, vocabulary, horizon)
    last = np.array(lengths) - horizon
    windows = Windows(table, shape, np.minimum(1, last), last)
    batch = windows.batch(np.arange(len(windows)))
    n, m = shape.segments
    for i, (s, c, origin) in enumerate(zip(*windows.locate(np.arange(len(windows))), strict=True)):
        series = panel.series[s]
        back = np.maximum(np.arange(origin - n * segment, origin), max(origin - context, 0))
        ahead = np.minimum(np.arange(origin, origin + m * segment), origin + horizon - 1)
        every = np.concatenate([back, ahead])
        assert (batch.context[i].numpy() == series.target[back, c]).all()
        assert (batch.target[i].numpy() == series.target[origin : origin + horizon, c]).all()
        assert (batch.known[i].numpy() == series.known[every]).all()
        assert (batch.past[i].numpy() == series.past[back]).all()
        expected = calendar(series.time[every[::segment]], tuple(Cycle))
        assert np.abs(batch.calendar[i].numpy() - expected).max() < 1e-6


def test_the_calendar_goes_on_behind_the_rows() -> None:
    panel = made([4, 6], 1, Unit.HOUR, 1)
    table = Table(panel, Vocabulary(("s0", "s1"), (), (Cycle.DAY,)), 3)
    expected = [calendar(START + (np.arange(7 + 2 * s) + s) * HOUR, [Cycle.DAY]) for s in (0, 1)]
    assert (table.calendar(np.arange(16)) == np.concatenate(expected)).all()


def test_harmonics_are_sines_and_cosines_of_multiples() -> None:
    time = START + np.arange(100_000) * HOUR
    found = calendar(time, [Cycle.DAY, Cycle.YEAR])
    for cycle, first in ((Cycle.DAY, 0), (Cycle.YEAR, Cycle.DAY.features)):
        for k in range(cycle.features // 2):
            angle = 2 * np.pi * (k + 1) * cycle.phase(time)
            assert np.abs(found[:, first + 2 * k] - np.sin(angle)).max() < 1e-6
            assert np.abs(found[:, first + 2 * k + 1] - np.cos(angle)).max() < 1e-6


def test_names_in_the_error_are_escaped() -> None:
    panel = made([9], 1, Unit.HOUR, 1)
    series = replace(panel.series[0], id="a\x1b[31m")
    table = Table(replace(panel, series=(series,)), Vocabulary(("a\x1b[31m",), (), ()), 2)
    with pytest.raises(DataError, match=r"series 'a\\x1b\[31m': the known") as caught:
        Windows.of_future(table, Shape(3, 2, 1))
    assert str(caught.value).isprintable()
