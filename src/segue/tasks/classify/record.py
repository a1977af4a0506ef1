"""`config.json` of a classification."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segue.tasks.classify.defaults import TrainSettings
from segue.tasks.classify.model import ClassifyConfig
from segue.tasks.classify.settings import ClassifySettings
from segue.tasks.examples.examples import Kind
from segue.tasks.record import Record

Names = Annotated[tuple[str, ...], Field(max_length=1_000_000)]


class ClassifyRun(Record[ClassifySettings]):
    """`config.json`: what was asked, of which data, and what was chosen for it.

    Attributes:
        kind: what an example is.
        classes: the names of the classes.
        frequencies: how many training examples each class has.
        channels: the names of the channels; none for texts.
        model: what the model is built from.
        training: how it is trained.
    """

    task: Literal["classify"] = "classify"
    kind: Kind
    classes: Names
    frequencies: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=1_000_000)]
    channels: Names = ()
    model: ClassifyConfig
    training: TrainSettings

    @model_validator(mode="after")
    def _agree(self) -> Self:
        channels = None if self.kind is Kind.TEXT else len(self.channels)
        fits = len(self.classes) == len(self.frequencies) == self.model.classes
        if not fits or self.model.channels != channels:
            raise ValueError("model: does not fit the classes or the channels")
        return self
