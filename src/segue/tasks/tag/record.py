"""`config.json` of a tagging."""

from typing import Literal

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
