"""How any task is run: train, resume, score, predict."""

from collections.abc import Iterable
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import nn

from segue.data.source import Source
from segue.data.splits import Part
from segue.data.wording import one_line
from segue.errors import OptionError, RunError
from segue.insight.diagnosis import Diagnosis, diagnose
from segue.tasks.artifact import artifact_bytes, read_artifact
from segue.tasks.record import DataReference
from segue.tasks.registry import named
from segue.tasks.report import report_of
from segue.tasks.scores import Scores
from segue.tasks.settings import Asked, TaskSettings, first_defect
from segue.tasks.task import AnyTask, Loaded, Note, Trained
from segue.tasks.warm import Taken, warm_start
from segue.training import (
    FineTuning,
    Progress,
    RunFolder,
    Silent,
    by_layer,
    distributed,
    fit,
    seed_all,
)
from segue.training.progress import automatic
from segue.training.weights import read_weights, weights_bytes


def train(
    task: AnyTask,
    source: Source,
    settings: TaskSettings,
    out: str | Path,
    progress: Progress | None = None,
) -> Trained:
    """Train on a user's data, into a new run folder.

    Raises:
        DataError: the data cannot be used as they are.
        OptionError: a setting does not fit the data.
        RunError: the folder holds something already.
    """
    return begin(task, prepare(task, source, settings), source, out, progress)


def prepare(task: AnyTask, source: Source, settings: TaskSettings) -> Any:
    """Read and check the data, divide them, and build the model for them.

    Raises:
        DataError: the data cannot be used as they are.
        OptionError: a setting does not fit the data.
    """
    return build(task, task.read(source, settings), settings, str(source))


def build(task: AnyTask, data: Any, settings: TaskSettings, source: str, record: Any = None) -> Any:
    """Build the model for data that are read, its weights drawn by the seed.

    Raises:
        DataError: too little data.
        OptionError: a setting does not fit the data, or the model would be too large.
    """
    seed_all(settings.seed)
    try:
        return task.build(data, settings, source, record)
    except ValidationError as error:
        raise OptionError(first_defect(error)) from None


def begin(
    task: AnyTask,
    prepared: Any,
    source: Source,
    out: str | Path,
    progress: Progress | None = None,
) -> Trained:
    """Train what is prepared, into a new run folder.

    Raises:
        RunError: the folder holds something already.
    """
    world = distributed.current()
    taken = _warm(task, prepared)
    files = tuple(str(path.resolve()) for path in source.paths)
    sha256 = prepared.data.digest()
    record = prepared.record(DataReference(file=(*files, None)[0], more=files[1:], sha256=sha256))
    run, shown = RunFolder(out), _shown(progress)
    with ExitStack() as held:
        with world.first_alone() as mine:
            if mine:
                run = RunFolder.create(out)
                held.enter_context(run.locked())
                record.write(run)
        told = () if taken is None else (taken.line,)
        for line in (*prepared.introduction(), *told) if world.first else ():
            shown.note(one_line(line))
        return _fit(task, prepared, record, run, shown, taken, resume=False)


def _shown(progress: Progress | None) -> Progress:
    """What a person sees of a training: nothing of other processes than the first."""
    if not distributed.current().first:
        return Silent()
    return automatic() if progress is None else progress


def _warm(task: AnyTask, prepared: Any) -> Taken | None:
    """Begin with the weights of another run, where that is asked."""
    asked = prepared.settings.warm_start
    if asked is None:
        return None
    run = RunFolder.open(asked)
    other = read_record(run)[0]
    units = other.vocabularies(read_artifact(run, other.artifact)[0]) if run.finished else {}
    own = task.vocabularies(prepared.artifact())
    return warm_start(prepared.model, run, own, units, task.kin(prepared))


def _tuning(prepared: Any, taken: Taken | None) -> FineTuning | None:
    settings = prepared.settings
    if taken is None or (settings.unfreeze == 0 and settings.layer_decay == 1):
        return None
    return by_layer(prepared.model, taken.names, settings.unfreeze, settings.layer_decay)


def resume(run: RunFolder, progress: Progress | None = None) -> Trained:
    """Go on with a run that was interrupted or killed, on the same files.

    Raises:
        RunError: a file is gone or has changed.
    """
    task, record = read_record(run)
    if record.data.file is None and task.about.files:
        raise RunError(
            f"{run.path}: was trained on a frame: go on in Python with fit(frame, run=...,"
            " resume=True)"
        )
    source = Source.of(*record.data.files)
    for path in source.paths:
        if not path.exists():
            raise RunError(f"{path}: the file that {run.path} was trained on is gone; put it back")
        if path.is_fifo() or path.is_char_device() or path.is_socket():
            raise RunError(f"{path}: is no file, {run.path} cannot be trained on it again")
    return go_on(task, record, source, run, progress)


def go_on(
    task: AnyTask, record: Any, source: Source, run: RunFolder, progress: Progress | None = None
) -> Trained:
    """Train a run to its end, on the data that it was begun with.

    Raises:
        RunError: these are others.
    """
    with run.locked() if distributed.current().first else nullcontext():
        data = task.read(source, record.settings, record)
        if data.digest() != record.data.sha256:
            raise RunError(
                f"{source}: has changed since {run.path} was begun; train a new run on it"
            )
        prepared = build(task, data, record.settings, str(source), record)
        taken = _warm(task, prepared)
        return _fit(task, prepared, record, run, _shown(progress), taken, resume=True)


def read_record(run: RunFolder) -> tuple[AnyTask, Any]:
    """The task of a run, and what its `config.json` says.

    Raises:
        RunError: `config.json` is damaged or of no task.
    """
    document = run.read_config()
    task = named(document.get("task"), f"{run.config_path}: ")
    return task, task.Record.of(task.migrated(document), run)


def load(run: RunFolder) -> tuple[AnyTask, Loaded]:
    """Bring back what a finished training left.

    Raises:
        RunError: a file of the run is missing or damaged, or the training has not finished.
    """
    task, record = read_record(run)
    tree, weights = read_artifact(run, task.artifact)
    try:
        loaded = task.load(run, record, tree)
    except RunError as error:
        raise RunError(f"{run.path / task.artifact}: {error}") from None
    state = read_weights(weights, run.identity, str(run.weights_path))
    try:
        loaded.model.load_state_dict(state)
    except RuntimeError as error:
        line = str(error).splitlines()[-1].strip()
        raise RunError(
            f"{run.weights_path}: does not fit {run.config_path.name} ({line:.120}); train again"
        ) from None
    loaded.model.eval()
    return task, loaded


def evaluate(task: AnyTask, loaded: Loaded, source: Source, note: Note) -> tuple[Scores, Any]:
    """Score a run beside the baselines on rows that its training did not see."""
    prepared = task.evaluation(loaded, source, note)
    return task.score(prepared, Part.TEST), prepared


def inspect(run: RunFolder, source: Source | None) -> Diagnosis:
    """Look at the recurrent layers of a run on the first batch that it was trained on.

    Args:
        run: a training that has ended.
        source: where its data lie now; None where they lie where they lay.

    Raises:
        RunError: the data are gone or have changed, or the run has not ended.
        InsightError: the model has no recurrent layer, or the sequences one step.
    """
    task, loaded = load(run)
    record, found = loaded.record, None
    if source is None:
        found = task.trained_on(loaded, lambda line: None, "")
    else:
        data = task.read(source, record.settings, record)
        found = data if data.digest() == record.data.sha256 else None
    if found is None:
        what = (
            "the data of the training are gone or have changed"
            if source is None
            else (f"{one_line(str(source))} is not what it was trained on")
        )
        raise RunError(f"{run.path}: {what}; name the files: segue inspect RUN FILE...")
    prepared = build(task, found, record.settings, str(source or run.path), record)
    model: nn.Module = prepared.model
    model.load_state_dict(loaded.model.state_dict())
    model.eval()
    fitting = prepared.fitting()
    batch = fitting.batches.batch(0, 0)
    return diagnose(model, lambda: fitting.objective.loss(model, batch, None).loss)


def predict(
    task: AnyTask, loaded: Loaded, source: Source | None, asked: Asked, note: Note
) -> Iterable[str]:
    """Results as text for stdout, in the order of the input."""
    for number, result in enumerate(task.predict(loaded, source, asked, note)):
        yield task.write(result, asked, first=number == 0)


def _fit(
    task: AnyTask,
    prepared: Any,
    record: Any,
    run: RunFolder,
    shown: Progress,
    taken: Taken | None,
    *,
    resume: bool,
) -> Trained:
    """Fit the model, score it on the test part, and leave what `predict` and people need.

    All files of the end become visible as one. Of several processes, the first one alone does
    what follows the fit.
    """
    fitting = prepared.fitting()
    model: nn.Module = prepared.model
    result = fit(
        model,
        fitting.objective,
        fitting.batches,
        fitting.optimizer,
        config=fitting.config,
        run=run,
        schedule=fitting.schedule,
        tuning=_tuning(prepared, taken),
        progress=shown,
        resume=resume,
    )
    if not distributed.current().first:
        return Trained(run, record, prepared, result, None)
    prepared.finish()
    scores = task.score(prepared, Part.TEST)
    trained = Trained(run, record, prepared, result, scores)
    report = report_of(task, trained, fitting.config.clip_norm)
    with run.ending() as end:
        weights = weights_bytes(model.state_dict(), run.identity)
        end.write(run.weights_path.name, weights)
        end.write(task.artifact, artifact_bytes(prepared.artifact(), run.identity, weights))
        end.write(run.report_path.name, report)
    return trained
