"""Naive2 and the free forecasts against the figures that M4 published."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from segue.tasks.forecast import metrics
from segue.tasks.forecast.baselines import naive, naive2, seasonal, seasonal_naive, theta

DATA = Path(os.environ.get("SEGUE_DATA", "../shared/data")) / "forecasting"


def test_seasonality_test() -> None:
    rng = np.random.default_rng(1)
    wave = np.tile([1.0, 2.0, 4.0, 2.0], 10)
    rows = np.stack([wave, wave + rng.normal(size=40), rng.normal(size=40), np.full(40, 3.0)])
    assert seasonal(rows, 4).tolist() == [True, True, False, False]
    assert seasonal(rows[:, :11], 4).tolist() == [False] * 4  # under three seasons
    assert seasonal(rows, 1).tolist() == [False] * 4


def test_naive2_recovers_multiplicative_factors() -> None:
    factors = np.array([0.5, 1.0, 1.5, 1.0])
    history = (10 * np.tile(factors, 6))[None]
    np.testing.assert_allclose(naive2(history, 6, 4)[0], 10 * np.tile(factors, 2)[:6])
    odd = (10 * np.tile([0.5, 1.0, 1.5], 8))[None]
    np.testing.assert_allclose(naive2(odd, 4, 3)[0], [5.0, 10.0, 15.0, 5.0])


def test_naive2_is_naive_without_a_season_or_with_values_not_above_zero() -> None:
    history = np.tile([-5.0, 10.0, 15.0], 8)[None]
    np.testing.assert_array_equal(naive2(history, 4, 3), naive(history, 4))
    np.testing.assert_array_equal(naive2(history + 10, 4, 1), naive(history + 10, 4))


@pytest.mark.parametrize(
    ("name", "season", "horizon", "smape", "mase"),
    [("weekly", 1, 13, 9.093, 2.637), ("hourly", 24, 48, 18.138, 2.455)],
)
def test_theta_is_as_m4_published_it(
    name: str, season: int, horizon: int, smape: float, mase: float
) -> None:
    train, truth = _m4(name)
    forecast = np.concatenate([theta(row[None], horizon, season) for row in train])
    scale = [metrics.naive_scale(row, season) for row in train]
    assert metrics.smape(forecast, truth) == pytest.approx(smape, rel=2e-3)
    assert metrics.mase(forecast, truth, scale) == pytest.approx(mase, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "season", "horizon", "baseline", "smape", "mase"),
    [
        ("weekly", 1, 13, naive, 9.161, 2.777),
        ("weekly", 1, 13, naive2, 9.161, 2.777),
        ("hourly", 24, 48, naive, 43.003, 11.608),
        ("hourly", 24, 48, seasonal_naive, 13.912, 1.193),
        ("hourly", 24, 48, naive2, 18.383, 2.395),
    ],
)
def test_the_figures_that_m4_published(
    name: str, season: int, horizon: int, baseline, smape: float, mase: float
) -> None:
    train, truth = _m4(name)
    forecast = np.concatenate([baseline(row[None], horizon, season) for row in train])
    scale = [metrics.naive_scale(row, season) for row in train]
    assert round(metrics.smape(forecast, truth), 3) == smape
    assert round(metrics.mase(forecast, truth, scale), 3) == mase


def _m4(name: str) -> tuple[list[np.ndarray], np.ndarray]:
    folder = DATA / f"m4_{name}"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there (github.com/Mcompetitions/M4-methods, Dataset)")
    train = _read(folder / f"{name.title()}-train.csv.gz")
    return train, np.stack(_read(folder / f"{name.title()}-test.csv.gz"))


def _read(path: Path) -> list[np.ndarray]:
    with gzip.open(path, "rt") as file:
        rows = list(csv.reader(file))[1:]
    return [np.array([float(cell) for cell in row[1:] if cell not in ("", "NA")]) for row in rows]
