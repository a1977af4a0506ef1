"""`config.json` of a recommender."""

from typing import Literal

from segue.tasks.recommend.defaults import TrainSettings
from segue.tasks.recommend.model import RecommendConfig
from segue.tasks.recommend.settings import RecommendSettings
from segue.tasks.record import Record


class RecommendRun(Record[RecommendSettings]):
    """`config.json`: what was asked, of which log, and what was chosen for it.

    Attributes:
        model: what the model is built from.
        training: how it is trained.
    """

    task: Literal["recommend"] = "recommend"
    model: RecommendConfig
    training: TrainSettings
