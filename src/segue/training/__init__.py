"""Training: the loop, what a task hands to it, and what it leaves behind."""

from segue.training.config import NonFinite, Precision, TrainConfig
from segue.training.fine_tuning import FineTuning, by_layer
from segue.training.finite import NonFiniteError, TrainingError
from segue.training.lazy_adamw import LazyAdamW
from segue.training.loop import fit
from segue.training.objective import Objective, Shardable, Source, Step
from segue.training.progress import Bars, Lines, Progress, Silent
from segue.training.result import FitResult, Stopped
from segue.training.rng import seed_all
from segue.training.run import RunFolder
from segue.training.signals import Interrupted

__all__ = [
    "Bars",
    "FineTuning",
    "FitResult",
    "Interrupted",
    "LazyAdamW",
    "Lines",
    "NonFinite",
    "NonFiniteError",
    "Objective",
    "Precision",
    "Progress",
    "RunFolder",
    "Shardable",
    "Silent",
    "Source",
    "Step",
    "Stopped",
    "TrainConfig",
    "TrainingError",
    "by_layer",
    "fit",
    "seed_all",
]
