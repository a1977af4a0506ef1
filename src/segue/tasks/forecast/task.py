"""The forecast task: how it answers the questions of `segue.tasks.task`."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from segue.data.dataframes import to_polars
from segue.data.source import Source
from segue.data.splits import Part
from segue.errors import OptionError
from segue.insight.report import Section
from segue.tasks.artifact import weights_like
from segue.tasks.forecast import future
from segue.tasks.forecast.about import ABOUT
from segue.tasks.forecast.data import Panel, panel_from_frame, read_panel, require_rows
from segue.tasks.forecast.defaults import TrainSettings, suggest
from segue.tasks.forecast.describe import remarks, unscored
from segue.tasks.forecast.future import LoadedForecast
from segue.tasks.forecast.history import History, from_tree
from segue.tasks.forecast.model import ForecastModel, ModelConfig
from segue.tasks.forecast.pages import pages
from segue.tasks.forecast.prepared import Prepared, quantiles
from segue.tasks.forecast.record import ForecastRun, migrated
from segue.tasks.forecast.scores import ForecastScores, best_season, score
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.forecast.shrinkage import untrained
from segue.tasks.forecast.windows import Cut, Table, default_cut
from segue.tasks.task import Note, Task, Trained
from segue.training import RunFolder


class ForecastTask(Task[ForecastSettings, Panel, ForecastRun, Prepared, LoadedForecast]):
    """Time series: prices, weather, sales."""

    about = ABOUT
    Record = ForecastRun
    artifact = "history.safetensors"

    def read(
        self, source: Source, settings: ForecastSettings, record: ForecastRun | None = None
    ) -> Panel:
        """Series with the columns that the settings name; of a frame, those that are plain."""
        fill, grid, notation = settings.fill, settings.grid, settings.notation
        if source.frame is None:
            columns = settings.columns if record is None else record.columns
            return read_panel(source.path, columns, fill=fill, grid=grid, notation=notation)
        table = to_polars(source.frame, "frame")
        columns = settings.roles.find(table) if record is None else record.columns
        return panel_from_frame(table, columns, fill=fill, grid=grid, notation=notation)

    def build(
        self,
        data: Panel,
        settings: ForecastSettings,
        source: str,
        record: ForecastRun | None = None,
    ) -> Prepared:
        """Cut the series by time and build the model for them."""
        cuts = _cuts(data, settings, source)
        if record is not None:
            return _built(data, settings, source, cuts, record.model, record.training)
        rows = max(cut.train_end for cut in cuts)
        if settings.context is not None and settings.context > rows:
            raise OptionError(
                f"{source}: a context of {settings.context} steps is longer than the {rows} rows"
                f" to train on; give {rows} or less, or none"
            )
        choice = suggest(
            data,
            settings.horizon,
            cuts,
            context=settings.context,
            cell=settings.cell,
            hidden=settings.hidden,
            layers=settings.layers,
            season=settings.season,
            positive=settings.positive,
        )
        return _built(data, settings, source, cuts, choice.model, choice.train)

    def score(self, prepared: Prepared, part: Part) -> ForecastScores:
        """Score the model beside the baselines on every window of one part.

        Without test rows it is the validation part.
        """
        model = prepared.model
        return score(
            prepared.windows(prepared.scored if part is Part.TEST else part),
            lambda batch: quantiles(model, batch),
            prepared.cuts,
            model.config.levels,
            prepared.season,
            f"{model.config.cell} (segue)",
        )

    def load(self, run: RunFolder, record: ForecastRun, artifact: dict[str, Any]) -> LoadedForecast:
        """The model, and the end of each series."""
        history = History.of(artifact, record.columns, record.frequency)
        model = ForecastModel(record.model)
        latest = (
            {}
            if record.settings.as_scored
            else weights_like(model.highway.state_dict(), history.latest, "latest")
        )
        panel = from_tree(history, record.columns, record.frequency)
        return LoadedForecast(run, record, model, panel, latest)

    def evaluation(self, loaded: LoadedForecast, source: Source, note: Note) -> Prepared:
        """Of a series of the training, its test rows and all later ones; else all but a context."""
        panel = loaded.take(source)
        prepared = future.evaluation(loaded, panel, str(source))
        known = loaded.model.config.vocabulary
        for line in (*remarks(panel, prepared.settings, known), *unscored(prepared)):
            note(line)
        return prepared

    def predict(
        self, loaded: LoadedForecast, source: Source | None, asked: Any, note: Note
    ) -> Iterator[pl.DataFrame]:
        """Quantiles of the steps after the last row of each series; see `forecast_frame`."""
        panel = loaded.history if source is None else loaded.take(source)
        where = str(loaded.run.path if source is None else source)
        frame = future.forecast_frame(loaded, panel, where)
        if source is not None:
            for line in remarks(panel, loaded.record.settings, loaded.model.config.vocabulary):
                note(line)
        yield frame

    def write(self, result: pl.DataFrame, asked: Any, *, first: bool) -> str:
        """CSV, with the time as a file would write it; no text in it is a spreadsheet's formula."""
        result = result.with_columns(pl.col(pl.Float64).round_sig_figs(10))
        if not asked.raw_text:
            names = [name for name, kind in result.schema.items() if kind == pl.String]
            result = result.with_columns(_no_formula(name) for name in names)
        lines: str = result.write_csv(include_header=first, datetime_format="%Y-%m-%dT%H:%M:%S%.f")
        return lines

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """Forecasts, error by step, coverage, and the data."""
        return pages(trained)

    def migrated(self, document: dict[str, Any]) -> dict[str, Any]:
        """`config.json` of any version."""
        return migrated(document)


def _no_formula(name: str) -> pl.Expr:
    """A column whose texts a spreadsheet does not run; numbers stay as they are.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    text = pl.col(name)
    number = text.cast(pl.Float64, strict=False).is_not_null()
    formula = text.str.contains(r"^[=+\-@\t\r]") & ~number
    return pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(name)


def _built(
    panel: Panel,
    settings: ForecastSettings,
    source: str,
    cuts: tuple[Cut, ...],
    config: ModelConfig,
    training: TrainSettings,
) -> Prepared:
    table = Table(panel, config.vocabulary, settings.horizon)
    model = ForecastModel(config)
    table = model.prepare(table, cuts)
    season = settings.season or best_season(table, cuts, panel.frequency.seasons, settings.horizon)
    before = untrained(model)
    return Prepared(source, settings, panel, cuts, table, model, training, season, before)


def _cuts(panel: Panel, settings: ForecastSettings, source: str) -> tuple[Cut, ...]:
    horizon, validation, test = settings.horizon, settings.validation, settings.test
    parts = (horizon + 1, validation or horizon, horizon if test is None else test)
    needed = sum(parts)
    if all(len(series.target) < needed for series in panel.series):
        why = "{} to train on, {} to validate and {} to test".format(*parts)
        require_rows(panel, needed, source, why)
    return tuple(
        default_cut(steps, horizon, validation=validation, test=test)
        if steps >= needed
        else Cut(steps, steps)  # too short to be cut: it trains and is forecast
        for steps in (len(series.target) for series in panel.series)
    )
