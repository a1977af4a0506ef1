"""Scores against numbers reckoned by hand."""

import numpy as np
import pytest

from segue.data.splits import Part
from segue.tasks.forecast.baselines import FITTED
from segue.tasks.forecast.columns import Columns
from segue.tasks.forecast.data import Frequency, Panel, Series, Unit
from segue.tasks.forecast.rolling import yardsticks
from segue.tasks.forecast.scores import ForecastMethod as Method
from segue.tasks.forecast.scores import ForecastScores as Scores
from segue.tasks.forecast.scores import best_season, score
from segue.tasks.forecast.windows import Cut, Shape, Table, Vocabulary, WindowBatch, Windows

LEVELS = (0.25, 0.5, 0.75)


def panel(*targets: list[list[float]]) -> Panel:
    """Series of equal columns, counted from 0."""
    columns = Columns("t", tuple(f"y{k}" for k in range(len(targets[0][0]))), series="id")
    series = []
    for number, rows in enumerate(targets):
        empty, time = np.zeros((len(rows), 0)), np.arange(len(rows))
        series.append(Series(f"s{number}", time, np.array(rows, float), empty, empty, ()))
    return Panel(columns, Frequency(1, Unit.INDEX), tuple(series))


def table(data: Panel) -> Table:
    return Table(data, Vocabulary(tuple(s.id for s in data.series), (), ()), 1)


def scored(data: Panel, cut: Cut, quantiles: list[float], season: int, horizon: int = 2) -> Scores:
    """A model that always forecasts the same quantiles."""

    def predict(batch: WindowBatch) -> np.ndarray:
        return np.tile(np.array(quantiles), (len(batch.context), horizon, 1))

    cuts = [cut] * len(data.series)
    windows = Windows.of_part(table(data), Shape(4, horizon, 2), cuts, Part.TEST)
    return score(windows, predict, cuts, LEVELS, season, "model")


def column(*values: float) -> list[list[float]]:
    return [[value] for value in values]


def test_one_window_by_hand() -> None:
    # Training rows 1 3 2 4 with season 2: MASE's unit is (|2-1| + |4-3|) / 2 = 1.
    found = scored(panel(column(1, 3, 2, 4, 3, 5, 6, 8)), Cut(4, 6), [4.0, 5.0, 7.0], season=2)
    assert found.windows == 1
    model = found.model.metrics
    assert model["mae"] == (1 + 3) / 2
    assert model["mse"] == (1 + 9) / 2
    assert model["rmse"] == np.sqrt(5)
    assert model["mase"] == 2.0
    assert model["smape"] == pytest.approx(100 * (2 / 11 + 6 / 13) / 2)
    assert model["rse"] == pytest.approx(np.sqrt(5 / 1))
    spread = np.std([1, 3, 2, 4])
    assert model["mae_normalised"] == pytest.approx(2 / spread)
    assert model["mse_normalised"] == pytest.approx(5 / spread**2)
    above = [0.25 * 2, 0.5 * 1, 0.25 * 1, 0.25 * 4, 0.5 * 3, 0.75 * 1]
    assert model["quantile_loss"] == pytest.approx(np.mean(above))
    assert found.model.error_by_step.tolist() == [1, 3]
    assert found.coverage == ((0.5, 0.5),)
    mae = {method.name: method.metrics["mae"] for method in found.baselines[:4]}
    # The mean of 1 3 2 4 3 5 is 3; drift goes on by 4/5; the last season is 3 5.
    assert mae == pytest.approx(
        {"mean": 4, "naive": 2, "drift": (0.2 + 1.4) / 2, "seasonal naive": 3}
    )
    assert found.best_baseline.name == "drift"
    assert found.skill == pytest.approx(1 - 2 / 0.8)
    assert found.verdict == (
        "The model does NOT beat drift: MASE 2 against 0.8 on 1 held-back window; use drift, or"
        " give the model more data, another context or more epochs"
    )


def test_every_window_of_every_channel_counts_once() -> None:
    two = [[float(n), 100.0 - n] for n in range(12)]
    found = scored(panel(two, two), Cut(6, 8), [0.0, 0.0, 0.0], season=1)
    assert found.windows == 2 * 2 * 3
    truths = [[n, n + 1] for n in (8, 9, 10)] + [[100 - n, 99 - n] for n in (8, 9, 10)]
    assert found.model.metrics["mae"] == pytest.approx(np.mean(truths))
    assert found.model.error_by_step == pytest.approx(np.mean(truths, axis=0))
    assert found.model.metrics["rse"] == pytest.approx(
        np.sqrt(np.mean(np.square(truths)) / np.var(truths))
    )


def test_relative_to_a_mean_is_one_and_to_a_constant_undefined() -> None:
    mean = scored(panel(column(1, 3, 2, 4, 3, 5, 1, 9)), Cut(4, 6), [5.0, 5.0, 5.0], season=2)
    assert mean.model.metrics["rse"] == pytest.approx(1)
    constant = scored(panel(column(1, 3, 2, 4, 3, 5, 6, 6)), Cut(4, 6), [5.0, 5.0, 5.0], season=2)
    assert np.isnan(constant.model.metrics["rse"])


def test_batches_change_nothing() -> None:
    rng = np.random.default_rng(0)
    data = panel(*rng.normal(size=(3, 40, 2)).tolist())
    cuts, shape = [Cut(20, 25)] * 3, Shape(6, 4, 2)
    windows = Windows.of_part(table(data), shape, cuts, Part.TEST)

    def predict(batch: WindowBatch) -> np.ndarray:
        last = batch.context[:, -1:, None].numpy()
        return last + np.array([-1.0, 0.0, 1.0]) + np.zeros((1, 4, 1))

    one = score(windows, predict, cuts, LEVELS, 3, "model", batch_size=1)
    many = score(windows, predict, cuts, LEVELS, 3, "model", batch_size=1000)
    for a, b in zip((one.model, *one.baselines), (many.model, *many.baselines), strict=True):
        assert dict(a.metrics) == pytest.approx(dict(b.metrics), rel=1e-12)
        assert a.error_by_step == pytest.approx(b.error_by_step)
    assert np.array(one.coverage) == pytest.approx(np.array(many.coverage))


def test_the_model_that_beats() -> None:
    found = scored(panel(column(1, 3, 2, 4, 3, 5, 7, 7)), Cut(4, 6), [6.5, 6.9, 7.5], season=2)
    assert found.beats
    assert found.verdict == (
        "The model beats drift, the best baseline, by 87.5%: MASE 0.1 against 0.8 on 1 held-back"
        " window"
    )
    better = Method("model", {"mase": 0.79999}, np.zeros(2))
    slight = Scores(better, (Method("naive", {"mase": 0.8}, np.zeros(2)),), (), 1500, 1)
    assert slight.verdict == (
        "The model beats naive, the best baseline, by less than 0.1%: MASE 0.8 against 0.8 on"
        " 1,500 held-back windows"
    )


def test_the_verdict_says_by_which_measures_a_winner_loses() -> None:
    def method(name: str, mase: float, smape: float, owa: float) -> Method:
        return Method(name, {"mase": mase, "smape": smape, "owa": owa}, np.zeros(1))

    drift, theta = method("drift", 1.0, 15.0, 0.9), method("Theta", 1.1, 13.7, 0.95)
    won = "The model beats drift, the best baseline, by 10.0%: MASE 0.9 against 1 on 3 held-back"
    lost = Scores(method("gru", 0.9, 16.0, 0.9), (drift, theta), (), 3, 1).verdict
    assert lost == (
        f"{won} windows; but it does NOT by sMAPE 16 against 13.7 of Theta and OWA 0.9 against 0.9"
        " of drift"
    )
    one = Scores(method("gru", 0.9, 14.0, 0.8), (drift, theta), (), 3, 1).verdict
    assert one == f"{won} windows; but it does NOT by sMAPE 14 against 13.7 of Theta"
    none = Scores(method("gru", 0.9, 13.0, 0.8), (drift, theta), (), 3, 1).verdict
    assert none == f"{won} windows"


def test_equal_is_not_better() -> None:
    method = Method("model", {"mase": 0.8}, np.zeros(1))
    assert not Scores(method, (Method("naive", {"mase": 0.8}, np.zeros(1)),), (), 3, 1).beats


def test_a_model_that_is_not_finite_never_beats() -> None:
    found = scored(panel(column(1, 3, 2, 4, 3, 5, 6, 8)), Cut(4, 6), [np.nan] * 3, season=2)
    assert not found.beats
    assert found.verdict.startswith("The model does NOT beat")


def test_a_constant_series_is_compared_by_mae() -> None:
    found = scored(panel(column(*[5.0] * 8)), Cut(4, 6), [4.0, 5.5, 6.0], season=1)
    assert np.isnan(found.model.metrics["mase"])
    assert np.isnan(found.model.metrics["rse"])
    assert found.measure == "mae"
    assert found.skill == -np.inf
    assert found.verdict.startswith("The model does NOT beat mean: MAE 0.5 against 0 on 1")
    assert "owa" not in found.model.metrics


def test_a_constant_channel_has_no_mase_and_leaves_the_others_theirs() -> None:
    found = scored(
        panel([[1, 5], [3, 5], [2, 5], [4, 5], [3, 5], [5, 5], [6, 5], [8, 5]]),
        Cut(4, 6),
        [4.0, 5.0, 7.0],
        season=2,
    )
    assert found.model.metrics["mase"] == 2.0
    assert found.model.metrics["mae"] == 1.0


def test_owa_is_1_for_naive2() -> None:
    rng = np.random.default_rng(1)
    walk = np.abs(rng.normal(size=30).cumsum() + 50)
    found = scored(panel(column(*walk)), Cut(20, 24), [0.0, 50.0, 90.0], season=1)
    owa = {method.name: method.metrics["owa"] for method in found.baselines}
    assert owa["naive"] == pytest.approx(1)
    model, naive = found.model.metrics, found.baselines[1].metrics
    ratio = (model["smape"] / naive["smape"] + model["mase"] / naive["mase"]) / 2
    assert model["owa"] == pytest.approx(ratio)


def test_mase_scales_by_all_rows_before_the_test() -> None:
    # Season 1: steps of 1 in training, of 3 in validation; the unit is (1 + 1 + 3 + 3 + 3) / 5.
    found = scored(
        panel(column(0, 1, 2, 5, 8, 11, 11, 11)), Cut(3, 6), [11.0, 12.0, 13.0], season=1
    )
    assert found.model.metrics["mase"] == pytest.approx(1 / 2.2)


@pytest.mark.parametrize("refit", [True, False])
def test_rolling_origins_are_forecast_as_each_alone(refit: bool) -> None:
    rng = np.random.default_rng(5)
    data = panel(*(10 + rng.normal(size=(3, 60, 2)).cumsum(1)).tolist())
    rows = table(data)
    windows = Windows.of_part(rows, Shape(6, 4, 2), [Cut(40, 50)] * 3, Part.TEST)
    where = windows.locate(np.arange(len(windows)))
    found = yardsticks(rows.target, rows.start, 4, 4, windows.first_of_channels(), refit=refit)
    forecasts = found.forecasts(*where)
    assert sorted(found.order(where[2])) == list(range(len(windows)))
    for number, method in enumerate(found.methods):
        for row, (s, c, o) in enumerate(zip(*where, strict=True)):
            values = data.series[s].target[None, :, c]
            alone = method.baseline(values[:, :o], 4, 4)
            if (
                method.fitted and not refit
            ):  # with what was fitted to the rows before the first window
                known = FITTED[method.fitted].parameters(values[:, :50], 4)
                alone = FITTED[method.fitted].forecast(values[:, :o], 4, 4, known)
            assert forecasts[row, :, number] == pytest.approx(alone[0])


def test_no_window_is_an_error() -> None:
    data = panel(column(1, 2, 3, 4))
    windows = Windows.of_part(table(data), Shape(2, 2, 1), [Cut(3, 4)], Part.TEST)
    with pytest.raises(ValueError, match="no window"):
        score(windows, lambda batch: np.zeros(0), [Cut(3, 4)], LEVELS, 1, "model")


def test_the_season_is_the_one_that_repeats() -> None:
    weekly = column(*[float(n % 7) for n in range(60)])
    yearly = column(*[float(n % 12) for n in range(60)])
    cuts = [Cut(60, 60)]
    assert best_season(table(panel(weekly)), cuts, (7, 12), 5) == 7
    assert best_season(table(panel(yearly)), cuts, (7, 12), 5) == 12


def test_a_season_needs_two_turns_of_training_rows() -> None:
    data = table(panel(column(*[float(n % 12) for n in range(60)])))
    assert best_season(data, [Cut(23, 40)], (12,), 5) == 1
    assert best_season(data, [Cut(24, 40)], (12,), 5) == 12
    assert best_season(data, [Cut(24, 40)], (1,), 5) == 1


def test_a_season_is_judged_at_the_reach_of_the_horizon() -> None:
    # A trend: a long horizon makes seasonal naive reach back whole seasons, most with the long one.
    data = table(panel(column(*[float(n) for n in range(100)])))
    assert best_season(data, [Cut(100, 100)], (5, 40), 3) == 5
    assert best_season(data, [Cut(100, 100)], (39, 40), 39) == 39
