"""`config.json` of a language model."""

from typing import Literal

from segue.tasks.generate.defaults import TrainSettings
from segue.tasks.generate.settings import GenerateSettings
from segue.tasks.language.model import LanguageConfig
from segue.tasks.record import Record


class GenerateRun(Record[GenerateSettings]):
    """`config.json`: what was asked, of which text, and what was chosen for it.

    Attributes:
        model: what the model is built from.
        training: how it is trained.
    """

    task: Literal["generate"] = "generate"
    model: LanguageConfig
    training: TrainSettings
