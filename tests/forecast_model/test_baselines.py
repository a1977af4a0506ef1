"""Free forecasts, on histories whose future is plain."""

import numpy as np
import pytest

from segue.tasks.forecast.baselines import BASELINES, drift, naive, naive2, seasonal_naive


def test_each_continues_what_it_assumes() -> None:
    steps = np.arange(30.0)
    line, wave = 2 + 0.5 * steps, np.tile([1.0, 4.0, 2.0], 10)
    assert naive(line[None], 2).tolist() == [[16.5, 16.5]]
    assert drift(line[None], 3) == pytest.approx(np.array([[17.0, 17.5, 18.0]]))
    assert seasonal_naive(wave[None], 5, 3).tolist() == [[1.0, 4.0, 2.0, 1.0, 4.0]]


def test_naive2_finds_a_multiplicative_season_on_a_trend() -> None:
    steps = np.arange(96)
    factor = np.tile([0.5, 1.0, 1.5, 1.0], 24)
    forecast = naive2(((100 + steps) * factor)[None], 4, 4)[0]
    expected = 196 * np.array([0.5, 1.0, 1.5, 1.0])
    assert forecast == pytest.approx(expected, rel=0.03)


def test_naive2_is_naive_without_a_season() -> None:
    noise = np.random.default_rng(0).normal(10, 1, size=(3, 80))
    assert (naive2(noise, 4, 1) == naive(noise, 4)).all()
    assert (naive2(noise[:, :10], 4, 4) == naive(noise[:, :10], 4)).all()


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("length", [1, 2, 5, 40])
def test_rows_do_not_see_each_other_and_histories_may_be_short(name: str, length: int) -> None:
    history = np.random.default_rng(2).normal(size=(4, length))
    together = BASELINES[name](history, 6, 7)
    assert together.shape == (4, 6)
    assert np.isfinite(together).all()
    for row in range(4):
        alone = BASELINES[name](history[row : row + 1], 6, 7)
        assert alone[0] == pytest.approx(together[row], rel=1e-9, abs=1e-12)
