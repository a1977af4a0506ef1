"""Training a forecast: prepare, fit, score, tell. Every step follows from settings and data."""

from pathlib import Path

from torch.optim import AdamW

from segue.errors import OptionError, RunError
from segue.tasks.forecast.conformal import calibrate
from segue.tasks.forecast.data import Columns, Panel, read_panel, require_rows
from segue.tasks.forecast.defaults import TrainSettings, suggest
from segue.tasks.forecast.facts import introduction
from segue.tasks.forecast.history import digest, history_path, write_history
from segue.tasks.forecast.model import ForecastModel, ModelConfig
from segue.tasks.forecast.objective import ForecastObjective
from segue.tasks.forecast.prepared import Prepared, quantiles
from segue.tasks.forecast.scores import Scores, best_season, score
from segue.tasks.forecast.settings import DataReference, ForecastRun, Settings
from segue.tasks.forecast.shrinkage import shrink, untrained
from segue.tasks.forecast.story import Trained, write_report
from segue.tasks.forecast.windows import Cut, Part, Table, WindowSource, default_cut
from segue.training import Progress, RunFolder, TrainConfig, fit, seed_all
from segue.training.files import write_whole
from segue.training.keeper import weights_bytes
from segue.training.progress import automatic

_SMOOTHED = 1 << 16  # the most training windows where each needs forecasts by smoothing


def train_file(
    path: Path, columns: Columns, settings: Settings, out: Path, progress: Progress | None = None
) -> Trained:
    """Train on a file, into a new run folder.

    Raises:
        DataError: the file cannot be used as it is.
        OptionError: a setting does not fit the data.
        RunError: the folder holds something already.
    """
    panel = read_panel(path, columns, fill=settings.fill, grid=settings.grid)
    prepared = prepare(panel, settings, str(path))
    return begin(prepared, RunFolder.create(out), str(path.resolve()), progress)


def resume_file(run: RunFolder, progress: Progress | None = None) -> Trained:
    """Go on with a run that was interrupted or killed, on the same file.

    Raises:
        RunError: the file is gone or has changed.
    """
    record = ForecastRun.read(run)
    if record.data.file is None:
        raise RunError(
            f"{run.path}: was trained on a frame: go on with Forecaster.fit(frame, run=...,"
            " resume=True)"
        )
    path, settings = Path(record.data.file), record.settings
    if not path.is_file():
        raise RunError(f"{path}: the file that {run.path} was trained on is gone; put it back")
    panel = read_panel(path, record.columns, fill=settings.fill, grid=settings.grid)
    return go_on(record, panel, str(path), run, progress)


def begin(
    prepared: Prepared, run: RunFolder, file: str | None, progress: Progress | None
) -> Trained:
    """Train into a new run; `file` is what `resume_file` will read, None for a frame."""
    record = prepared.record(DataReference(file=file, sha256=digest(prepared.panel)))
    record.write(run)
    return _train(prepared, record, run, progress, resume=False)


def go_on(
    record: ForecastRun, panel: Panel, source: str, run: RunFolder, progress: Progress | None
) -> Trained:
    """Train a run to its end, on the panel that it was begun with.

    Raises:
        RunError: it is another panel.
    """
    if digest(panel) != record.data.sha256:
        raise RunError(f"{source}: has changed since {run.path} was begun; train a new run on it")
    cuts = _cuts(panel, record.settings, source)
    prepared = _build(panel, record.settings, source, cuts, record.model, record.training)
    return _train(prepared, record, run, progress, resume=True)


def prepare(panel: Panel, settings: Settings, source: str) -> Prepared:
    """Cut a panel by time and build the model for it, both as the settings say.

    Args:
        panel: the series.
        settings: what is asked.
        source: the file or frame, for errors.

    Raises:
        DataError: too few rows.
        OptionError: a setting does not fit the data.
    """
    cuts = _cuts(panel, settings, source)
    rows = max(cut.train_end for cut in cuts)
    if settings.context is not None and settings.context > rows:
        raise OptionError(
            f"{source}: a context of {settings.context} steps is longer than the {rows} rows to"
            f" train on; give {rows} or less, or none"
        )
    choice = suggest(
        panel,
        settings.horizon,
        cuts,
        context=settings.context,
        cell=settings.cell,
        hidden=settings.hidden,
        layers=settings.layers,
        season=settings.season,
    )
    return _build(panel, settings, source, cuts, choice.model, choice.train)


def score_part(prepared: Prepared, part: Part) -> Scores:
    """Score the model beside the baselines on every window of one part."""
    model = prepared.model
    return score(
        prepared.windows(part),
        lambda batch: quantiles(model, batch),
        prepared.cuts,
        model.config.levels,
        prepared.season,
        f"{model.config.cell} (segue)",
    )


def _build(
    panel: Panel,
    settings: Settings,
    source: str,
    cuts: tuple[Cut, ...],
    config: ModelConfig,
    training: TrainSettings,
) -> Prepared:
    table = Table(panel, config.vocabulary, settings.horizon)
    seed_all(settings.seed)
    model = ForecastModel(config)
    table = model.prepare(table, cuts)
    season = settings.season or best_season(table, cuts, panel.frequency.seasons, settings.horizon)
    return Prepared(source, settings, panel, cuts, table, model, training, season)


def _train(
    prepared: Prepared,
    record: ForecastRun,
    run: RunFolder,
    progress: Progress | None,
    *,
    resume: bool,
) -> Trained:
    """Fit the model, score it on the test windows, and write what `predict` and people need.

    The margins of the intervals are found when the weights are, and join them in their file.
    """
    model, settings, how = prepared.model, prepared.settings, prepared.training
    shown = automatic() if progress is None else progress
    for line in [] if resume else introduction(prepared):
        shown.note(line)
    windows = prepared.windows(Part.TRAIN)
    source = WindowSource(
        windows.thin(_SMOOTHED) if model.config.smooth else windows,
        how.batch_size,
        seed=settings.seed,
        batches=how.batches,
    )
    config = TrainConfig(
        epochs=settings.epochs or how.epochs,
        minutes=settings.minutes,
        seed=settings.seed,
        clip_norm=how.clip_norm,
        patience=how.patience,
    )
    before = untrained(model)
    validation = prepared.windows(Part.VALIDATION)
    history_path(run).unlink(missing_ok=True)  # a run that has it is finished
    result = fit(
        model,
        ForecastObjective(validation, model.config.levels),
        source,
        AdamW(model.parameters(), lr=how.learning_rate, weight_decay=how.weight_decay),
        config=config,
        run=run,
        progress=shown,
        resume=resume,
    )
    shrink(model, before, ForecastObjective(validation, model.config.levels, limit=4096))
    calibrate(model, validation)
    write_whole(run.weights_path, weights_bytes(model.state_dict()))
    write_history(run, prepared.panel, model.config.rows)
    scores = score_part(prepared, Part.TEST)
    trained = Trained(run, record, prepared, result, scores)
    write_report(trained, config.clip_norm)
    return trained


def _cuts(panel: Panel, settings: Settings, source: str) -> tuple[Cut, ...]:
    horizon, validation, test = settings.horizon, settings.validation, settings.test
    for name, rows in (("validation", validation), ("test", test)):
        if rows is not None and rows < horizon:
            raise OptionError(f"{name} of {rows} rows is less than a horizon, {horizon}; give more")
    parts = (horizon + 1, validation or horizon, test or horizon)
    why = "{} to train on, {} to validate and {} to test".format(*parts)
    require_rows(panel, sum(parts), source, why)
    return tuple(
        default_cut(len(series.target), horizon, validation=validation, test=test)
        for series in panel.series
    )
