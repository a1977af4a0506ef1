"""How good forecasts are, window by window, beside forecasts that cost nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.data.wording import count
from segue.tasks.forecast import metrics
from segue.tasks.forecast.baselines import BASELINES, Baseline, naive2
from segue.tasks.forecast.windows import Cut, Rows, Table, WindowBatch, Windows
from segue.tasks.scores import Measure, Method, Scores, finite

Array = NDArray[np.float64]
Predict = Callable[[WindowBatch], Array]
"""From B windows to quantiles `[B, H, Q]` in the unit of the data."""

NAIVE2_WORK = 2e9
"""Naive2 is fitted anew for every window, at a cost of its rows times the season; where the sum is
more than this (some seconds), OWA is left out."""

_NAIVE2 = "naive2"


@dataclass(frozen=True)
class ForecastMethod(Method):
    """What one method scored over all windows.

    Attributes:
        name: as the table names it.
        metrics: `mae`, `rmse`, `mse`, `smape`, `mase`, `rse`, `mae_normalised`, `mse_normalised`
            and, where they exist, `owa` and `quantile_loss`. The normalised ones are on the scale
            on which each channel's training rows have mean 0 and standard deviation 1.
        error_by_step: `[H]`, the mean absolute error of each step of the horizon.
    """

    error_by_step: Array

    def as_json(self) -> dict[str, Any]:
        """What JSON says of it; what does not exist is null."""
        steps = [finite(value) for value in self.error_by_step.tolist()]
        return {**super().as_json(), "mae_by_step": steps}


@dataclass(frozen=True)
class ForecastScores(Scores):
    """A model beside the baselines on the same windows.

    Attributes:
        model: the model, whose point forecast is its median.
        baselines: the forecasts that cost nothing.
        coverage: pairs of nominal and observed share of truths in the central intervals.
        windows: how many windows were scored.
        season: season length in steps, used by seasonal naive and MASE.
    """

    model: ForecastMethod
    baselines: tuple[ForecastMethod, ...]
    coverage: tuple[tuple[float, float], ...]
    windows: int
    season: int

    MEASURES = (
        Measure("mae", "MAE"),
        Measure("rmse", "RMSE"),
        Measure("smape", "sMAPE"),
        Measure("mase", "MASE"),
        Measure("owa", "OWA"),
    )
    UNIT = "held-back window"
    REMEDY = "give the model more data, another context or more epochs"

    @property
    def scored(self) -> int:
        """How many windows were scored."""
        return self.windows

    @property
    def measure(self) -> str:
        """What the comparison goes by: MASE, or MAE where the training rows never change."""
        return "mase" if np.isfinite(self.model.metrics["mase"]) else "mae"

    @property
    def remarks(self) -> tuple[str, ...]:
        """How often the intervals held, and what season was taken."""
        held = ", ".join(f"the {n:.0%} interval {o:.1%}" for n, o in self.coverage)
        lines = (f"Of the truths, {held.replace('interval ', 'interval held ', 1)}.",)
        if self.season < 2:
            return lines
        return (*lines, f"Season, for seasonal naive and MASE: {count(self.season, 'step')}.")

    def extent(self) -> dict[str, Any]:
        """How much was scored, for JSON."""
        return {"windows": self.windows}

    def details(self) -> dict[str, Any]:
        """The coverage, for JSON."""
        return {"coverage": [{"nominal": n, "observed": o} for n, o in self.coverage]}


@dataclass
class _Tally:
    """Running means of one method's measures."""

    sums: dict[str, float] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    by_step: Array | float = 0.0

    def add(self, measure: str, value: float, weight: float) -> None:
        if weight:
            self.sums[measure] = self.sums.get(measure, 0.0) + weight * value
            self.weights[measure] = self.weights.get(measure, 0.0) + weight

    def add_points(self, forecast: Array, truth: Array, scale: Array, spread: Array) -> None:
        """Take in forecasts `[B, H]`; `scale` is MASE's unit, `spread` a standard deviation."""
        rows = len(truth)
        self.add("mae", metrics.mae(forecast, truth), rows)
        self.add("mse", metrics.mse(forecast, truth), rows)
        self.add("smape", metrics.smape(forecast, truth), rows)
        scaled = np.isfinite(scale)
        self.add("mase", metrics.mase(forecast, truth, scale), int(scaled.sum()))
        a, b = forecast / spread[:, None], truth / spread[:, None]
        self.add("mae_normalised", metrics.mae(a, b), rows)
        self.add("mse_normalised", metrics.mse(a, b), rows)
        self.by_step = self.by_step + np.abs(forecast - truth).sum(0)

    def means(self) -> dict[str, float]:
        return {name: total / self.weights[name] for name, total in self.sums.items()}

    def method(self, name: str, windows: int, variance: float) -> ForecastMethod:
        means = self.means()
        means.setdefault("mase", float("nan"))
        means["rmse"] = float(np.sqrt(means["mse"]))
        means["rse"] = float(np.sqrt(means["mse"] / variance)) if variance > 0 else float("nan")
        return ForecastMethod(name, means, np.asarray(self.by_step) / max(windows, 1))


def score(
    windows: Windows,
    predict: Predict,
    cuts: Sequence[Cut],
    levels: Sequence[float],
    season: int,
    name: str,
    batch_size: int = 256,
) -> ForecastScores:
    """Score a model and the baselines on every window.

    Args:
        windows: what to forecast.
        predict: the model, quantiles `[B, H, Q]` in the unit of the data.
        cuts: one for each series; MASE's unit and the normalised scale come from training rows.
        levels: Q quantile levels, symmetric, 0.5 among them.
        season: steps of a season, 1 for none.
        name: the model's name in the table.
        batch_size: windows at a time.

    Raises:
        ValueError: there is no window.
    """
    if len(windows) == 0:
        raise ValueError("no window to score")
    channel = _ChannelScales(windows.table, cuts, season)
    middle = list(levels).index(0.5)
    intervals = [(i, len(levels) - 1 - i) for i in range(middle)]
    free = dict(BASELINES)
    if len(windows) * float(np.median(windows.table.steps)) * season <= NAIVE2_WORK:
        free[_NAIVE2] = naive2
    tallies = {label: _Tally() for label in (name, *free)}
    truths = _Tally()
    offset = float(windows.table.target[0, 0])
    for index in _chunks(len(windows), batch_size):
        batch = windows.batch(index)
        truth = batch.target.numpy()
        where = windows.locate(index)
        scale, spread = channel.scale[where[:2]], channel.spread[where[:2]]
        quantiles = predict(batch)
        tallies[name].add_points(quantiles[..., middle], truth, scale, spread)
        loss = metrics.quantile_loss(quantiles, truth, levels)
        tallies[name].add("quantile_loss", loss, len(truth))
        for label, baseline in free.items():
            forecast = _forecast(windows, baseline, where, season)
            tallies[label].add_points(forecast, truth, scale, spread)
        for low, high in intervals:
            inside = metrics.coverage(quantiles[..., low], quantiles[..., high], truth)
            truths.add(f"inside {low}", inside, len(truth))
        truths.add("first", float((truth - offset).mean()), len(truth))
        truths.add("second", float(((truth - offset) ** 2).mean()), len(truth))
    of = truths.means()
    variance = of["second"] - of["first"] ** 2
    found = _with_owa([t.method(label, len(windows), variance) for label, t in tallies.items()])
    coverage = sorted((round(levels[j] - levels[i], 6), of[f"inside {i}"]) for i, j in intervals)
    return ForecastScores(found[0], tuple(found[1:]), tuple(coverage), len(windows), season)


def best_season(table: Table, cuts: Sequence[Cut], candidates: Sequence[int], horizon: int) -> int:
    """The season whose repetition forecasts the training rows best, over the horizon.

    The error of a season m is the mean absolute difference between values that lie as far apart as
    seasonal naive reaches back for each step of the horizon, in units of the channel's standard
    deviation. A candidate needs two seasons of training rows; 1 when none has them.
    """
    best, least = 1, float("inf")
    for season in candidates:
        errors = [
            _reach_error(values, season, horizon) / (values.std() or 1.0)
            for series, cut in zip(table.panel.series, cuts, strict=True)
            for values in series.target[: cut.train_end].T
            if len(values) >= 2 * season
        ]
        error = float(np.mean(errors)) if errors else float("inf")
        if season > 1 and error < least:
            best, least = season, error
    return best


def _reach_error(values: Array, season: int, horizon: int) -> float:
    """Mean absolute error of seasonal naive inside `values` `[T]`, over steps 1 to `horizon`."""
    reaches = -(-np.arange(1, horizon + 1) // season) * season
    within, count = np.unique(reaches[reaches < len(values)], return_counts=True)
    errors = [np.abs(values[reach:] - values[:-reach]).mean() for reach in within]
    return float(np.average(errors, weights=count))


class _ChannelScales:
    """Of each channel's training rows: MASE's unit and the standard deviation, `[S, columns]`."""

    def __init__(self, table: Table, cuts: Sequence[Cut], season: int) -> None:
        shape = (len(cuts), table.target.shape[1])
        self.scale, self.spread = np.full(shape, np.nan), np.ones(shape)
        for i, (series, cut) in enumerate(zip(table.panel.series, cuts, strict=True)):
            for j, values in enumerate(series.target[: cut.train_end].T):
                fitting = season if len(values) > season else 1
                self.scale[i, j] = metrics.naive_scale(values, fitting)
                self.spread[i, j] = values.std() or 1.0


def _forecast(
    windows: Windows, baseline: Baseline, where: tuple[Rows, Rows, Rows], season: int
) -> Array:
    """A baseline's forecast `[B, H]`, each from all that came before its origin."""
    series, horizon = windows.table.panel.series, windows.shape.horizon
    forecasts = [
        baseline(series[s].target[None, :origin, column], horizon, season)
        for s, column, origin in zip(*where, strict=True)
    ]
    return np.concatenate(forecasts)


def _with_owa(methods: Sequence[ForecastMethod]) -> list[ForecastMethod]:
    """The methods without Naive2, which OWA is relative to where it was scored and is not exact."""
    shown = [method for method in methods if method.name != _NAIVE2]
    unit = next((method.metrics for method in methods if method.name == _NAIVE2), None)
    if unit is None or not (unit["smape"] > 0 and unit["mase"] > 0):
        return shown
    found = []
    for method in shown:
        own = method.metrics
        owa = metrics.owa(own["smape"], own["mase"], unit["smape"], unit["mase"])
        found.append(replace(method, metrics={**own, "owa": owa}))
    return found


def _chunks(count: int, size: int) -> Iterator[Rows]:
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count), dtype=np.int64)
