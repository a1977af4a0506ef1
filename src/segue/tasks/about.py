"""What people are told of a task, and what they can ask of it. Needs no heavy library."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segue.tasks.settings import Asked, TaskSettings


@dataclass(frozen=True)
class Demo:
    """A training on data that ship with the package, or are made on the spot.

    Attributes:
        sample: a file of `segue.data.samples`, or what `make` makes; "" where none is needed.
        about: what the data are, with their source.
        settings: what is asked, by name.
        make: writes the data into a folder, where they do not ship.
    """

    sample: str
    about: str
    settings: Mapping[str, Any]
    make: Callable[[Path], None] | None = None


class NothingToAsk(Asked):
    """What can be asked of a prediction, where that is nothing."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What people are told of a task, and what they can ask of it.

    Attributes:
        name: the word after `segue train`.
        summary: what it is for, in a line.
        description: what a training does.
        example: a command.
        data: the files that a training takes.
        files: how many they are at most; 0 where a training takes none.
        verb: what `segue predict` does for it, in a word.
        predicting: the same in a sentence.
        prediction: what comes out of it, and what it needs.
        evaluating: what `segue evaluate` does for it.
        settings: what can be asked of a training.
        predict: what can be asked of a prediction.
        perform: what can be asked of `segue NAME RUN`, where the task has such a command.
        shown: the command that is named when a training ends.
        demo: a training on data that ship with the package.
        more: further demos, by the word after `segue demo`.
    """

    name: str
    summary: str
    description: str
    example: str
    data: str
    files: int = 1
    verb: str
    predicting: str
    prediction: str
    evaluating: str
    settings: type[TaskSettings]
    predict: type[Asked] = NothingToAsk
    perform: type[Asked] | None = None
    shown: str = "predict"
    demo: Demo
    more: Mapping[str, Demo] = field(default_factory=dict)
