"""`config.json` of a translation."""

from typing import Literal

from segue.data.unit import Cut
from segue.tasks.record import Record
from segue.tasks.translate.choice import TrainSettings
from segue.tasks.translate.model import TranslateConfig
from segue.tasks.translate.settings import TranslateSettings


class TranslateRun(Record[TranslateSettings]):
    """`config.json`: what was asked, of which data, and what was chosen for it.

    Attributes:
        cuts: what source and target are read by.
        model: what the model is built from.
        training: how it is trained.
    """

    task: Literal["translate"] = "translate"
    cuts: tuple[Cut, Cut]
    model: TranslateConfig
    training: TrainSettings
