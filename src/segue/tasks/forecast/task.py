"""Training a forecast: prepare, fit, score, tell. Every step follows from settings and data."""

import hashlib
from pathlib import Path

import safetensors
import safetensors.torch
from pydantic import ValidationError
from torch.optim import AdamW

from segue.cells import by_name
from segue.errors import DataError, RunError
from segue.tasks.forecast.data import Panel, read_panel, require_rows
from segue.tasks.forecast.defaults import TrainSettings, suggest
from segue.tasks.forecast.history import history_path, save_panel, tail
from segue.tasks.forecast.model import ForecastModel, ModelConfig
from segue.tasks.forecast.objective import ForecastObjective
from segue.tasks.forecast.prepared import Prepared, quantiles
from segue.tasks.forecast.scores import Scores, best_season, score
from segue.tasks.forecast.settings import DataReference, ForecastRun, Settings
from segue.tasks.forecast.story import Trained, write_report
from segue.tasks.forecast.windows import (
    Cut,
    Part,
    Table,
    WindowSource,
    default_cut,
)
from segue.training import Progress, RunFolder, TrainConfig, fit, seed_all


def train_file(path: Path, settings: Settings, out: Path) -> Trained:
    """Train on a file, into a new run folder.

    Raises:
        DataError: the file cannot be used as it is.
        RunError: the folder holds something already.
    """
    panel = read_panel(path, settings.columns, fill=settings.fill, grid=settings.grid)
    prepared = prepare(panel, settings, str(path))
    run = RunFolder.create(out)
    write_record(run, prepared, DataReference(path=str(path.resolve()), sha256=_digest(path)))
    return train(prepared, run)


def resume_run(run: RunFolder, progress: Progress | None = None) -> Trained:
    """Go on with a run that was interrupted or killed, on the same file.

    Raises:
        RunError: the file is gone or has changed.
    """
    record = read_record(run)
    if record.data is None:
        raise RunError(f"{run.path}: was trained on a frame: resume it with Forecaster.fit")
    path, settings = Path(record.data.path), record.settings
    if not path.is_file():
        raise RunError(f"{path}: the file that {run.path} was trained on is gone; put it back")
    if _digest(path) != record.data.sha256:
        raise RunError(f"{path}: has changed since {run.path} was begun; train a new run on it")
    panel = read_panel(path, settings.columns, fill=settings.fill, grid=settings.grid)
    cuts = _cuts(panel, settings, str(path))
    prepared = _build(panel, settings, cuts, record.model, record.training)
    return train(prepared, run, progress, resume=True)


def write_record(run: RunFolder, prepared: Prepared, data: DataReference | None) -> None:
    """Write the run's `config.json`."""
    run.write_config(prepared.record(data).model_dump(mode="json"))


def read_record(run: RunFolder) -> ForecastRun:
    """Read the run's `config.json`.

    Raises:
        RunError: it is damaged, or another task's.
    """
    try:
        return ForecastRun.model_validate(run.read_config())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise RunError(f"{run.config_path}: {place}: {first['msg']}; train again") from None


def prepare(panel: Panel, settings: Settings, source: str) -> Prepared:
    """Cut a panel by time and build the model for it, both as the settings say.

    Args:
        panel: the series.
        settings: what is asked.
        source: the file or frame, for errors.

    Raises:
        DataError: too few rows, or settings that do not fit each other.
    """
    if settings.cell not in by_name():
        raise DataError(f"no cell {settings.cell!r}; there are {', '.join(sorted(by_name()))}")
    cuts = _cuts(panel, settings, source)
    choice = suggest(
        panel,
        settings.horizon,
        cuts,
        context=settings.context,
        cell=settings.cell,
        hidden=settings.hidden,
        layers=settings.layers,
    )
    return _build(panel, settings, cuts, choice.model, choice.train)


def _build(
    panel: Panel,
    settings: Settings,
    cuts: tuple[Cut, ...],
    config: ModelConfig,
    training: TrainSettings,
) -> Prepared:
    table = Table(panel, config.vocabulary, settings.horizon)
    seed_all(settings.seed)
    model = ForecastModel(config)
    model.prepare(table, cuts)
    season = settings.season or best_season(table, cuts, panel.frequency.seasons, settings.horizon)
    return Prepared(settings, panel, cuts, table, model, training, season)


def train(
    prepared: Prepared,
    run: RunFolder,
    progress: Progress | None = None,
    *,
    resume: bool = False,
) -> Trained:
    """Fit the model, score it on the test windows, and write what `predict` and people need."""
    model, settings, how = prepared.model, prepared.settings, prepared.training
    source = WindowSource(
        prepared.windows(Part.TRAIN), how.batch_size, seed=settings.seed, batches=how.batches
    )
    config = TrainConfig(
        epochs=settings.epochs or how.epochs,
        minutes=settings.minutes,
        seed=settings.seed,
        clip_norm=how.clip_norm,
        patience=how.patience,
    )
    result = fit(
        model,
        ForecastObjective(prepared.windows(Part.VALIDATION), model.config.levels),
        source,
        AdamW(model.parameters(), lr=how.learning_rate, weight_decay=how.weight_decay),
        config=config,
        run=run,
        progress=progress,
        resume=resume,
    )
    save_panel(tail(prepared.panel, model.config.shape.context), history_path(run))
    scores = score_part(prepared, Part.TEST)
    trained = Trained(run, prepared, result, scores)
    write_report(trained, config.clip_norm)
    return trained


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


def load_weights(model: ForecastModel, run: RunFolder) -> None:
    """Bring the best weights of a run into a model built from its record.

    Raises:
        RunError: the file is missing or damaged: the training has not finished an epoch.
    """
    try:
        model.load_state_dict(safetensors.torch.load_file(run.weights_path))
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        line = str(error).splitlines()[0]
        raise RunError(
            f"{run.weights_path}: cannot be read ({line}); finish the training:"
            f" segue train --resume {run.path}"
        ) from None


def _cuts(panel: Panel, settings: Settings, source: str) -> tuple[Cut, ...]:
    horizon, validation, test = settings.horizon, settings.validation, settings.test
    for name, rows in (("validation", validation), ("test", test)):
        if rows is not None and rows < horizon:
            raise DataError(f"{name} of {rows} rows is less than a horizon, {horizon}; give more")
    require_rows(panel, (validation or horizon) + (test or horizon) + horizon + 1, source)
    return tuple(
        default_cut(len(series.target), horizon, validation=validation, test=test)
        for series in panel.series
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
