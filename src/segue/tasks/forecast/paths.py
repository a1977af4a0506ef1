"""Which linear path suits the data: its seasons, smoothing, logarithms, weights of each channel.

Each question is answered by the path alone, fitted to windows of the training part and judged on
windows of the validation part, before any training: with one answer after the other.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from segue.data.splits import Part
from segue.tasks.forecast import metrics
from segue.tasks.forecast.highway import Examples, Highway
from segue.tasks.forecast.model import ForecastModel, ModelConfig
from segue.tasks.forecast.windows import Cut, Table, Windows

_SHRINK = (30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
_GAIN = 0.99  # share of the error below which a choice that costs more is taken
_EACH = 24  # windows of each channel, or some thousands of all
_JUDGED = 4096  # windows to judge by


class Errors(NamedTuple):
    """Mean errors of a path: relative to the size of the values, and to that of their changes."""

    smape: float
    mase: float


def choose(candidates: Sequence[ModelConfig], table: Table, cuts: Sequence[Cut]) -> ModelConfig:
    """The configuration whose path forecasts the validation windows best.

    Args:
        candidates: with different seasons and contexts, the first one the plainest. All have
            smoothing.
        table: the panel, made with their vocabulary.
        cuts: one for each series.
    """
    with torch.random.fork_rng(devices=[]):  # the weights of these models are never used
        return _chosen(candidates, table, cuts)


def _chosen(candidates: Sequence[ModelConfig], table: Table, cuts: Sequence[Cut]) -> ModelConfig:
    judge = _Judge(table, cuts, candidates[0])
    if not judge.possible:
        return candidates[0]
    best = judge.best(candidates)
    if judge.all_positive:
        best = judge.best([best, best.model_copy(update={"log": True})])
    best = judge.best([best.model_copy(update={"smooth": ()}), best], _GAIN)
    if len(cuts) * best.targets > 1:
        best = judge.shrunk(best)
    return best


class _Judge:
    """Errors of paths on the validation windows, each configuration tried once."""

    def __init__(self, table: Table, cuts: Sequence[Cut], plain: ModelConfig) -> None:
        self.table, self.cuts = table, cuts
        parts = [Windows.of_part(table, plain.shape, cuts, part) for part in Part]
        self.possible = all(len(windows) > 0 for windows in parts[:2])
        ends = [(int(s), cut.train_end) for s, cut in zip(table.start, cuts, strict=True)]
        seen = [table.target[start : start + end] for start, end in ends]
        self.all_positive = all(bool((values > 0).all()) for values in seen)
        season = max((1, *plain.seasons))
        units = [
            metrics.naive_scale(column, season if len(column) > season else 1)
            for values in seen
            for column in values.T
        ]
        self._units = np.array([float("nan"), *units])
        self._tried: dict[ModelConfig, Errors] = {}
        self._unit: Errors | None = None

    def best(self, candidates: Sequence[ModelConfig], gain: float = 1.0) -> ModelConfig:
        """The best of several; a later one must bring the error below `gain` times the least."""
        chosen = candidates[0]
        for config in candidates[1:]:
            if self._error(self._try(config)) < gain * self._error(self._try(chosen)):
                chosen = config
        return chosen

    def shrunk(self, config: ModelConfig) -> ModelConfig:
        """With weights of each channel's own, where these are better, and how strongly drawn."""
        model, train, held = self._examples(config)
        path = _path(config, shrink=1.0, channels=len(model.channel_scale))
        path.fit_all(train)
        found, least = config, self._error(self._try(config))
        for shrink in _SHRINK:
            path.fit_each(train, shrink)
            error = self._error(self._measure(model, path, held))
            if error < least:
                found, least = config.model_copy(update={"shrink": shrink}), error
            elif error > 1.02 * least:
                break
        return found

    def _try(self, config: ModelConfig) -> Errors:
        if config not in self._tried:
            model, train, held = self._examples(config)
            path = _path(config, shrink=None, channels=0)
            path.fit_all(train)
            self._tried[config] = self._measure(model, path, held)
        return self._tried[config]

    def _examples(self, config: ModelConfig) -> tuple[ForecastModel, Examples, Examples]:
        small = config.model_copy(update={"hidden": 1, "layers": 1})
        model = ForecastModel(small)
        ends = [cut.train_end for cut in self.cuts]
        model.measure(self.table, ends)
        table = model.smoothed(self.table, ends)
        train = Windows.of_part(table, config.shape, self.cuts, Part.TRAIN)
        held = Windows.of_part(table, config.shape, self.cuts, Part.VALIDATION)
        return model, model.examples(train, _EACH), model.examples(held, 1)

    def _measure(self, model: ForecastModel, path: Highway, held: Examples) -> Errors:
        scale, loc = held.scale, held.loc
        back = model.unit.back
        forecast = back(path.median(held) * scale + loc).numpy()
        truth = back(held.target * scale + loc).numpy()
        unit = self._units[held.channel.numpy()]
        return Errors(metrics.smape(forecast, truth), metrics.mase(forecast, truth, unit))

    def _error(self, found: Errors) -> float:
        """Relative to the first path that was tried, as OWA is to Naive2."""
        if self._unit is None:
            self._unit = found
        ratios = [found.mase / self._unit.mase] if self._unit.mase > 0 else []
        if self.all_positive and self._unit.smape > 0:
            ratios.append(found.smape / self._unit.smape)
        return float(np.mean(ratios)) if ratios else 1.0


def _path(config: ModelConfig, *, shrink: float | None, channels: int) -> Highway:
    shape = config.shape
    return Highway(
        shape.context,
        shape.segments[1],
        shape.segment,
        config.seasons,
        config.levels,
        smooth=config.forecasts,
        channels=channels,
        shrink=shrink,
    )
