"""A task from Python, by scikit-learn's habits: fit, predict, evaluate, save, load."""

import inspect
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self, get_type_hints

from segue.data.source import Source
from segue.errors import OptionError, RunError
from segue.tasks import flow
from segue.tasks.scores import Scores
from segue.tasks.settings import Asked, TaskSettings, fields, option
from segue.tasks.task import AnyTask, Loaded
from segue.training import Progress, RunFolder, Silent


class Estimator:
    """A task's settings, and the model that was fitted by them.

    The arguments are the fields of the task's settings; `help` of the class lists them.

    Raises:
        OptionError: an argument has a value that cannot be used.
    """

    task: ClassVar[AnyTask]

    def __init_subclass__(cls) -> None:
        """Give the class the signature and the documentation that its settings make."""
        asked: type[Asked] = cls.task.about.settings
        types = get_type_hints(asked)  # without what only a command line needs to know
        parameters = [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD
                if option(field).positional
                else inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.is_required() else field.default,
                annotation=types[name],
            )
            for name, field in fields(asked).items()
        ]
        parameters.sort(key=lambda parameter: parameter.kind)
        cls.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        lines = [f"    {name}: {f.description}" for name, f in fields(asked).items()]
        head, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n")
        cls.__doc__ = "\n".join([head, "", "Args:", *lines, rest])

    def __init__(self, *given: Any, **named: Any) -> None:
        try:
            asked = inspect.signature(type(self)).bind(*given, **named).arguments
        except TypeError as error:
            raise OptionError(f"{type(self).__name__}: {error}") from None
        self._begin(self.task.about.settings.of(asked))

    def _begin(self, settings: TaskSettings) -> None:
        self.settings: Any = settings
        self._loaded: Loaded | None = None
        self._scores: Scores | None = None
        self._fitted_on: Callable[..., Any] | None = None

    @property
    def scores(self) -> Any:
        """How the model did on the test rows, beside the baselines.

        Raises:
            RunError: nothing was fitted here.
        """
        if self._scores is None:
            name = type(self).__name__
            raise RunError(f"no scores: fit this {name}, or call evaluate on new rows")
        return self._scores

    @property
    def run(self) -> RunFolder:
        """The run's folder, with its report.

        Raises:
            RunError: nothing was fitted or loaded.
        """
        run: RunFolder = self._model.run
        return run

    def fit(
        self,
        frame: Any,
        *,
        run: str | Path | None = None,
        resume: bool = False,
        progress: Progress | None = None,
    ) -> Self:
        """Train on a frame, such as one of polars or pandas.

        Args:
            frame: the data.
            run: folder to keep the run in; a temporary one, gone with this object, when None.
            resume: go on with the training in `run` that was interrupted, on the same frame and
                with the same arguments.
            progress: what to show meanwhile; nothing when None.

        Raises:
            DataError: the frame cannot be used as it is.
            OptionError: an argument does not fit the frame.
            RunError: the folder holds something already, or is not a run of this frame.
        """
        source, shown = Source.of_frame(frame), Silent() if progress is None else progress
        if resume:
            if run is None:
                raise OptionError("resume=True needs run=..., the folder to go on in")
            folder = RunFolder.open(run)
            _, record = flow.read_record(folder)
            if record.settings != self.settings:
                raise OptionError(f"{folder.path}: was begun with other arguments; give the same")
            trained = flow.go_on(self.task, record, source, folder, shown)
        else:
            prepared = flow.prepare(self.task, source, self.settings)
            if run is None:
                run = tempfile.mkdtemp(prefix="segue-")
                weakref.finalize(self, shutil.rmtree, run, ignore_errors=True)
            trained = flow.begin(self.task, prepared, source, run, shown)
        _, self._loaded = flow.load(trained.run)
        self._scores = trained.scores
        self._fitted_on = type(frame)
        return self

    def evaluate(self, frame: Any) -> Any:
        """Score the model on what its training did not see.

        Raises:
            DataError: the frame does not fit the training, or has no rows that are new to it.
        """
        scores, _ = flow.evaluate(self.task, self._model, Source.of_frame(frame), _unsaid)
        return scores

    def save(self, path: str | Path) -> None:
        """Copy what predicting needs, and the report, to a folder that does not exist yet.

        Raises:
            RunError: nothing was fitted, or the folder holds something already.
        """
        self.run.copy(path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Bring back a run, from `save` or from the command line.

        Raises:
            RunError: there is no run of this task, or it is damaged or not finished.
        """
        task, loaded = flow.load(RunFolder.open(path))
        if task.name != cls.task.name:
            raise RunError(f"{path}: is a run of {task.name}, not of {cls.task.name}")
        found = cls.__new__(cls)
        found._begin(loaded.record.settings)
        found._loaded = loaded
        return found

    @property
    def _model(self) -> Any:
        if self._loaded is None:
            name = type(self).__name__
            raise RunError(f"this {name} has no model yet: fit or load one")
        return self._loaded

    def _results(self, frame: Any) -> list[Any]:
        """Everything that the task predicts for a frame, or from what the training kept."""
        source = None if frame is None else Source.of_frame(frame)
        return list(self.task.predict(self._model, source, self.task.about.predict(), _unsaid))


def _unsaid(line: str) -> None:
    """Python's users read no remarks."""
