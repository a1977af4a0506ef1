"""What a trained run does with new rows: forecast what follows them, or be scored on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from segue.errors import DataError, RunError
from segue.tasks.forecast.data import Frequency, Panel, Series
from segue.tasks.forecast.history import frequency_from_json, history_path, load_panel
from segue.tasks.forecast.model import ForecastModel
from segue.tasks.forecast.prepared import Prepared, quantiles
from segue.tasks.forecast.settings import ForecastRun, SeriesCut
from segue.tasks.forecast.task import load_weights, read_record
from segue.tasks.forecast.windows import Cut, Table, Windows
from segue.training import RunFolder

_BATCH = 1024


@dataclass(frozen=True)
class Loaded:
    """A run that was trained: its record, its model with the best weights, its series' ends."""

    record: ForecastRun
    model: ForecastModel
    history: Panel

    @property
    def frequency(self) -> Frequency:
        """The step of the series that were trained on."""
        return frequency_from_json(self.record.frequency)


def load(run: RunFolder) -> Loaded:
    """Bring back what a finished training left.

    Raises:
        RunError: a file of the run is missing or damaged.
    """
    record = read_record(run)
    model = ForecastModel(record.model)
    load_weights(model, run)
    if not history_path(run).is_file():
        raise RunError(f"{run.path}: is not finished; go on: segue train --resume {run.path}")
    return Loaded(record, model, load_panel(history_path(run), record.settings.columns))


def forecast_frame(loaded: Loaded, panel: Panel, source: str) -> pl.DataFrame:
    """Quantiles of the steps after the last row of each series.

    Returns:
        A row for each series, target and step: `series` (null where there is no series column),
        `target`, `time`, and a column for each quantile level, such as `q0.05`.

    Raises:
        DataError: another frequency, or covariates known in the future that end too early.
    """
    _check_frequency(loaded, panel, source)
    _check_statics(loaded, panel, source)
    config = loaded.model.config
    horizon, levels = config.shape.horizon, config.levels
    table = Table(panel, config.vocabulary, horizon)
    windows = Windows.of_future(table, config.shape)
    parts = []
    for start in range(0, len(windows), _BATCH):
        index = np.arange(start, min(start + _BATCH, len(windows)), dtype=np.int64)
        series, column, _ = windows.locate(index)
        values = quantiles(loaded.model, windows.batch(index)).reshape(-1, len(levels))
        times = [_times_ahead(panel, panel.series[s], horizon) for s in series]
        names = [panel.series[s].id or None for s in series]
        targets = [panel.columns.targets[c] for c in column]
        parts.append(
            pl.DataFrame(
                {
                    "series": pl.Series(_each(names, horizon), dtype=pl.String),
                    "target": _each(targets, horizon),
                    "time": pl.Series(_readable(np.concatenate(times))),
                    **{f"q{level:g}": values[:, q] for q, level in enumerate(levels)},
                }
            )
        )
    return pl.concat(parts)


def evaluation(loaded: Loaded, panel: Panel, source: str) -> Prepared:
    """A panel cut so that its test part is what the run's training did not see.

    For a series of the training that is every row from its test rows on; for a new one, every row
    after a first context.

    Raises:
        DataError: another frequency, or no row is left to score.
    """
    _check_frequency(loaded, panel, source)
    _check_statics(loaded, panel, source)
    record, config = loaded.record, loaded.model.config
    known = {cut.series: cut for cut in record.cuts}
    cuts = []
    for series in panel.series:
        cut = _cut(series, known.get(series.id), config.shape.context, config.shape.horizon)
        if cut is None:
            whose = f"series {series.id!r} has" if series.id else "there are"
            raise DataError(
                f"{source}: {whose} fewer than {config.shape.horizon} rows that the training did"
                " not see, which is the horizon; give a file that reaches further"
            )
        cuts.append(cut)
    table = Table(panel, config.vocabulary, config.shape.horizon)
    return Prepared(
        record.settings,
        panel,
        tuple(cuts),
        table,
        loaded.model,
        record.training,
        record.season,
    )


def _cut(series: Series, seen: SeriesCut | None, context: int, horizon: int) -> Cut | None:
    steps = len(series.target)
    first = max(min(context, steps - horizon), 1)
    if seen is None:
        cut = Cut(first, first)
    else:
        time = series.time[:steps]
        starts = [_row_at(time, text) for text in (seen.validation, seen.test)]
        cut = Cut(max(starts[0], 1), max(starts[1], first))
    return cut if cut.validation_end + horizon <= steps else None


def _row_at(time: np.ndarray, text: str) -> int:
    """The first row at or after a time."""
    moment = np.datetime64(text) if time.dtype.kind == "M" else int(text)
    return int(np.searchsorted(time, moment))


def _times_ahead(panel: Panel, series: Series, horizon: int) -> np.ndarray:
    steps = len(series.target)
    ahead = series.time[steps : steps + horizon]
    rest = panel.frequency.future(series.time[-1], horizon - len(ahead))
    return np.concatenate([ahead, rest])


def _each(values: Sequence[str | None], times: int) -> list[str | None]:
    return [value for value in values for _ in range(times)]


def _readable(times: np.ndarray) -> np.ndarray:
    """Dates where all times are midnights, as the file would write them."""
    if times.dtype.kind != "M":
        return times
    days = times.astype("datetime64[D]")
    return days if (days == times).all() else times


def _check_frequency(loaded: Loaded, panel: Panel, source: str) -> None:
    if panel.frequency != loaded.frequency:
        raise DataError(
            f"{source}: its step is {panel.frequency.label}, the run was trained on"
            f" {loaded.frequency.label}; give rows with that step"
        )


def _check_statics(loaded: Loaded, panel: Panel, source: str) -> None:
    kinds = loaded.model.config.vocabulary.statics
    for series in panel.series:
        for name, value, words in zip(panel.columns.static, series.static, kinds, strict=True):
            if words is None and isinstance(value, str):
                raise DataError(
                    f"{source}: column {name!r} holds {value!r}, in training it held numbers;"
                    " write a number"
                )
