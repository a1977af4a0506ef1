"""`fit`: the training loop."""

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from segue.training import distributed
from segue.training.config import TrainConfig
from segue.training.fine_tuning import FineTuning
from segue.training.finite import TrainingError
from segue.training.learner import Learner
from segue.training.objective import Objective, Shardable, Source
from segue.training.progress import Progress, Silent, automatic
from segue.training.result import FitResult
from segue.training.run import RunFolder
from segue.training.session import Session


def fit(
    model: nn.Module,
    objective: Objective,
    source: Source,
    optimizer: Optimizer,
    *,
    config: TrainConfig,
    run: RunFolder,
    schedule: LRScheduler | None = None,
    tuning: FineTuning | None = None,
    progress: Progress | None = None,
    resume: bool = False,
) -> FitResult:
    """Train `model`; at the end it has the best weights, and so has RUN/weights.safetensors.

    A run that was killed at any moment goes on with `resume=True`, given the same arguments, and
    ends with the same bits as if it had not been killed (same machine, same number of threads).
    To be resumable from its very beginning, call `seed_all` before the model is built.

    Args:
        model: on the device to train on. All that changes in training is in its `state_dict`.
        objective: loss and validation.
        source: the batches. `fit` moves them to the model's device.
        optimizer: any of torch's, over parameters of `model`.
        config: epochs, clipping, precision and so on.
        run: the folder to write to; a new one, unless `resume`.
        schedule: any of torch's schedules, over `optimizer`: it goes one step forward with every
            optimizer step (a step that is skipped as not finite counts). A `ReduceLROnPlateau`
            goes forward with every epoch, by the validation loss.
        tuning: which layers learn when and how fast; all and in full when None.
        progress: what a person sees; a bar on a terminal, else a line for each epoch, when None.
        resume: go on from the newest checkpoint of `run`.

    Returns:
        What the training came to.

    Raises:
        Interrupted: SIGTERM or SIGINT came; the step was finished and a checkpoint saved.
        NonFiniteError: a loss or gradient is not finite, and the policy is to stop.
        TrainingError: arguments do not fit together.
        RunError: the folder cannot be used, or its checkpoints do not fit.
    """
    world = distributed.current()
    if world.size > 1:
        if not isinstance(source, Shardable):
            raise TrainingError(
                f"{type(source).__name__} has no shard(rank, world): "
                "training by several processes needs one"
            )
        source = source.shard(world.rank, world.size)
    if len(source) == 0:
        raise TrainingError("the source has no batches: there is nothing to train on")
    learner = Learner(model, objective, optimizer, schedule, config, world, tuning)
    shown = (automatic() if progress is None else progress) if world.first else Silent()
    session = Session(learner, source, config, run, world, shown)
    if not world.first:
        with session.watch:
            return session.run(resume)
    with run.locked(), session.watch:
        return session.run(resume)
