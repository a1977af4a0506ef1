"""Measures against numbers reckoned by hand, and their defining properties."""

import numpy as np
import pytest

from segue.tasks.forecast import metrics

FORECAST = np.array([[2.0, 2.0], [0.0, 8.0]])
TRUTH = np.array([[1.0, 4.0], [0.0, 4.0]])  # errors 1, 2, 0, 4


def test_smape_is_bounded_and_symmetric() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=100), draw.normal(size=100)
    assert metrics.smape(a, b) == pytest.approx(metrics.smape(b, a))
    assert metrics.smape(a, -a) == pytest.approx(200)
    assert metrics.smape([0.0, 1.0], [0.0, 3.0]) == pytest.approx(50)


def test_mase_of_the_naive_method_inside_its_history_is_one() -> None:
    history = np.array([3.0, 5.0, 4.0, 8.0, 7.0])
    scale = metrics.naive_scale(history)
    assert scale == pytest.approx((2 + 1 + 4 + 1) / 4)
    assert metrics.mase([history[:-1]], [history[1:]], [scale]) == pytest.approx(1)


def test_mase_leaves_out_rows_without_a_scale() -> None:
    assert np.isnan(metrics.naive_scale([2.0, 2.0, 2.0]))
    assert metrics.mase([[1.0], [9.0]], [[3.0], [0.0]], [2.0, np.nan]) == pytest.approx(1)
    assert np.isnan(metrics.mase([[1.0]], [[3.0]], [np.nan]))


def test_owa_of_naive2_is_one() -> None:
    assert metrics.owa(9.161, 2.777, 9.161, 2.777) == pytest.approx(1)


def test_quantile_loss_is_least_at_the_quantile() -> None:
    draw = np.random.default_rng(1)
    truth = draw.normal(size=20_000)
    for level in (0.1, 0.5, 0.9):
        right = np.quantile(truth, level)
        losses = [
            metrics.quantile_loss(np.full((len(truth), 1), right + off), truth, [level])
            for off in (-0.3, 0.0, 0.3)
        ]
        assert min(losses) == losses[1]


def test_coverage_counts_the_ends_in() -> None:
    held = metrics.inside([0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.1])
    assert held.tolist() == [True, True, False]


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="must be equal"):
        metrics.mae(np.zeros((2, 3)), np.zeros((3, 2)))


def test_absolute_and_squared_errors() -> None:
    assert metrics.mae(FORECAST, TRUTH) == 7 / 4
    assert metrics.mse(FORECAST, TRUTH) == 21 / 4


def test_smape_counts_zero_on_zero_as_no_error() -> None:
    terms = [1 / 3, 2 / 6, 0, 4 / 12]
    assert metrics.smape(FORECAST, TRUTH) == pytest.approx(200 * sum(terms) / 4)


def test_naive_scale() -> None:
    history = [1.0, 2.0, 4.0, 8.0]
    assert metrics.naive_scale(history) == pytest.approx((1 + 2 + 4) / 3)
    assert metrics.naive_scale(history, season=2) == pytest.approx((3 + 6) / 2)
    assert np.isnan(metrics.naive_scale([3.0, 3.0, 3.0]))
    assert np.isnan(metrics.naive_scale(history, season=4))


def test_quantile_loss() -> None:
    quantiles = np.array([[1.0, 2.0, 6.0]])
    # truth 4: above 1 by 3 (0.1 * 3), above 2 by 2 (0.5 * 2), below 6 by 2 (0.1 * 2)
    expected = (0.3 + 1.0 + 0.2) / 3
    assert metrics.quantile_loss(quantiles, [4.0], [0.1, 0.5, 0.9]) == pytest.approx(expected)


def test_quantile_loss_of_the_median_is_half_the_absolute_error() -> None:
    loss = metrics.quantile_loss(FORECAST[..., None], TRUTH, [0.5])
    assert loss == pytest.approx(metrics.mae(FORECAST, TRUTH) / 2)
