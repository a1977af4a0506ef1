"""How good forecasts are, window by window, beside forecasts that cost nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from segue.tasks.forecast import metrics
from segue.tasks.forecast.baselines import BASELINES, Baseline, naive2
from segue.tasks.forecast.windows import Cut, Rows, Table, WindowBatch, Windows

Array = NDArray[np.float64]
Predict = Callable[[WindowBatch], Array]
"""From B windows to quantiles `[B, H, Q]` in the unit of the data."""

NAIVE2_WINDOWS = 2000
"""Naive2 is fitted anew at every origin; with more windows than this OWA is left out."""


@dataclass(frozen=True)
class Method:
    """What one method scored over all windows.

    Attributes:
        name: as the table names it.
        metrics: `mae`, `rmse`, `mse`, `smape`, `mase`, `rse`, `mae_normalised`, `mse_normalised`
            and, where they exist, `owa` and `quantile_loss`. The normalised ones are on the scale
            on which each channel's training rows have mean 0 and standard deviation 1.
        error_by_step: `[H]`, the mean absolute error of each step of the horizon.
    """

    name: str
    metrics: Mapping[str, float]
    error_by_step: Array

    def error(self, measure: str) -> float:
        """One metric."""
        return self.metrics[measure]


@dataclass(frozen=True)
class Scores:
    """A model beside the baselines on the same windows.

    Attributes:
        model: the model, whose point forecast is its median.
        baselines: the forecasts that cost nothing.
        coverage: pairs of nominal and observed share of truths in the central intervals.
        windows: how many windows were scored.
        season: season length in steps, used by seasonal naive and MASE.
    """

    model: Method
    baselines: tuple[Method, ...]
    coverage: tuple[tuple[float, float], ...]
    windows: int
    season: int

    @property
    def measure(self) -> str:
        """What the comparison goes by: MASE, or MAE where the training rows never change."""
        return "mase" if np.isfinite(self.model.error("mase")) else "mae"

    @property
    def best_baseline(self) -> Method:
        """The baseline with the least error."""
        return min(self.baselines, key=lambda method: method.error(self.measure))

    @property
    def skill(self) -> float:
        """Share of the best baseline's error that the model saves; below 0 it adds to it."""
        error, best = self.model.error(self.measure), self.best_baseline.error(self.measure)
        if best == 0:
            return 0.0 if error == 0 else float("-inf")
        return 1 - error / best

    @property
    def beats(self) -> bool:
        """Whether the model has less error than every baseline."""
        return self.skill > 0

    @property
    def verdict(self) -> str:
        """The result in one sentence: the first thing to say."""
        measure, best = self.measure.upper(), self.best_baseline
        figures = (
            f"{measure} {self.model.error(self.measure):.4g} against"
            f" {best.error(self.measure):.4g} on {self.windows:,} held-back windows"
        )
        if self.beats:
            return f"The model beats {best.name}, the best baseline, by {self.skill:.1%}: {figures}"
        return (
            f"The model does NOT beat {best.name}: {figures}; use {best.name}, or give the model"
            " more data, another --context or more --epochs"
        )


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

    def method(self, name: str, windows: int, variance: float) -> Method:
        means = {name: total / self.weights[name] for name, total in self.sums.items()}
        means.setdefault("mase", float("nan"))
        means["rmse"] = float(np.sqrt(means["mse"]))
        means["rse"] = float(np.sqrt(means["mse"] / variance)) if variance > 0 else float("nan")
        return Method(name, means, np.asarray(self.by_step) / max(windows, 1))


def score(
    windows: Windows,
    predict: Predict,
    cuts: Sequence[Cut],
    levels: Sequence[float],
    season: int,
    name: str,
    batch_size: int = 256,
) -> Scores:
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
    methods: dict[str, _Tally] = {label: _Tally() for label in (name, *BASELINES)}
    extra, moments = _Tally(), _Tally()
    with_naive2 = len(windows) <= NAIVE2_WINDOWS
    offset: float | None = None
    for index in _chunks(len(windows), batch_size):
        batch = windows.batch(index)
        truth = batch.target.numpy()
        series, column, origin = windows.locate(index)
        scale, spread = channel.scale[series, column], channel.spread[series, column]
        quantiles = predict(batch)
        methods[name].add_points(quantiles[..., middle], truth, scale, spread)
        for label, baseline in BASELINES.items():
            forecast = _free(windows, baseline, series, column, origin, season)
            methods[label].add_points(forecast, truth, scale, spread)
        if with_naive2:
            forecast = _free(windows, naive2, series, column, origin, season)
            extra.add_points(forecast, truth, scale, spread)
        rows = len(truth)
        methods[name].add("quantile_loss", metrics.quantile_loss(quantiles, truth, levels), rows)
        for low, high in intervals:
            inside = metrics.coverage(quantiles[..., low], quantiles[..., high], truth)
            moments.add(f"inside {low}", inside, rows)
        offset = float(truth.flat[0]) if offset is None else offset
        moments.add("first", float((truth - offset).mean()), rows)
        moments.add("second", float(((truth - offset) ** 2).mean()), rows)
    mean = {label: total / moments.weights[label] for label, total in moments.sums.items()}
    rest = (len(windows), mean["second"] - mean["first"] ** 2)
    found = [_with_owa(t.method(label, *rest), extra) for label, t in methods.items()]
    coverage = [
        (round(levels[high] - levels[low], 6), mean[f"inside {low}"]) for low, high in intervals
    ]
    return Scores(found[0], tuple(found[1:]), tuple(sorted(coverage)), len(windows), season)


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


def _free(
    windows: Windows,
    baseline: Baseline,
    series: Rows,
    column: Rows,
    origin: Rows,
    season: int,
) -> Array:
    """A baseline's forecast `[B, H]`, each from all that came before its origin."""
    horizon = windows.shape.horizon
    forecasts = [
        baseline(windows.table.panel.series[s].target[None, :o, c], horizon, season)
        for s, c, o in zip(series, column, origin, strict=True)
    ]
    return np.concatenate(forecasts)


def _with_owa(method: Method, naive2_tally: _Tally) -> Method:
    if not naive2_tally.sums or not naive2_tally.sums["smape"] or "mase" not in naive2_tally.sums:
        return method
    reference = {n: total / naive2_tally.weights[n] for n, total in naive2_tally.sums.items()}
    owa = metrics.owa(
        method.error("smape"), method.error("mase"), reference["smape"], reference["mase"]
    )
    return Method(method.name, {**method.metrics, "owa": owa}, method.error_by_step)


def _chunks(count: int, size: int) -> Iterator[Rows]:
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count), dtype=np.int64)
