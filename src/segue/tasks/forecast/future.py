"""What a trained run does with new rows: forecast what follows them, or be scored on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from torch import Tensor

from segue.data.source import Source
from segue.data.wording import count, shorten
from segue.errors import DataError, RunError
from segue.tasks.forecast.columns import Grid
from segue.tasks.forecast.data import Frequency, Panel, Series, panel_from_frame, read_panel
from segue.tasks.forecast.frequency import Unit
from segue.tasks.forecast.model import ForecastModel
from segue.tasks.forecast.prepared import Prepared, quantiles
from segue.tasks.forecast.record import ForecastRun, SeriesCut
from segue.tasks.forecast.windows import Cut, Table, Windows
from segue.tasks.forecast.wording import step_text
from segue.tasks.task import Loaded

_BATCH = 1024


@dataclass(frozen=True)
class LoadedForecast(Loaded):
    """A run that was trained, with the end of each of its series."""

    record: ForecastRun
    model: ForecastModel
    history: Panel
    latest: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def newest(self) -> ForecastModel:
        """The model with the path that was fitted to all rows, where there is one."""
        if not self.latest:
            return self.model
        found = ForecastModel(self.record.model)
        path = {f"highway.{name}": tensor for name, tensor in self.latest.items()}
        found.load_state_dict({**self.model.state_dict(), **path})
        return found

    def take(self, source: Source) -> Panel:
        """Rows of a file or frame, taken as those of the training were."""
        columns, settings = self.record.columns, self.record.settings
        fill, grid, notation = settings.fill, settings.grid, settings.notation
        if source.frame is None:
            panel = read_panel(source.path, columns, fill=fill, grid=grid, notation=notation)
        else:
            panel = panel_from_frame(source.frame, columns, fill=fill, grid=grid, notation=notation)
        return self._checked(panel, str(source))

    def _checked(self, panel: Panel, source: str) -> Panel:
        """The panel with the step of the run, which its times must fit.

        Raises:
            DataError: another step in time, or text in a static column that held numbers.
        """
        step = self.record.frequency
        if panel.frequency != step and not _fits(panel, step, self.record.settings.grid):
            raise DataError(
                f"{source}: its step is {step_text(panel.frequency)}, the run was trained on"
                f" {step_text(step)}; give rows with that step"
            )
        kinds = self.model.config.vocabulary.statics
        for series in panel.series:
            for name, value, words in zip(panel.columns.static, series.static, kinds, strict=True):
                if words is None and isinstance(value, str):
                    raise DataError(
                        f"{source}: column {shorten(name)} holds {shorten(value)}, in training it"
                        " held numbers; write a number"
                    )
        return replace(panel, frequency=step)


def forecast_frame(loaded: LoadedForecast, panel: Panel, source: str) -> pl.DataFrame:
    """Quantiles of the steps after the last row of each series.

    Returns:
        A row for each series, target and step: `series` (null where there is no series column),
        `target`, `time`, and a column for each quantile level, such as `q0.05`.

    Raises:
        DataError: the covariates known in the future end too early.
        RunError: the weights, though finite, give no numbers.
    """
    model = loaded.newest
    config = model.config
    levels, horizon = config.levels, config.shape.horizon
    _require_ahead(panel, horizon, source)
    ends = [len(series.target) for series in panel.series]
    table = model.smoothed(Table(panel, config.vocabulary, horizon), ends)
    windows = Windows.of_future(table, config.shape)
    parts = []
    for start in range(0, len(windows), _BATCH):
        index = np.arange(start, min(start + _BATCH, len(windows)), dtype=np.int64)
        series, column, _ = windows.locate(index)
        values = quantiles(model, windows.batch(index)).reshape(-1, len(levels))
        if not np.isfinite(values).all():
            raise RunError(f"{loaded.run.path}: its forecasts are not finite numbers; train again")
        names = [panel.series[s].id if panel.columns.series else None for s in series]
        targets = [panel.columns.targets[c] for c in column]
        parts.append(
            pl.DataFrame(
                {
                    "series": pl.Series(_each(names, horizon), dtype=pl.String),
                    "target": _each(targets, horizon),
                    "time": np.concatenate(
                        [_times_ahead(panel, panel.series[s], horizon) for s in series]
                    ),
                    **{f"q{level:g}": values[:, q] for q, level in enumerate(levels)},
                }
            )
        )
    return _with_dates(pl.concat(parts))


def evaluation(loaded: LoadedForecast, panel: Panel, source: str) -> Prepared:
    """A panel cut so that its test part is what the run's training did not see.

    For a series of the training that is every row from its test rows on; for a new one, every row
    after a first context. MASE's unit and the normalised scale come from the training rows where
    the panel has them, else from all rows before the first that is scored.

    Raises:
        DataError: no row is left to score.
    """
    record, shape = loaded.record, loaded.model.config.shape
    known = {cut.series: cut for cut in record.cuts}
    cuts = []
    for series in panel.series:
        cut = _cut(series, known.get(series.id), record)
        steps = len(series.target)
        cuts.append(Cut(steps, steps) if cut is None else cut)
    if all(cut.validation_end == len(s.target) for s, cut in zip(panel.series, cuts, strict=True)):
        first = panel.series[0]
        whose = f"series {shorten(first.id)} has" if panel.columns.series else "there are"
        raise DataError(
            f"{source}: {whose} fewer than {shape.horizon} rows that the training did not see,"
            " which is the horizon; give rows that reach further"
        )
    table = Table(panel, loaded.model.config.vocabulary, shape.horizon)
    table = loaded.model.smoothed(table, [cut.train_end for cut in cuts])
    return Prepared(
        source,
        record.settings,
        panel,
        tuple(cuts),
        table,
        loaded.model,
        record.training,
        record.season,
    )


def _cut(series: Series, seen: SeriesCut | None, record: ForecastRun) -> Cut | None:
    shape, season = record.model.shape, record.season
    context, horizon = shape.context, shape.horizon
    time = series.time[: len(series.target)]
    moments = () if seen is None else seen.at(record.frequency.unit)
    trained, tested = (int(np.searchsorted(time, at)) for at in moments) if moments else (0, 0)
    # Without rows of the training something must come first, to go by: a context if there is one.
    first = tested if trained else max(tested, min(context, len(time) - horizon), 1)
    train_end = trained if trained > season else first
    return Cut(train_end, first) if first + horizon <= len(time) else None


def _fits(panel: Panel, step: Frequency, grid: Grid) -> bool:
    """Whether all times lie on steps of `step`, without a gap where the grid is regular.

    A few rows do not always show their step: five weekdays could be daily or business days.
    """
    if (step.unit is Unit.INDEX) != (panel.frequency.unit is Unit.INDEX):
        return False
    for series in panel.series:
        steps, exact = step.between(np.full(len(series.time), series.time[0]), series.time)
        moved = np.diff(steps)
        if not exact.all() or (moved < 1).any():
            return False
        if grid is Grid.REGULAR and (moved > 1).any():
            return False
    return True


def _require_ahead(panel: Panel, horizon: int, source: str) -> None:
    """A forecast needs what is known in the future, for all of its steps."""
    for series in panel.series if panel.columns.known else ():
        ahead = len(series.time) - len(series.target)
        if ahead < horizon:
            whose = f"series {shorten(series.id)}: " if panel.columns.series else ""
            names = ", ".join(map(shorten, panel.columns.known))
            raise DataError(
                f"{source}: {whose}a forecast of {horizon} steps needs {names} for all of them,"
                f" and the rows hold them for {ahead}; give a file that ends with"
                f" {count(horizon - ahead, 'more row')} with them and an empty target"
            )


def _times_ahead(panel: Panel, series: Series, horizon: int) -> np.ndarray:
    steps = len(series.target)
    ahead = series.time[steps : steps + horizon]
    rest = panel.frequency.future(series.time[-1], horizon - len(ahead))
    return np.concatenate([ahead, rest])


def _each(values: Sequence[str | None], times: int) -> list[str | None]:
    return [value for value in values for _ in range(times)]


def _with_dates(frame: pl.DataFrame) -> pl.DataFrame:
    """Times that are all midnights become dates, as a file would write them."""
    time = frame["time"]
    if not time.dtype.is_temporal() or (time.cast(pl.Date).cast(time.dtype) != time).any():
        return frame
    return frame.with_columns(pl.col("time").cast(pl.Date))
