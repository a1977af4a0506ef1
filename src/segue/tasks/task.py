"""A task: eight questions about an application, all else about running it being the same for all.

`segue.tasks.flow` trains, resumes, scores and predicts by these answers; `segue.tasks.registry`
lists the tasks by name.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from segue.data.source import Source
from segue.data.splits import Part
from segue.data.units import Vocabulary
from segue.data.vocabulary import vocabulary_from_state
from segue.errors import OptionError, SegueError
from segue.insight.report import Section
from segue.tasks.about import About
from segue.tasks.record import DataReference, Record
from segue.tasks.scores import Scores
from segue.tasks.settings import TaskSettings
from segue.training import FitResult, Objective, RunFolder, TrainConfig
from segue.training import Source as Batches

Facts = tuple[tuple[str, str], ...]
Note = Callable[[str], None]
"""Takes a line that a person should read."""


class Data(Protocol):
    """A user's data, read and checked."""

    def digest(self) -> str:
        """SHA-256 of all that training sees: data that are trained on alike have the same."""


@dataclass(frozen=True)
class Fitting:
    """What the training loop needs beside the model."""

    objective: Objective
    batches: Batches
    optimizer: Optimizer
    config: TrainConfig
    schedule: LRScheduler | None = None


def together(digests: Sequence[str]) -> str:
    """One digest of several."""
    share = 64 // len(digests)
    return "".join(each[:share] for each in digests)


class Prepared(Protocol):
    """Data divided into parts, with the model to train or to score on them."""

    @property
    def source(self) -> str:
        """The file or frame, in what people read."""

    @property
    def settings(self) -> TaskSettings:
        """What was asked."""

    @property
    def data(self) -> Data:
        """What was read."""

    @property
    def model(self) -> nn.Module:
        """The network."""

    def fitting(self) -> Fitting:
        """How the model is trained."""

    def finish(self) -> None:
        """Do what follows the choice of the weights: margins and temperatures join the model."""

    def artifact(self) -> dict[str, Any]:
        """What predicting needs beside the weights: a tree of arrays, numbers and text."""

    def introduction(self) -> Sequence[str]:
        """The lines that come before a training: what was read, what will be trained on it."""

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""

    def record(self, data: DataReference) -> Record[Any]:
        """What `config.json` says of it."""

    @property
    def title(self) -> str:
        """Of the report."""


S = TypeVar("S", bound=TaskSettings)
D = TypeVar("D", bound=Data)
R = TypeVar("R", bound=Record[Any])
P = TypeVar("P", bound=Prepared)
L = TypeVar("L", bound="Loaded")


@dataclass(frozen=True)
class Loaded:
    """A run that was trained: its record and its model with the best weights."""

    run: RunFolder
    record: Any
    model: Any


@dataclass(frozen=True)
class Trained:
    """What a training leaves; in other processes than the first there are no `scores`."""

    run: RunFolder
    record: Any
    prepared: Any
    result: FitResult
    scores: Any


class Task(ABC, Generic[S, D, R, P, L]):
    """An application.

    Attributes:
        about: what people are told of it, and what can be asked.
        Record: the class of its `config.json`.
        artifact: the file with what predicting needs beside the weights.
    """

    about: ClassVar[About]
    Record: type[R]
    artifact: ClassVar[str] = "task.safetensors"

    @property
    def name(self) -> str:
        """The word after `segue train`."""
        return self.about.name

    @abstractmethod
    def read(self, source: Source, settings: S, record: R | None = None) -> D:
        """The user's data, checked.

        Args:
            source: files or a frame.
            settings: what is asked.
            record: of the run that was begun on these data, where one is resumed.

        Raises:
            DataError: a defect, with file, row, column and remedy.
        """

    @abstractmethod
    def build(self, data: D, settings: S, source: str, record: R | None = None) -> P:
        """Divide the data and build the model for them.

        Args:
            data: from `read`.
            settings: what is asked.
            source: the file or frame, for errors.
            record: choices to repeat; None chooses by the data.

        Raises:
            DataError: too little data.
            OptionError: a setting does not fit the data.
        """

    @abstractmethod
    def score(self, prepared: P, part: Part) -> Scores:
        """Score the model and the honest baselines on the same rows."""

    @abstractmethod
    def load(self, run: RunFolder, record: R, artifact: dict[str, Any]) -> L:
        """The model of a finished run, without its weights, and what else predicting needs."""

    def vocabularies(self, artifact: dict[str, Any]) -> Mapping[str, Vocabulary]:
        """The units of which a module has a row each, by the last part of the module's name.

        Raises:
            RunError: what the artifact holds is none.
        """
        state = artifact.get("vocabulary")
        if state is None:
            return {}
        units = vocabulary_from_state(state)
        return {"embed": units, "head": units}

    def kin(self, prepared: P) -> Mapping[str, str]:
        """Modules of other tasks that a module may begin with where a run has none of its name."""
        return {}

    @abstractmethod
    def evaluation(self, loaded: L, source: Source, note: Note) -> P:
        """Rows that the training did not see, as the test part; `note` takes remarks on them."""

    def trained_on(self, loaded: L, note: Note, otherwise: str) -> D | None:
        """The data of the training, read again, for the baselines of an evaluation.

        Args:
            loaded: a run.
            note: takes a line where they are gone or others now, and None is returned.
            otherwise: what that line says is done without them.
        """
        record = loaded.record
        files = [Path(file) for file in record.data.files]
        with suppress(SegueError, OSError):
            # A pipe would be waited for, and a device might never end.
            if files and all(file.is_file() or file.is_dir() for file in files):
                data = self.read(Source.of(*files), record.settings)
                if data.digest() == record.data.sha256:
                    return data
        note(f"the data of the training are gone or have changed: {otherwise}")
        return None

    @abstractmethod
    def predict(self, loaded: L, source: Source | None, asked: Any, note: Note) -> Iterable[Any]:
        """Results, streamed, in the order of the input; `note` takes remarks on it."""

    @abstractmethod
    def write(self, result: Any, asked: Any, *, first: bool) -> str:
        """One result of `predict` as text for stdout; the first has the head, if there is one."""

    @abstractmethod
    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """The sections of the report that only this task has, and the note under the scores."""

    def stream(self, loaded: L, asked: Any) -> Callable[[str], str]:
        """The live form: from one line of input to one line of results.

        Raises:
            OptionError: this task has none.
        """
        raise OptionError(f"{self.name} does not read a stream: name a file")

    def perform(self, loaded: L, asked: Any) -> Iterable[str | bytes]:
        """What `segue NAME RUN` does, for a task with a command of its own: text, as it is made.

        Bytes are those of a file, such as music, and are not for a terminal.

        Raises:
            OptionError: this task has none.
        """
        raise OptionError(f"{self.name} has no command of its own")

    def migrated(self, document: dict[str, Any]) -> dict[str, Any]:
        """`config.json` as this version writes it, from what an earlier version wrote."""
        return document


AnyTask = Task[Any, Any, Any, Any, Any]
"""A task of which nobody asks which one it is."""
