"""What can be asked of a task: one class of settings, from which all ways of asking come.

The fields of a task's `Settings` are the options of `segue train TASK`, the arguments of its
estimator and the `settings` of `config.json`; their descriptions are the help of all three.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from segue.data.wording import one_line, shorten
from segue.errors import OptionError

BY_DATA = "by the data"


@dataclass(frozen=True)
class Option:
    """How a field is asked for, where its name and type do not say it.

    Attributes:
        metavar: what stands for the value in the help.
        shown: what the help calls the default where the field's is None.
        flag: the option, where it is not the field's name.
        required: the command line must give it, though Python may leave it out.
        positional: the estimator takes it by position too.
    """

    metavar: str = "TEXT"
    shown: str | None = None
    flag: str | None = None
    required: bool = False
    positional: bool = False


Count = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Asked(BaseModel):
    """Values that somebody asks for by name, each checked."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Settings from options by name.

        Raises:
            OptionError: a value cannot be used.

        >>> TaskSettings.of({"hidden": 32}).hidden
        32
        """
        try:
            return cls.model_validate(options)
        except ValidationError as error:
            raise OptionError(first_defect(error)) from None


class TaskSettings(Asked):
    """What every task that trains a recurrent network can be asked."""

    cell: Annotated[str, Option("CELL")] = Field(
        default="gru", description="gru, lstm, rnn or another; a wrong name lists them."
    )
    hidden: Annotated[int, Field(ge=1, le=8192), Option("N", BY_DATA)] | None = Field(
        default=None, description="Features of the state."
    )
    layers: Annotated[int, Field(ge=1, le=64), Option("N", BY_DATA)] | None = Field(
        default=None, description="Recurrent layers."
    )
    epochs: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Most epochs of training."
    )
    minutes: Annotated[float, Field(gt=0, le=1e6), Option("M")] | None = Field(
        default=None, description="Most minutes of training."
    )
    seed: Annotated[int, Field(ge=0, lt=2**32), Option("N")] = Field(
        default=0, description="Of weights, order and dropout."
    )
    warm_start: Annotated[str, Option("RUN", flag="--from")] | None = Field(
        default=None,
        description="Begin with the weights of this run, as far as names and shapes agree.",
    )
    unfreeze: Annotated[int, Field(ge=0, le=100_000), Option("EPOCHS")] = Field(
        default=0,
        description="With --from: after so many epochs each the next layer below begins to learn.",
    )
    layer_decay: Annotated[float, Field(gt=0, le=1), Option("X")] = Field(
        default=1.0,
        description="With --from: each layer learns at X of the rate of the one above it.",
    )

    @model_validator(mode="after")
    def _check_tuning(self) -> Self:
        if self.warm_start is None and (self.unfreeze or self.layer_decay != 1):
            name = "--unfreeze" if self.unfreeze else "--layer-decay"
            raise ValueError(f"{name} is for weights of another run: name it with --from RUN")
        return self

    @field_validator("cell")
    @classmethod
    def _check_cell(cls, name: str) -> str:
        from segue.tasks.bounds import known_cell  # cells need torch, options do not

        return known_cell(name)


def fields(asked: type[Asked]) -> dict[str, FieldInfo]:
    """The fields by name, those of the class itself before those that it inherits."""
    own = asked.__annotations__
    found = asked.model_fields
    return {name: found[name] for name in sorted(found, key=lambda name: name not in own)}


def option(field: FieldInfo) -> Option:
    """How a field is asked for."""
    return next((note for note in notes(field) if isinstance(note, Option)), Option())


def flag(name: str, field: FieldInfo) -> str:
    """The option of a field.

    >>> flag("warm_start", TaskSettings.model_fields["warm_start"])
    '--from'
    """
    return option(field).flag or f"--{name.replace('_', '-')}"


def command(task: str, data: Iterable[str], settings: Asked) -> str:
    """The command that trains so, with all that differs from the defaults.

    >>> command("forecast", ["sales.csv"], TaskSettings(hidden=8, seed=1))
    'segue train forecast sales.csv --hidden 8 --seed 1 --out RUN'
    """
    words = ["segue", "train", task, *data]
    given = settings.model_dump(mode="json", exclude_defaults=True)
    for name, field in fields(type(settings)).items():
        value = given.get(name)
        if value is None or value is False:
            continue
        for one in value if isinstance(value, list) else [value]:
            words += [flag(name, field)] if one is True else [flag(name, field), str(one)]
    return shlex.join([*words, "--out", "RUN"])


def first_defect(error: ValidationError) -> str:
    """The first thing that pydantic finds wrong, as one line: where and what."""
    first = error.errors()[0]
    place = ".".join(one_line(str(part)) for part in first["loc"])
    what = first["msg"]
    if first["type"] == "value_error":
        what = what.removeprefix("Value error, ")
        return f"{place}: {what}" if place else what
    if first["type"] == "extra_forbidden":
        return f"{place}: there is no such setting"
    what = re.sub("Input should be", "must be", what)
    return f"{place}: {what[:1].lower()}{what[1:]}, not {shorten(str(first['input']))}"


def notes(field: FieldInfo) -> Iterator[Any]:
    """What a field's type is annotated with, also inside of unions: options and bounds.

    >>> list(notes(TaskSettings.model_fields["hidden"]))[:2]
    [Ge(ge=1), Le(le=8192)]
    """
    yield from field.metadata
    yield from _inside(field.annotation)


def _inside(annotation: Any) -> Iterator[Any]:
    for note in getattr(annotation, "__metadata__", ()):
        yield from note.metadata if isinstance(note, FieldInfo) else (note,)
    for part in get_args(annotation):
        yield from _inside(part)
