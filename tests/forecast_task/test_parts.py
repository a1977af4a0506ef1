"""How series are divided, what the model is given of the season, and what bounds its quantiles."""

import datetime
import math
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
import torch

from segue import Forecaster
from segue.errors import DataError
from segue.tasks import flow
from segue.tasks.forecast.data import panel_from_frame
from segue.tasks.forecast.describe import introduction
from segue.tasks.forecast.prepared import Prepared
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.forecast.task import ForecastTask

SMALL = {"epochs": 1, "hidden": 4}
QUANTILES = ["q0.05", "q0.1", "q0.25", "q0.5", "q0.75", "q0.9", "q0.95"]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def daily(rows: int, shop: str = "a", seed: int = 0, season: int = 7) -> pl.DataFrame:
    rng, n = np.random.default_rng(seed), np.arange(rows)
    first = datetime.date(2024, 1, 1)
    return pl.DataFrame(
        {
            "day": [first + datetime.timedelta(int(k)) for k in n],
            "shop": shop,
            "sold": 50 + 10 * np.sin(2 * math.pi * n / season) + rng.normal(size=rows),
        }
    )


def prepared(frame: pl.DataFrame, **named: object) -> Prepared:
    given = {"horizon": 5, "time": "day", "target": "sold", "series": "shop", **SMALL, **named}
    settings = ForecastSettings(**given)  # type: ignore[arg-type]
    panel = panel_from_frame(frame, settings.columns, fill=None, grid=settings.grid)
    found = flow.build(ForecastTask(), panel, settings, "frame")
    assert isinstance(found, Prepared)
    return found


def forecaster(**named: object) -> Forecaster:
    given = {"time": "day", "target": "sold", "series": "shop", **SMALL, **named}
    return Forecaster(5, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def uneven() -> Forecaster:
    """Two series to be cut, one that is too short."""
    frame = pl.concat([daily(90), daily(8, "new", seed=1), daily(90, "c", seed=2)])
    return forecaster().fit(frame)


def test_a_short_series_is_forecast_but_not_scored(uneven: Forecaster) -> None:
    assert uneven.scores.windows == 2 * (18 - 5 + 1)
    found = uneven.predict()
    assert found["series"].unique().sort().to_list() == ["a", "c", "new"]
    assert found["q0.5"].is_finite().all()
    assert found.filter(pl.col("series") == "new")["time"][0] == datetime.date(2024, 1, 9)


def test_series_that_are_not_scored_are_named_and_counted() -> None:
    short = [daily(6 + n, f"short{n}", seed=n) for n in range(4)]
    ready = prepared(pl.concat([daily(90), *short]))
    line = next(line for line in introduction(ready) if "too short" in line)
    assert line == (
        "4 of 5 series are too short to be scored, but are forecast: 'short0', 'short1', 'short2'"
        " and 1 more"
    )
    assert ready.summary()["unscored"] == ["short0", "short1", "short2", "short3"]


def test_rows_of_a_short_series_train() -> None:
    from segue.data.splits import Part

    alone = len(prepared(daily(90)).windows(Part.TRAIN))
    more = len(prepared(pl.concat([daily(90), daily(10, "b")])).windows(Part.TRAIN))
    assert more > alone


def test_only_short_series_are_an_error() -> None:
    with pytest.raises(DataError, match="6 to train on, 5 to validate and 5 to test"):
        prepared(pl.concat([daily(12), daily(14, "b")]))


@pytest.mark.parametrize(("test", "windows"), [(5, 1), (7, 3)])
def test_parts_may_be_one_window(test: int, windows: int) -> None:
    made = forecaster(test=test, validation=5).fit(daily(80))
    assert made.scores.windows == windows


def test_without_a_test_the_validation_is_scored_and_this_is_said() -> None:
    ready = prepared(daily(80), test=0, validation=9)
    assert not ready.tested
    assert any("no test rows, so these are scored" in line for line in introduction(ready))
    made = forecaster(test=0, validation=9).fit(daily(80))
    assert made.scores.windows == 9 - 5 + 1


def test_a_season_that_is_given_reaches_the_path() -> None:
    ready = prepared(daily(200, season=9), season=9)
    assert ready.season == 9
    assert ready.model.config.seasons[0] == 9
    assert max(ready.model.config.smooth or (9,)) == 9


def test_a_week_of_hours_is_tried_beside_the_day() -> None:
    n = np.arange(1500)
    week = 20 * (n // 24 % 7 >= 5)
    noise = np.random.default_rng(0).normal(size=len(n))
    values = 50 + 10 * np.sin(2 * math.pi * n / 24) + week + noise
    first = datetime.datetime(2024, 1, 1)
    time = [first + datetime.timedelta(hours=int(k)) for k in n]
    frame = pl.DataFrame({"day": time, "shop": "a", "sold": values})
    assert prepared(frame, horizon=24).model.config.seasons == (24, 168)


@pytest.mark.parametrize(("context", "seen"), [(7, True), (6, False)])
def test_a_season_that_misses_the_context_is_said(context: int, seen: bool) -> None:
    ready = prepared(daily(120), context=context, season=7)
    lines = [line for line in introduction(ready) if "does not see the season" in line]
    assert ready.model.config.seasons == ((7,) if seen else ())
    said = "the model does not see the season of 7 steps: its context has 6; give 7 or more"
    assert [line.startswith(said) for line in lines] == ([] if seen else [True])


def counts(rows: int, least: float) -> pl.DataFrame:
    """Values close to 0, mostly noise, whose lower quantiles would be negative."""
    rng = np.random.default_rng(3)
    values = np.maximum(rng.exponential(1.0, rows) - 0.5, 0) + least
    return daily(rows).with_columns(sold=pl.Series(values))


def test_values_above_zero_have_no_negative_quantiles() -> None:
    frame = counts(120, 1e-3)
    assert prepared(frame).model.config.positive
    found = forecaster().fit(frame).predict().select(QUANTILES).to_numpy()
    assert (found >= 0).all()
    assert (np.diff(found, axis=1) >= 0).all()


def test_values_of_zero_need_to_be_told_positive() -> None:
    frame = counts(120, 0.0)
    assert not prepared(frame).model.config.positive
    below = forecaster().fit(frame).predict().select(QUANTILES).to_numpy()
    assert below.min() < 0
    found = forecaster(positive=True).fit(frame).predict().select(QUANTILES).to_numpy()
    assert found.min() == 0
    assert np.array_equal(found, np.maximum(below, 0))


def test_coverage_is_given_by_step(uneven: Forecaster) -> None:
    scores = uneven.scores
    assert np.shape(scores.coverage_by_step) == (3, 5)
    for (_, share), steps in zip(scores.coverage, scores.coverage_by_step, strict=True):
        assert np.mean(steps) == pytest.approx(share)
        assert np.mod(np.array(steps) * scores.windows, 1) == pytest.approx(0, abs=1e-9)
    details = scores.details()["coverage"]
    assert [pair["by_step"] for pair in details] == [list(s) for s in scores.coverage_by_step]


def test_the_path_is_fitted_to_the_newest_rows_unless_as_scored() -> None:
    """The level doubles in the test rows: only a path that saw them has other weights."""
    frame = daily(120).with_columns(
        sold=pl.when(pl.int_range(pl.len()) >= 96).then(pl.col("sold") * 2).otherwise("sold")
    )
    newest = forecaster(seed=1).fit(frame)
    scored = forecaster(seed=1, as_scored=True).fit(frame)
    assert newest.scores.model.metrics == scored.scores.model.metrics
    assert not newest.predict()["q0.5"].equals(scored.predict()["q0.5"])
