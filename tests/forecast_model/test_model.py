"""The forecast model: rows stay apart, scales do not matter, quantiles rise."""

import numpy as np
import pytest
import torch
from panels import model_of, panel, ramp, windows_of

from segue.cells import by_name
from segue.data.splits import Part
from segue.tasks.forecast.defaults import suggest
from segue.tasks.forecast.model import ModelConfig
from segue.tasks.forecast.objective import ForecastObjective, pinball
from segue.tasks.forecast.windows import Cut, Shape, Table, Windows, default_cut

SHAPE = Shape(context=14, horizon=5, segment=4)


@pytest.mark.parametrize("cell", by_name())
def test_quantiles_rise_and_rows_stay_apart(cell: str) -> None:
    data = panel(80, 60, known=2)
    model = model_of(data, SHAPE, [Cut(50, 60), Cut(40, 50)], cell)
    windows = windows_of(data, SHAPE, 3, 50)
    index = np.array([0, 7, 30, 60, 90])
    with torch.no_grad():
        together = model(windows.batch(index)).values
        alone = torch.cat([model(windows.batch(index[i : i + 1])).values for i in range(5)])
    assert together.shape == (5, 5, 7)
    assert (together.diff(dim=-1) >= 0).all()
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_a_shifted_and_stretched_series_gives_the_same_forecast_stretched() -> None:
    data = panel(80)
    torch.manual_seed(0)
    model = model_of(data, SHAPE, [Cut(50, 60)])
    before = model(windows_of(data, SHAPE, 40, 44).batch(np.arange(5))).values
    data.series[0].target[:] = 1e4 + 250 * data.series[0].target
    torch.manual_seed(0)
    model = model_of(data, SHAPE, [Cut(50, 60)])
    after = model(windows_of(data, SHAPE, 40, 44).batch(np.arange(5))).values
    torch.testing.assert_close((after - 1e4) / 250, before, rtol=1e-3, atol=1e-3)


def test_the_linear_path_alone_goes_on_along_a_repeating_series() -> None:
    data = ramp(200)
    data.series[0].target[:, 0] = np.tile([0.0, 3.0, 1.0, 8.0], 50)
    shape = Shape(12, 4, 4)
    config = ModelConfig(
        shape=shape, vocabulary=model_of(data, shape, [Cut(150, 170)]).config.vocabulary,
        seasons=(4,), hidden=4,
    )  # fmt: skip
    from segue.tasks.forecast.model import ForecastModel

    model = ForecastModel(config)
    model.prepare(Table(data, config.vocabulary, 4), [Cut(150, 170)])
    with torch.no_grad():
        for parameter in model.head.parameters():
            parameter.zero_()
        batch = windows_of(data, shape, 172, 176).batch(np.arange(5))
        median = model.eval()(batch).values[..., 3]
    torch.testing.assert_close(median, batch.target, rtol=0.02, atol=0.1)


def test_constant_series_and_new_series_give_finite_forecasts() -> None:
    data = ramp(60)
    data.series[0].target[:] = 7.0
    model = model_of(data, SHAPE, [Cut(40, 50)])
    values = model(windows_of(data, SHAPE, 30, 33).batch(np.arange(4))).values
    assert torch.isfinite(values).all()
    other = panel(60)
    table = Table(other, model.config.vocabulary, 5)
    windows = Windows(table, SHAPE, np.array([30]), np.array([33]))
    assert windows.batch(np.array([0])).series.tolist() == [0]
    assert torch.isfinite(model(windows.batch(np.arange(4))).values).all()


def test_the_objective_is_the_pinball_loss_of_all_validation_windows() -> None:
    data = panel(90)
    cuts = [default_cut(90, 5)]
    model = model_of(data, SHAPE, cuts)
    table = Table(data, model.config.vocabulary, 5)
    windows = Windows.of_part(table, SHAPE, cuts, Part.VALIDATION)
    found = ForecastObjective(windows, model.config.levels, batch_size=2).evaluate(
        model, lambda: None
    )
    with torch.no_grad():
        batch = windows.batch(np.arange(len(windows)))
        forecast = model(batch)
        target = forecast.normalised(batch.target)
        expected = pinball(forecast.quantiles, target, model.config.levels).mean()
    assert found["loss"] == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(("rows", "horizon"), [(40, 5), (144, 12), (1500, 7), (9000, 96)])
def test_suggestions_fit_the_data(rows: int, horizon: int) -> None:
    data = panel(rows)
    cut = default_cut(rows, horizon)
    choice = suggest(data, horizon, [cut])
    assert choice.model.shape.horizon == horizon
    assert 1 <= choice.model.shape.context <= cut.train_end - horizon
    assert choice == suggest(data, horizon, [cut])
    asked = suggest(data, horizon, [cut], context=9, cell="lstm", hidden=12, layers=2)
    assert asked.model.shape.context == 9
    assert (asked.model.cell, asked.model.hidden, asked.model.layers) == ("lstm", 12, 2)
