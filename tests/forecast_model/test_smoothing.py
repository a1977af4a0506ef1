"""Smoothing and decomposition, against brute force and what must hold."""

import numpy as np
import pytest

from segue.tasks.forecast import decomposition, smoothing
from segue.tasks.forecast.baselines import stl_ets, theta

EXPECTED = [
    1.869114306321,
    -1.379603669677,
    -1.531767796191,
    0.950078930529,
    1.917954349853,
    -1.208673087515,
    -1.639602577786,
    0.836842634433,
]


def errors(values: np.ndarray, parameters: np.ndarray, level: float, slope: float) -> np.ndarray:
    alpha, beta, phi = parameters
    found = []
    for value in values:
        error = value - level - phi * slope
        level, slope = level + phi * slope + alpha * error, phi * slope + beta * error
        found.append(error)
    return np.array([*found, level, slope])


@pytest.mark.parametrize("parameters", [(0.3, 0.0, 0.0), (0.5, 0.1, 1.0), (0.4, 0.2, 0.9)])
def test_states_start_where_the_squared_error_is_least(parameters: tuple[float, ...]) -> None:
    values = np.random.default_rng(0).normal(size=(2, 25)).cumsum(1)
    asked = np.tile(parameters, (2, 1))
    level, slope = smoothing.states(values, asked)
    for row in range(2):
        # The errors are linear in the first states: least squares over their columns.
        own = errors(values[row], asked[0], 0, 0)
        first = [errors(np.zeros(25), asked[0], *unit) for unit in np.eye(2)]
        columns = np.stack(first if parameters[2] else first[:1], axis=1)
        start = np.linalg.lstsq(columns[:25], -own[:25], rcond=None)[0]
        assert (own + columns @ start)[25:] == pytest.approx([level[row], slope[row]], abs=1e-9)


def test_fit_finds_the_parameters_that_made_the_values() -> None:
    rng = np.random.default_rng(1)
    level, values = 10.0, []
    for noise in rng.normal(size=2000):
        values.append(level + noise)
        level += 0.3 * noise
    assert smoothing.fit(np.array(values)[None], (smoothing.LEVEL,))[0, 0] == pytest.approx(
        0.3, abs=0.07
    )
    trend = 3 + 2 * np.arange(30.0) + rng.normal(size=30)
    assert smoothing.fit(trend[None])[0, 2] == 1
    assert smoothing.fit(rng.normal(size=(1, 200)))[0, 2] == 0


def test_stl_takes_a_season_and_leaves_a_line() -> None:
    steps, wave = np.arange(60), np.tile([2.0, -1.0, 0.0, -1.0], 15)
    found = decomposition.seasonal_part((steps + wave)[None], 4)[0]
    assert found == pytest.approx(wave, abs=1e-9)
    assert decomposition.seasonal_part(3.0 + 2.0 * steps[None], 4) == pytest.approx(0, abs=1e-9)


def test_stl_is_as_cleveland_has_it() -> None:
    # statsmodels 0.14, STL(values, period=4, seasonal=11, robust=False).fit(2, 0).seasonal
    values = np.random.default_rng(0).normal(size=24).cumsum() + np.tile([3.0, 0, -1, 1], 6)
    found = decomposition.seasonal_part(values[None], 4)[0]
    assert found[:8] == pytest.approx(EXPECTED, abs=1e-9)


def test_theta_goes_on_with_half_of_a_trend_and_the_whole_of_a_season() -> None:
    steps, factor = np.arange(80.0), np.tile([0.5, 1.5, 1.0, 1.0], 20)
    found = theta(((200 + steps) * factor)[None], 4, 4)[0]
    assert found == pytest.approx((279 + 0.5 * np.arange(1, 5)) * factor[:4], rel=0.01)
    both = stl_ets((200 + 3 * steps + 9 * factor)[None], 4, 4)[0]
    assert both == pytest.approx(200 + 3 * np.arange(80, 84) + 9 * factor[:4], rel=1e-6)
