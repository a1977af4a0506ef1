"""`Forecaster`: what it does with frames, and that it agrees with the command line."""

import datetime
import inspect
import math
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from safetensors.torch import load_file

from segue import Forecaster
from segue.cells import by_name
from segue.data.source import Source
from segue.errors import DataError, OptionError, RunError
from segue.tasks.flow import train
from segue.tasks.registry import named
from segue.training import Interrupted, RunFolder, Silent


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def daily(rows: int = 150, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n = np.arange(rows)
    start = datetime.date(2024, 1, 1)
    return pl.DataFrame(
        {
            "day": [start + datetime.timedelta(int(k)) for k in n],
            "sold": 50 + 10 * np.sin(2 * math.pi * n / 7) + rng.normal(size=rows),
        }
    )


def test_its_arguments_have_the_types_of_python() -> None:
    shown = str(inspect.signature(Forecaster))
    assert "horizon: int, *, time: " in shown
    assert not re.search(r"Option\(|Annotated", shown)


def shops(rows: int = 90) -> pl.DataFrame:
    parts = []
    for number, shop in enumerate("abc"):
        frame = daily(rows, seed=number)
        parts.append(
            frame.with_columns(
                pl.lit(shop).alias("shop"),
                (pl.col("sold") * 2 + number).alias("visits"),
                pl.lit(f"city {number % 2}").alias("city"),
            )
        )
    return pl.concat(parts)


def weights_of(run: RunFolder) -> dict[str, list[object]]:
    """The tensors of a run, which do not depend on its id."""
    return {name: tensor.tolist() for name, tensor in load_file(run.weights_path).items()}


def small(horizon: int = 5, **named: object) -> Forecaster:
    return Forecaster(horizon, epochs=2, hidden=8, context=14, **named)  # type: ignore[arg-type]


SHOPS = {"series": "shop", "target": ["sold", "visits"], "static": ["city"]}


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return small().fit(daily())


@pytest.fixture(scope="module")
def fitted_shops() -> Forecaster:
    return small(**SHOPS).fit(shops())


def test_fit_predict(fitted: Forecaster) -> None:
    found = fitted.predict()
    assert isinstance(found, pl.DataFrame)
    levels = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
    assert found.columns == ["series", "target", "time", *(f"q{level:g}" for level in levels)]
    assert found["series"].to_list() == [None] * 5
    assert found["series"].dtype == pl.String
    assert found["time"].to_list()[0] == datetime.date(2024, 5, 30)
    assert fitted.scores.windows == 30 - 5 + 1
    assert fitted.run.report_path.is_file()
    assert found.equals(fitted.predict(daily()))


def test_several_targets_and_series(fitted_shops: Forecaster) -> None:
    found = fitted_shops.predict()
    keys = found.select("series", "target").unique(maintain_order=True).rows()
    assert keys == [(shop, target) for shop in "abc" for target in ("sold", "visits")]
    assert len(found) == 3 * 2 * 5


def test_each_forecast_is_independent_of_the_others(fitted_shops: Forecaster) -> None:
    together = fitted_shops.predict(shops())
    for shop in "abc":
        alone = fitted_shops.predict(shops().filter(pl.col("shop") == shop))
        rest = together.filter(pl.col("series") == shop)
        assert alone.drop("q0.05").columns == rest.drop("q0.05").columns
        a, b = (frame.select(pl.selectors.float()).to_numpy() for frame in (alone, rest))
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_pandas_in_pandas_out() -> None:
    frame = daily()
    columns = {"day": pd.to_datetime(frame["day"].to_list()), "sold": frame["sold"].to_numpy()}
    by_pandas = small().fit(pd.DataFrame(columns))
    found = by_pandas.predict()
    assert isinstance(found, pd.DataFrame)
    assert str(found["time"].dtype).startswith("datetime64")
    expected = small().fit(frame).predict()
    assert found["q0.5"].to_list() == expected["q0.5"].to_list()
    assert isinstance(by_pandas.predict(frame), pl.DataFrame)
    assert isinstance(by_pandas.predict(frame.lazy()), pl.DataFrame)
    indexed = pd.DataFrame({"sold": columns["sold"]}, index=pd.Index(columns["day"], name="day"))
    assert by_pandas.predict(indexed)["q0.5"].to_list() == found["q0.5"].to_list()


def test_save_and_load(fitted_shops: Forecaster, tmp_path: Path) -> None:
    fitted_shops.save(tmp_path / "kept")
    loaded = Forecaster.load(tmp_path / "kept")
    assert loaded.predict().equals(fitted_shops.predict())
    assert loaded.evaluate(shops()).verdict == fitted_shops.scores.verdict
    assert (tmp_path / "kept" / "report.html").is_file()
    with pytest.raises(RunError, match="no scores: fit this Forecaster"):
        _ = loaded.scores
    with pytest.raises(RunError, match="kept: holds a run already"):
        fitted_shops.save(tmp_path / "kept")
    loaded.save(tmp_path / "again")
    assert Forecaster.load(tmp_path / "again").predict().equals(loaded.predict())


def test_a_loaded_one_can_be_fitted_anew(fitted_shops: Forecaster, tmp_path: Path) -> None:
    fitted_shops.save(tmp_path / "kept")
    again = Forecaster.load(tmp_path / "kept").fit(shops())
    assert again.predict().equals(fitted_shops.predict())


def test_the_same_as_the_command_line(fitted_shops: Forecaster, tmp_path: Path) -> None:
    shops().write_parquet(tmp_path / "shops.parquet")
    roles = {"time": "day", "target": ("sold", "visits"), "series": "shop", "static": ("city",)}
    task = named("forecast")
    asked = {**roles, "horizon": 5, "epochs": 2, "hidden": 8, "context": 14}
    settings = task.about.settings.of(asked)
    run = tmp_path / "run"
    trained = train(task, Source.of(tmp_path / "shops.parquet"), settings, run, Silent())
    assert trained.scores.verdict == fitted_shops.scores.verdict
    assert dict(trained.scores.model.metrics) == dict(fitted_shops.scores.model.metrics)
    assert weights_of(fitted_shops.run) == weights_of(trained.run)
    assert Forecaster.load(run).predict().equals(fitted_shops.predict())


def test_seeds_differ() -> None:
    assert not small(seed=1).fit(daily()).predict().equals(small(seed=2).fit(daily()).predict())


def test_evaluate_is_the_scores_of_the_fit_and_goes_on(fitted: Forecaster) -> None:
    again = fitted.evaluate(daily())
    assert dict(again.model.metrics) == dict(fitted.scores.model.metrics)
    rng = np.random.default_rng(9)
    start = datetime.date(2024, 5, 30)
    newer = pl.DataFrame(
        {
            "day": [start + datetime.timedelta(k) for k in range(20)],
            "sold": 50 + rng.normal(size=20),
        }
    )
    longer = fitted.evaluate(pl.concat([daily(), newer]))
    assert longer.windows == fitted.scores.windows + 20


def test_a_new_series_is_scored_and_forecast(fitted_shops: Forecaster) -> None:
    new = shops().with_columns(pl.col("shop") + " new", city=pl.lit("elsewhere"))
    found = fitted_shops.predict(new)
    assert found["series"].unique().sort().to_list() == ["a new", "b new", "c new"]
    assert np.isfinite(found["q0.5"].to_numpy()).all()
    assert fitted_shops.evaluate(new).windows == 3 * 2 * (90 - 14 - 5 + 1)


def test_a_short_frame_is_forecast(fitted: Forecaster) -> None:
    found = fitted.predict(daily().tail(3))
    assert len(found) == 5
    assert np.isfinite(found["q0.5"].to_numpy()).all()


def test_backtest_sees_only_what_was_before_each_origin() -> None:
    frame = daily(60)
    folds = small().backtest(frame, origins=2)
    origins = [str(fold.origin)[:10] for fold in folds]
    assert origins == ["2024-02-20", "2024-02-25"]
    assert [fold.scores.windows for fold in folds] == [1, 1]
    spoiled = frame.with_columns(
        sold=pl.when(pl.col("day") >= datetime.date(2024, 2, 25)).then(0.0).otherwise("sold")
    )
    first = small().backtest(spoiled, origins=2)[0]
    assert dict(first.scores.model.metrics) == dict(folds[0].scores.model.metrics)
    with pytest.raises(DataError, match=r"or ask for fewer than 20 origins"):
        small().backtest(frame, origins=20)
    with pytest.raises(DataError, match=r"or ask for fewer than 10 origins"):
        Forecaster(5, epochs=1).backtest(frame, origins=10)
    with pytest.raises(OptionError, match=r"^0 origins; ask for one or more"):
        small().backtest(frame, origins=0)
    with pytest.raises(OptionError, match=r"a context of 14 steps .* fewer than 9 origins"):
        small().backtest(frame, origins=9)


def test_resume_of_a_run_on_a_frame(tmp_path: Path) -> None:
    class Stop(Silent):
        def epoch(self, line: object, *, best: bool) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    run = tmp_path / "run"
    with pytest.raises(Interrupted):
        small().fit(daily(), run=run, progress=Stop())
    with pytest.raises(RunError, match=r"training has not finished: segue train --resume"):
        Forecaster.load(run)
    with pytest.raises(RunError, match=r"holds a run already"):
        small().fit(daily(), run=run)
    with pytest.raises(OptionError, match=r"was begun with other arguments; give the same"):
        small(seed=1).fit(daily(), run=run, resume=True)
    with pytest.raises(RunError, match=r"frame: has changed since .* was begun"):
        small().fit(daily(151), run=run, resume=True)
    with pytest.raises(OptionError, match=r"resume=True needs run="):
        small().fit(daily(), resume=True)
    resumed = small().fit(daily(), run=run, resume=True)
    whole = small().fit(daily())
    assert weights_of(resumed.run) == weights_of(whole.run)
    assert dict(resumed.scores.model.metrics) == dict(whole.scores.model.metrics)


def test_a_temporary_run_goes_with_its_forecaster() -> None:
    forecaster = small().fit(daily())
    folder = forecaster.run.path
    assert folder.is_dir()
    del forecaster
    assert not folder.exists()


GUESSES: dict[str, tuple[pl.DataFrame, dict[str, object], str]] = {
    "two times": (
        daily().with_columns(pl.col("day").alias("sent")),
        {},
        "frame: which column is the time? 'day', 'sent' would do; name it: time=...",
    ),
    "no time": (
        daily().with_columns(pl.col("day").cast(pl.String)),
        {},
        "frame: which column is the time? there is no column of dates; name it: time=...",
    ),
    "two targets": (
        daily().with_columns(pl.col("sold").alias("cost")),
        {},
        "frame: which column is the target? 'sold', 'cost' would do; name it: target=...",
    ),
    "no target": (
        daily(),
        {"past": ["sold"]},
        "frame: which column is the target? there is no column of numbers; name it: target=...",
    ),
    "unknown": (
        daily(),
        {"known": ["price"]},
        "frame: there is no column 'price' (known); the columns are 'day', 'sold'",
    ),
    "a gap": (
        daily().filter(pl.col("sold") < 59),
        {},
        "frame: row 2 (counted from 0), column 'day': a gap after 2024-01-01: ",
    ),
    "too short": (
        daily(15),
        {},
        "frame: 15 rows where 16 are needed: 6 to train on, 5 to validate and 5 to test; give"
        " more rows or choose a shorter horizon",
    ),
}


@pytest.mark.parametrize("name", GUESSES)
def test_a_frame_that_is_refused(name: str) -> None:
    frame, named, line = GUESSES[name]
    with pytest.raises(DataError) as caught:
        small(**named).fit(frame)
    assert str(caught.value).startswith(line) or name == "a gap"
    assert "\n" not in str(caught.value)


def test_what_can_be_guessed_needs_no_name() -> None:
    frame = daily().with_columns(pl.col("sold").alias("cost"), pl.lit("x").alias("note"))
    found = small(target="sold").fit(frame).predict()
    assert found["target"].unique().to_list() == ["sold"]


OPTIONS: dict[str, tuple[dict[str, object], str]] = {
    "horizon": ({"horizon": 0}, "horizon: must be greater than or equal to 1, not '0'"),
    "cell": ({"cell": "elman"}, f"cell: 'elman' is none of {', '.join(sorted(by_name()))}"),
    "fill": ({"fill": "mean"}, "fill: must be 'forward', 'linear' or 'zero', not 'mean'"),
    "minutes": ({"minutes": -1}, "minutes: must be greater than 0, not '-1'"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_argument_that_cannot_be_used(name: str) -> None:
    named, line = OPTIONS[name]
    with pytest.raises(OptionError) as caught:
        Forecaster(**{"horizon": 5, **named})  # type: ignore[arg-type]
    assert str(caught.value) == line


def test_nothing_can_be_asked_of_one_that_was_not_fitted(tmp_path: Path) -> None:
    forecaster = small()
    for ask in (forecaster.predict, lambda: forecaster.run, lambda: forecaster.save(tmp_path)):
        with pytest.raises(RunError, match="has no model yet: fit or load one"):
            ask()


def test_a_frame_that_is_no_frame(fitted: Forecaster) -> None:
    with pytest.raises(DataError, match="a polars or pandas DataFrame is needed, not dict"):
        fitted.predict({"day": [1]})


def test_a_frame_of_other_columns(fitted: Forecaster) -> None:
    with pytest.raises(DataError, match=r"^frame: there is no column 'day' \(time\)"):
        fitted.predict(daily().rename({"day": "date"}))
