"""`config.json` of a tagging."""

from typing import Literal, Self

from pydantic import model_validator

from segue.data.scheme import Scheme
from segue.tasks.record import Record
from segue.tasks.tag.defaults import TrainSettings
from segue.tasks.tag.model import TagConfig
from segue.tasks.tag.settings import TagSettings


class TagRun(Record[TagSettings]):
    """`config.json`: what was asked, of which data, and what was chosen for it.

    Attributes:
        scheme: of the file's tags.
        model: what the model is built from.
        training: how it is trained.
    """

    task: Literal["tag"] = "tag"
    scheme: Scheme
    model: TagConfig
    training: TrainSettings

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.model.spans != (self.scheme is not Scheme.PLAIN):
            raise ValueError("the model's tags are not of the scheme")
        if bool(self.model.labels) != (self.settings.intent is not None):
            raise ValueError("the model's labels are not what was asked for")
        return self
