"""How most tasks train: AdamW, and one cycle of the learning rate over all steps."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field
from torch import nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from segue.data.wording import count
from segue.tasks.record import Kept
from segue.tasks.settings import TaskSettings
from segue.tasks.task import Facts, Fitting
from segue.training import FitResult, Objective, TrainConfig
from segue.training import Source as Batches
from segue.training.progress import duration

Rate = Annotated[float, Field(gt=0, le=10)]
Decay = Annotated[float, Field(ge=0, le=10)]
Rows = Annotated[int, Field(ge=1, le=100_000)]
Epochs = Annotated[int, Field(ge=1, le=2**31 - 1)]
Norm = Annotated[float, Field(gt=0)]


class Recipe(Kept):
    """What every such training has.

    Attributes:
        learning_rate: of AdamW at its highest; it rises at the beginning of the training, then
            falls to nearly 0 (L. Smith, N. Topin, "Super-convergence", 2018).
        weight_decay: of AdamW.
        batch_size: most rows of a batch.
        epochs: how many.
        clip_norm: largest norm of a gradient.
    """

    learning_rate: Rate = 3e-3
    weight_decay: Decay = 0.01
    batch_size: Rows = 64
    epochs: Epochs = 8
    clip_norm: Norm = 1.0


def parameters_of(model: nn.Module) -> int:
    """How many numbers a model learns.

    >>> parameters_of(nn.Linear(3, 2))
    8
    """
    return sum(parameter.numel() for parameter in model.parameters())


def training_facts(result: FitResult, model: nn.Module) -> Facts:
    """What the top of every report says of its training."""
    return (
        ("training", f"{count(result.epochs, 'epoch')} in {duration(result.seconds)}"),
        ("parameters", f"{parameters_of(model):,}"),
        ("weights", f"of epoch {result.best_epoch}"),
    )


def one_cycle(
    recipe: Recipe,
    settings: TaskSettings,
    objective: Objective,
    batches: Batches,
    weights: Iterable[Any],
    *,
    rising: float = 0.2,
    betas: tuple[float, float] | None = None,
    method: type[AdamW] = AdamW,
) -> Fitting:
    """What the training loop needs.

    Args:
        recipe: how to train.
        settings: what was asked: the seed, and the most minutes.
        objective: the loss to lower.
        batches: what to lower it on.
        weights: parameters, or groups of them as torch's optimizers take them.
        rising: share of the training in which the rate rises.
        betas: of AdamW; None lets the first fall and rise against the rate.
        method: `AdamW`, or `LazyAdamW` for weights whose gradients are sparse.
    """
    rate = recipe.learning_rate
    optimizer = method(
        weights, lr=rate, weight_decay=recipe.weight_decay, betas=betas or (0.9, 0.999)
    )
    schedule = cycle(optimizer, rate, len(batches) * recipe.epochs, rising, turning=betas is None)
    config = TrainConfig(
        epochs=recipe.epochs,
        minutes=settings.minutes,
        seed=settings.seed,
        clip_norm=recipe.clip_norm,
    )
    return Fitting(objective, batches, optimizer, config, schedule)


def cycle(
    optimizer: Optimizer, rate: float, steps: int, rising: float, *, turning: bool
) -> OneCycleLR:
    """One cycle of the learning rate over all steps.

    Args:
        optimizer: whose rate it is.
        rate: at its highest.
        steps: of the training.
        rising: share of them in which the rate rises.
        turning: whether the first beta falls and rises against it.
    """
    total = steps + 1
    # torch divides by what the rise has beyond its first step, and fails where that is nothing
    share = rising if rising * total != 1 else 1.5 * rising
    return OneCycleLR(optimizer, rate, total_steps=total, pct_start=share, cycle_momentum=turning)
