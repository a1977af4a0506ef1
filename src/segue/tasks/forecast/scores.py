"""How good forecasts are, window by window, beside forecasts that cost nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.data.wording import count
from segue.tasks.forecast import metrics
from segue.tasks.forecast.rolling import NAIVE2, Rolling, few, yardsticks
from segue.tasks.forecast.windows import Cut, Table, WindowBatch, Windows
from segue.tasks.scores import Measure, Method, Scores, finite

Array = NDArray[np.float64]
Predict = Callable[[WindowBatch], Array]
"""From B windows to quantiles `[B, H, Q]` in the unit of the data."""


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
        coverage_by_step: `[intervals, H]`, the observed shares of each step of the horizon.
        windows: how many windows were scored.
        season: season length in steps, used by seasonal naive and MASE.
    """

    model: ForecastMethod
    baselines: tuple[ForecastMethod, ...]
    coverage: tuple[tuple[float, float], ...]
    windows: int
    season: int
    coverage_by_step: tuple[tuple[float, ...], ...] = ()

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
        steps = self.coverage_by_step or ((),) * len(self.coverage)
        return {
            "coverage": [
                {"nominal": nominal, "observed": observed, "by_step": list(by_step)}
                for (nominal, observed), by_step in zip(self.coverage, steps, strict=True)
            ]
        }

    @property
    def verdict(self) -> str:
        """The result in one sentence; of a model that wins, by which measures it does not."""
        return super().verdict + (self._but() if self.beats else "")

    def _but(self) -> str:
        """What speaks against a model that wins: measures by which a baseline is as good."""
        lost = []
        for measure, name in (("smape", "sMAPE"), ("owa", "OWA")):
            own = self.model.metrics.get(measure, float("nan"))
            known = [m for m in self.baselines if np.isfinite(m.metrics.get(measure, np.nan))]
            best = min(known, key=lambda method: method.metrics[measure], default=None)
            if best is not None and own >= best.metrics[measure]:
                lost.append(f"{name} {own:.4g} against {best.metrics[measure]:.4g} of {best.name}")
        return f"; but it does NOT by {' and '.join(lost)}" if lost else ""


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
    batch_size: int = 1024,
) -> ForecastScores:
    """Score a model and the baselines on every window.

    Args:
        windows: what to forecast.
        predict: the model, quantiles `[B, H, Q]` in the unit of the data.
        cuts: one for each series; the normalised scale comes from training rows. MASE's unit comes
            from all rows before the first window, as the competitions have it.
        levels: Q quantile levels, symmetric, 0.5 among them.
        season: steps of a season, 1 for none.
        name: the model's name in the table.
        batch_size: windows at a time.

    Raises:
        ValueError: there is no window.
    """
    if len(windows) == 0:
        raise ValueError("no window to score")
    channel = _ChannelScales(windows, cuts, season)
    middle = list(levels).index(0.5)
    intervals = [(i, len(levels) - 1 - i) for i in range(middle)]
    free = _yardsticks(windows, season)
    labels = [method.name for method in free.methods]
    tallies = {label: _Tally() for label in (name, *labels)}
    truths, held = _Tally(), np.zeros((middle, windows.shape.horizon))
    offset = float(windows.table.target[0, 0])
    order = free.order(windows.locate(np.arange(len(windows)))[2])
    for start in range(0, len(order), batch_size):
        index = order[start : start + batch_size]
        batch = windows.batch(index)
        truth = batch.target.numpy()
        where = windows.locate(index)
        scale, spread = channel.scale[where[:2]], channel.spread[where[:2]]
        quantiles = predict(batch)
        tallies[name].add_points(quantiles[..., middle], truth, scale, spread)
        loss = metrics.quantile_loss(quantiles, truth, levels)
        tallies[name].add("quantile_loss", loss, len(truth))
        forecasts = free.forecasts(*where)
        for number, label in enumerate(labels):
            tallies[label].add_points(forecasts[..., number], truth, scale, spread)
        for low, high in intervals:
            held[low] += metrics.inside(quantiles[..., low], quantiles[..., high], truth).sum(0)
        truths.add("first", float((truth - offset).mean()), len(truth))
        truths.add("second", float(((truth - offset) ** 2).mean()), len(truth))
    of = truths.means()
    variance = of["second"] - of["first"] ** 2
    found = _with_owa([t.method(label, len(windows), variance) for label, t in tallies.items()])
    inner = [(round(levels[j] - levels[i], 6), held[i] / len(windows)) for i, j in intervals[::-1]]
    mean = tuple((nominal, float(shares.mean())) for nominal, shares in inner)
    steps = tuple(tuple(shares.tolist()) for _, shares in inner)
    return ForecastScores(found[0], tuple(found[1:]), mean, len(windows), season, steps)


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


def _yardsticks(windows: Windows, season: int) -> Rolling:
    """The baselines, with parameters from every origin if these are few, else from the first."""
    table, horizon = windows.table, windows.shape.horizon
    refit = few(len(windows), float(np.median(table.steps)))
    channels = windows.first_of_channels()
    return yardsticks(table.target, table.start, horizon, season, channels, refit=refit)


class _ChannelScales:
    """MASE's unit and the standard deviation of each channel, `[S, columns]`.

    The unit is of all rows before the first window, the deviation of the training rows.
    """

    def __init__(self, windows: Windows, cuts: Sequence[Cut], season: int) -> None:
        table = windows.table
        shape = (len(cuts), table.target.shape[1])
        self.scale, self.spread = np.full(shape, np.nan), np.ones(shape)
        for i, (series, cut) in enumerate(zip(table.panel.series, cuts, strict=True)):
            if not windows.counts[i]:
                continue
            for j, values in enumerate(series.target.T):
                before = values[: windows.first[i]]
                self.scale[i, j] = metrics.naive_scale(
                    before, season if len(before) > season else 1
                )
                self.spread[i, j] = values[: cut.train_end].std() or 1.0


def _with_owa(methods: Sequence[ForecastMethod]) -> list[ForecastMethod]:
    """The methods without Naive2, which OWA is relative to where it was scored and is not exact."""
    shown = [method for method in methods if method.name != NAIVE2]
    unit = next((method.metrics for method in methods if method.name == NAIVE2), None)
    if unit is None or not (unit["smape"] > 0 and unit["mase"] > 0):
        return shown
    found = []
    for method in shown:
        own = method.metrics
        owa = metrics.owa(own["smape"], own["mase"], unit["smape"], unit["mase"])
        found.append(replace(method, metrics={**own, "owa": owa}))
    return found
