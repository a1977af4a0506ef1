"""Runs that several tests look at, trained once."""

from pathlib import Path

import pytest
from commands import SHOPS, SMALL, Outcome, daily, segue, shops, write

DAILY = ("--time", "day", "--target", "sold", "--horizon", "7", *SMALL)


@pytest.fixture(scope="session")
def daily_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Outcome]:
    """File, run and what the command printed, for one series."""
    folder = tmp_path_factory.mktemp("daily")
    file = write(folder / "daily.csv", daily())
    return file, folder / "run", segue("train", "forecast", file, *DAILY, "--out", folder / "run")


@pytest.fixture(scope="session")
def shops_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Outcome]:
    """As `daily_run`, for several series with covariates of every kind."""
    folder = tmp_path_factory.mktemp("shops")
    file = write(folder / "shops.csv", shops())
    words = ("train", "forecast", file, *SHOPS, *SMALL, "--out", folder / "run", "--json")
    return file, folder / "run", segue(*words)
