"""Training a forecast: prepare, fit, score, tell. Every step follows from settings and data."""

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch.optim import AdamW

import segue
from segue.cells import by_name
from segue.errors import DataError, RunError
from segue.tasks.forecast.data import Panel, read_panel, require_rows
from segue.tasks.forecast.defaults import TrainSettings, suggest
from segue.tasks.forecast.history import save_panel, tail
from segue.tasks.forecast.model import ForecastModel
from segue.tasks.forecast.objective import ForecastObjective
from segue.tasks.forecast.scores import Scores, best_season, score
from segue.tasks.forecast.settings import DataReference, ForecastRun, SeriesCut, Settings
from segue.tasks.forecast.story import time_text, write_report
from segue.tasks.forecast.windows import (
    Cut,
    Part,
    Table,
    WindowBatch,
    Windows,
    WindowSource,
    default_cut,
)
from segue.training import FitResult, Progress, RunFolder, TrainConfig, fit, seed_all


@dataclass(frozen=True)
class Prepared:
    """A panel cut into windows, and what will be trained on them."""

    settings: Settings
    panel: Panel
    cuts: tuple[Cut, ...]
    table: Table
    model: ForecastModel
    how: TrainSettings
    season: int

    def windows(self, part: Part) -> Windows:
        """Every window that forecasts rows of one part."""
        return Windows.of_part(self.table, self.model.config.shape, self.cuts, part)


@dataclass(frozen=True)
class Trained:
    """What a training leaves."""

    run: RunFolder
    prepared: Prepared
    result: FitResult
    scores: Scores


def train_file(path: Path, settings: Settings, out: Path) -> Trained:
    """Train on a file, into a new run folder.

    Raises:
        DataError: the file cannot be used as it is.
        RunError: the folder holds something already.
    """
    panel = read_panel(path, settings.columns, fill=settings.fill, grid=settings.grid)
    prepared = prepare(panel, settings, str(path))
    run = RunFolder.create(out)
    reference = DataReference(path=str(path.resolve()), sha256=_digest(path))
    write_config(run, settings, reference)
    return train(prepared, run)


def resume_run(run: RunFolder, progress: Progress | None = None) -> Trained:
    """Go on with a run that was interrupted or killed, on the same file.

    Raises:
        RunError: the file is gone or has changed.
    """
    config = read_config(run)
    if config.data is None:
        raise RunError(f"{run.path}: was trained on a frame: resume it with Forecaster.fit")
    path = Path(config.data.path)
    if not path.is_file():
        raise RunError(f"{path}: the file that {run.path} was trained on is gone; put it back")
    if _digest(path) != config.data.sha256:
        raise RunError(f"{path}: has changed since {run.path} was begun; train a new run on it")
    settings = config.settings
    panel = read_panel(path, settings.columns, fill=settings.fill, grid=settings.grid)
    return train(prepare(panel, settings, str(path)), run, progress, resume=True)


def write_config(run: RunFolder, settings: Settings, data: DataReference | None) -> None:
    """Write the run's `config.json`."""
    config = ForecastRun(segue=segue.__version__, settings=settings, data=data)
    run.write_config(config.model_dump(mode="json"))


def read_config(run: RunFolder) -> ForecastRun:
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
    table = Table(panel, choice.model.vocabulary, settings.horizon)
    seed_all(settings.seed)
    model = ForecastModel(choice.model)
    model.prepare(table, cuts)
    season = settings.season or best_season(
        table, cuts, panel.frequency.seasons, settings.horizon
    )
    return Prepared(settings, panel, cuts, table, model, choice.train, season)


def train(
    prepared: Prepared,
    run: RunFolder,
    progress: Progress | None = None,
    *,
    resume: bool = False,
) -> Trained:
    """Fit the model, score it on the test windows, and write what `predict` and people need."""
    model, settings, how = prepared.model, prepared.settings, prepared.how
    source = WindowSource(
        prepared.windows(Part.TRAIN), how.batch_size, seed=settings.seed, batches=how.batches
    )
    validation = prepared.windows(Part.VALIDATION)
    config = TrainConfig(
        epochs=settings.epochs or how.epochs,
        minutes=settings.minutes,
        seed=settings.seed,
        clip_norm=how.clip_norm,
        patience=how.patience,
    )
    result = fit(
        model,
        ForecastObjective(validation, model.config.levels),
        source,
        AdamW(model.parameters(), lr=how.learning_rate, weight_decay=how.weight_decay),
        config=config,
        run=run,
        progress=progress,
        resume=resume,
    )
    save_panel(tail(prepared.panel, model.config.shape.context), history_path(run))
    trained = Trained(run, prepared, result, score_part(prepared, Part.TEST))
    _report(trained, config)
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


@torch.no_grad()
def quantiles(model: ForecastModel, batch: WindowBatch) -> NDArray[np.float64]:
    """Quantiles `[B, H, Q]` in the unit of the data."""
    model.eval()
    found: NDArray[np.float64] = model(batch).values.numpy()
    return found


def history_path(run: RunFolder) -> Path:
    """The end of each series, from which `predict` goes on."""
    return run.path / "history.safetensors"


def _cuts(panel: Panel, settings: Settings, source: str) -> tuple[Cut, ...]:
    horizon, validation, test = settings.horizon, settings.validation, settings.test
    for name, rows in (("validation", validation), ("test", test)):
        if rows is not None and rows < horizon:
            raise DataError(f"--{name} {rows} is less than --horizon {horizon}; give it more rows")
    require_rows(panel, (validation or horizon) + (test or horizon) + horizon + 1, source)
    cuts = []
    for series in panel.series:
        steps = len(series.target)
        default = default_cut(steps - (test or 0) - (validation or 0) + 2 * horizon, horizon)
        default = default_cut(steps, horizon) if steps > 3 * horizon else default
        end = steps - test if test else default.validation_end
        if validation is None:
            held = default.validation_end - default.train_end
            validation_rows = max(horizon, min(held, end - horizon - 1))
        else:
            validation_rows = validation
        cuts.append(Cut(end - validation_rows, end))
    return tuple(cuts)


def _report(trained: Trained, config: TrainConfig) -> None:
    prepared, run = trained.prepared, trained.run
    model = prepared.model
    write_report(
        run.report_path,
        title=f"Forecast of {', '.join(prepared.panel.columns.targets)}",
        facts=_facts(trained),
        recipe=(
            ("Forecast what comes next", shlex.join(["segue", "predict", str(run.path)])),
            ("Go on training", shlex.join(["segue", "train", "--resume", str(run.path)])),
        ),
        scores=trained.scores,
        windows=prepared.windows(Part.TEST),
        cuts=prepared.cuts,
        predict=lambda batch: quantiles(model, batch),
        levels=model.config.levels,
        training=run.metrics(),
        clip=config.clip_norm,
    )


def _facts(trained: Trained) -> tuple[tuple[str, str], ...]:
    prepared, result = trained.prepared, trained.result
    panel, settings, model = prepared.panel, prepared.settings, prepared.model
    rows = sum(len(series.target) for series in panel.series)
    first = min(series.time[0] for series in panel.series)
    last = max(series.time[len(series.target) - 1] for series in panel.series)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    shape = model.config.shape
    return (
        ("rows", f"{rows:,} in {len(panel.series):,} series"),
        ("from, to", f"{time_text(first)}, {time_text(last)}"),
        ("step, season", f"{panel.frequency.label}, {prepared.season} steps"),
        ("horizon", f"{shape.horizon} steps"),
        ("context", f"{shape.context} steps in segments of {shape.segment}"),
        ("cell", f"{model.config.cell}, {model.config.hidden} features"),
        ("parameters", f"{parameters:,}"),
        ("training", f"{result.seconds:.0f} s, best of {result.epochs} epochs: {result.best_epoch}"),
        ("filled values", f"{panel.filled:,}"),
        ("seed", str(settings.seed)),
        ("test windows", f"{trained.scores.windows:,}"),
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
