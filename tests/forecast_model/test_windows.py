"""Windows: every one is scored, none sees what it forecasts, batches follow from their number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panel, ramp, windows_of, words

from segue.data.splits import Part
from segue.errors import DataError
from segue.tasks.forecast.windows import Cut, Shape, Table, Windows, default_cut


@given(steps=st.integers(4, 3000), horizon=st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_the_default_cut_leaves_a_horizon_everywhere(steps: int, horizon: int) -> None:
    if steps < 3 * horizon + 1:
        with pytest.raises(DataError, match="too few"):
            default_cut(steps, horizon)
        return
    cut = default_cut(steps, horizon)
    assert cut.train_end > horizon
    assert cut.validation_end - cut.train_end >= horizon
    assert steps - cut.validation_end >= horizon


def test_given_rows_are_held_back_exactly() -> None:
    assert default_cut(100, 5, validation=10, test=20) == Cut(70, 80)
    with pytest.raises(DataError, match="too few"):
        default_cut(30, 5, validation=10, test=15)


def test_context_and_target_are_the_rows_around_the_origin() -> None:
    shape = Shape(context=6, horizon=3, segment=3)
    windows = windows_of(ramp(20), shape, 6, 17)
    assert len(windows) == 12
    batch = windows.batch(np.arange(len(windows)))
    for row, origin in enumerate(range(6, 18)):
        assert batch.context[row].tolist() == list(range(origin - 6, origin))
        assert batch.target[row].tolist() == list(range(origin, origin + 3))


def test_a_short_context_repeats_its_oldest_value_and_says_how_long_it_is() -> None:
    batch = windows_of(ramp(20), Shape(6, 3, 3), 2, 2).batch(np.array([0]))
    assert batch.context[0].tolist() == [0, 0, 0, 0, 0, 1]
    assert batch.lengths.tolist() == [2]


def test_every_window_of_a_part_is_there_and_none_reaches_over_its_end() -> None:
    data = panel(50, 33, 41)
    shape, cuts = Shape(8, 4, 4), [default_cut(n, 4) for n in (50, 33, 41)]
    table = Table(data, words(data), 4)
    for part in Part:
        windows = Windows.of_part(table, shape, cuts, part)
        series, _, origin = windows.locate(np.arange(len(windows)))
        seen = set(zip(series.tolist(), origin.tolist(), strict=True))
        assert len(seen) == len(windows)
        for s, cut in enumerate(cuts):
            start, end = cut.rows(part, len(data.series[s].target))
            first = max(start, shape.context) if part is Part.TRAIN else start
            expected = {(s, o) for o in range(first, end - shape.horizon + 1)}
            assert {pair for pair in seen if pair[0] == s} == expected


def test_a_forecast_never_sees_its_future() -> None:
    data, shape = panel(60, known=1), Shape(12, 6, 4)
    batch = windows_of(data, shape, 20, 20).batch(np.array([0]))
    data.series[0].target[20:] += 1000
    later = windows_of(data, shape, 20, 20).batch(np.array([0]))
    assert (batch.context == later.context).all()
    assert (batch.known == later.known).all()
    assert (batch.target != later.target).all()


def test_known_covariates_that_end_too_early_are_named() -> None:
    data = panel(30, known=2, ahead=2)
    table = Table(data, words(data), 4)
    with pytest.raises(DataError, match=r"'k0', 'k1'.*needs 4"):
        Windows.of_future(table, Shape(8, 4, 4))
