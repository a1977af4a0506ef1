"""`fit`: the training loop."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from segue.errors import RunError
from segue.training import distributed
from segue.training.config import NonFinite, TrainConfig
from segue.training.distributed import World
from segue.training.finite import NonFiniteError, TrainingError, Trouble
from segue.training.keeper import Keeper
from segue.training.learner import Learner, Outcome
from segue.training.objective import Carry, Objective, Shardable, Source
from segue.training.position import Best, Position
from segue.training.progress import Plan, Progress, Silent, automatic
from segue.training.record import MetricsLog
from segue.training.rng import rng_state, seed_all, set_rng_state
from segue.training.run import RunFolder
from segue.training.signals import SIGNALS, Interrupted, SignalWatch
from segue.training.tree import pack


class Stopped(StrEnum):
    """Why a training ended."""

    finished = "finished"
    """All epochs are done."""
    patience = "patience"
    """The validation loss no longer falls."""
    minutes = "minutes"
    """The time is up."""


@dataclass(frozen=True)
class FitResult:
    """What a training came to.

    Attributes:
        epochs: that were run.
        best_epoch: whose weights the model has now (from 1).
        best_loss: its validation loss.
        steps: optimizer steps.
        seconds: of training, over all resumptions.
        stopped: why it ended.
    """

    epochs: int
    best_epoch: int
    best_loss: float
    steps: int
    seconds: float
    stopped: Stopped


def fit(
    model: nn.Module,
    objective: Objective,
    source: Source,
    optimizer: Optimizer,
    *,
    config: TrainConfig,
    run: RunFolder,
    schedule: LRScheduler | None = None,
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
    learner = Learner(model, objective, optimizer, schedule, config, world)
    shown = (automatic() if progress is None else progress) if world.first else Silent()
    loop = _Loop(learner, source, config, run, world, shown)
    if not world.first:
        with loop.watch:
            return loop.run(resume)
    with run.locked(), loop.watch:
        return loop.run(resume)


class _Loop:
    """A training under way."""

    def __init__(
        self,
        learner: Learner,
        source: Source,
        config: TrainConfig,
        run: RunFolder,
        world: World,
        progress: Progress,
    ) -> None:
        self.learner = learner
        self.source = source
        self.config = config
        self.folder = run
        self.world = world
        self.progress = progress
        self.keeper = Keeper(learner, run, world, config.keep)
        self.watch = SignalWatch()
        self.log: MetricsLog | None = None
        self.position = Position(batches=len(source))
        self.carry: Carry = None
        self.carry_checked = False
        self.began = time.monotonic()
        self.time_is_up = False
        self.signal: int | None = None

    def run(self, resume: bool) -> FitResult:
        """Train to the end, or to an interruption."""
        self._begin(resume)
        try:
            position = self.position
            done = position.epoch * position.batches + position.index
            self.progress.start(Plan(self.config.epochs, position.batches, done))
            self._agree()
            while (stopped := self._stopped()) is None:
                self._train_epoch()
                self._end_epoch()
            return self._finish(stopped)
        finally:
            self.progress.close()
            if self.log:
                self.log.close()

    def _begin(self, resume: bool) -> None:
        """Start from the newest checkpoint, or from the beginning with a first checkpoint."""
        self._refuse_to_lose(resume)
        restored = self.keeper.restore() if resume else None
        if restored:
            self.position, self.carry = restored
            if self.position.batches != len(self.source):
                raise RunError(
                    f"{self.folder.path}: was trained with {self.position.batches} batches in an "
                    f"epoch, not {len(self.source)}: resume it with the same data and options"
                )
        else:
            seed_all(self.config.seed, 1 + self.world.rank)
        if self.world.first:
            self.log = MetricsLog(self.folder.metrics_path, self.position.metrics_bytes)
            if self.log.lost:
                self.progress.note(f"warning: {self.folder.metrics_path}: lines are missing")
        self.began = time.monotonic() - self.position.seconds
        if not restored:
            self._save(regular=True)

    def _refuse_to_lose(self, resume: bool) -> None:
        """Raise `RunError` when training would overwrite what is there."""
        if not self.world.first:
            return
        trained = bool(self.keeper.folder.steps())
        logged = bool(self.folder.metrics())
        if resume and logged and not trained:
            raise RunError(f"{self.folder.path}: its checkpoints are gone: it cannot be resumed")
        if not resume and (trained or logged):
            raise RunError(
                f"{self.folder.path}: holds a training already: resume it or name another folder"
            )

    def _stopped(self) -> Stopped | None:
        patience = self.config.patience
        if self.position.epoch >= self.config.epochs:
            return Stopped.finished
        if patience is not None and self.position.stale >= patience:
            return Stopped.patience
        return Stopped.minutes if self.time_is_up else None

    def _train_epoch(self) -> None:
        """Take the steps that are left of the epoch, as far as the time allows."""
        position = self.position
        self.learner.wrapped.train()
        while position.index < position.batches and not self.time_is_up:
            end = min(position.index + self.config.accumulate, position.batches)
            batches = [self.source.batch(position.epoch, k) for k in range(position.index, end)]
            outcome = self.learner.step(batches, self.carry)
            position.index = end
            position.step += 1
            self._take(outcome)
            self.learner.advance_schedule()
            done = position.epoch * position.batches + end
            self.progress.step(done, outcome.loss)
            self._agree()
            every = self.config.checkpoint_every
            if every is not None and position.step % every == 0:
                self._save(regular=True)
            if self.signal is not None:
                self._save(regular=False)
                raise Interrupted(self.signal)

    def _take(self, outcome: Outcome) -> None:
        """Count and record a step, and follow the policy when it is not finite."""
        position = self.position
        where = {"step": position.step, "epoch": position.epoch + 1}
        self.carry = outcome.carry
        if outcome.carry is not None and not self.carry_checked:
            pack({"carry": outcome.carry})
            self.carry_checked = True
        if outcome.trouble is not None:
            self._follow_policy(outcome.trouble, where)
        elif outcome.loss is not None:
            position.loss_sum += outcome.loss * outcome.weight
            position.weight_sum += outcome.weight
            rate = self.learner.rate
            numbers = {"loss": outcome.loss, "grad_norm": outcome.norm, "lr": rate}
            self._write({"kind": "step", **where, **numbers})
        if outcome.rescaled:
            trouble = Trouble("gradient")
            self._write({"kind": "nonfinite", **where, **trouble.record(), "action": "rescale"})

    def _follow_policy(self, trouble: Trouble, where: dict[str, Any]) -> None:
        position, policy = self.position, self.config.non_finite
        if policy is NonFinite.rollback and position.rollbacks >= self.config.rollbacks:
            policy = NonFinite.stop
        self._write({"kind": "nonfinite", **where, **trouble.record(), "action": policy.value})
        place = f"step {where['step']}, epoch {where['epoch']}: {trouble}"
        self.carry = None
        match policy:
            case NonFinite.stop:
                raise NonFiniteError(
                    f"{place}: lower the learning rate, clip the gradient or look at the data; "
                    f"the checkpoint before it is {self.keeper.folder.file(position.anchor)}"
                )
            case NonFinite.skip:
                position.skipped += 1
                self.progress.note(f"warning: {place}: skipped")
            case NonFinite.rollback:
                position.rollbacks += 1
                step = self.keeper.roll_back(position.anchor)
                for _ in range(position.step - 1 - step):
                    self.learner.advance_schedule()
                self.progress.note(f"warning: {place}: weights are back at those of step {step}")

    def _end_epoch(self) -> None:
        """Evaluate, decide about the best, and save."""
        position = self.position
        metrics = self._evaluate()
        loss = metrics["loss"]
        best = math.isfinite(loss) and (position.best is None or loss < position.best.loss)
        if position.skipped and not position.weight_sum:
            raise NonFiniteError(
                f"epoch {position.epoch + 1}: no step was finite: lower the learning rate, "
                "clip the gradient or look at the data"
            )
        position.epoch += 1
        where = {"epoch": position.epoch, "step": position.step}
        train = position.loss_sum / position.weight_sum if position.weight_sum else None
        position.seconds = time.monotonic() - self.began
        line = {"kind": "epoch", **where, "train_loss": train, **metrics}
        line["seconds"] = round(position.seconds, 3)
        self._write(line)
        if not math.isfinite(loss):
            self._validation_trouble(where)
        self.learner.advance_plateau(loss if math.isfinite(loss) else math.inf)
        position.index, position.skipped = 0, 0
        position.loss_sum, position.weight_sum = 0.0, 0.0
        position.stale = 0 if best else position.stale + 1
        self.carry = None
        if best:
            sha256 = self.keeper.write_best()
            position.best = Best(loss, position.epoch, position.step, sha256)
        self._save(regular=True)
        self.progress.epoch(line, best=best)
        if self.signal is not None:
            raise Interrupted(self.signal)

    def _validation_trouble(self, where: dict[str, Any]) -> None:
        """Record a validation loss that is not finite, and stop where the policy says so."""
        stop = self.config.non_finite is NonFinite.stop
        record = Trouble("validation loss").record()
        action = "stop" if stop else "not best"
        self._write({"kind": "nonfinite", **where, **record, "action": action})
        place = f"epoch {where['epoch']}: the validation loss is not finite"
        if stop:
            raise NonFiniteError(
                f"{place}: lower the learning rate, clip the gradient or look at the data; "
                f"the checkpoint before it is {self.keeper.folder.file(self.position.anchor)}"
            )
        self.progress.note(f"warning: {place}")

    def _evaluate(self) -> dict[str, float]:
        """Return the validation metrics of process 0; when interrupted, save and raise."""
        before = rng_state(self.learner.device)
        self.learner.model.eval()
        metrics: dict[str, float] = {}
        try:
            with torch.no_grad():
                found = self.learner.objective.evaluate(self.learner.model, self.watch.check)
            metrics = {name: float(value) for name, value in found.items()}
        except Interrupted:
            pass
        self._agree()
        if self.signal is not None:
            set_rng_state(before, self.learner.device)
            self._save(regular=False)
            raise Interrupted(self.signal)
        metrics = json.loads(self.world.broadcast(json.dumps(metrics).encode()))
        if "loss" not in metrics:
            raise TrainingError("evaluate() gave no metric named loss: it decides what is best")
        return metrics

    def _agree(self) -> None:
        """Let all processes know of a signal at one of them, and of the first one's clock."""
        minutes = self.config.minutes
        over = minutes is not None and time.monotonic() - self.began >= 60 * minutes
        votes = [float(over and self.world.first)]
        votes += [float(self.watch.received == number) for number in SIGNALS]
        over_votes, *signal_votes = self.world.total(votes)
        self.time_is_up = over_votes > 0
        self.signal = next((s for s, n in zip(SIGNALS, signal_votes, strict=True) if n), None)

    def _save(self, *, regular: bool) -> None:
        """Write a checkpoint; a regular one is where a rollback goes to."""
        position = self.position
        position.seconds = time.monotonic() - self.began
        if regular:
            position.anchor = position.step
        if self.log:
            position.metrics_bytes = self.log.sync()
        self.keeper.save(position, self.carry)

    def _write(self, line: Mapping[str, Any]) -> None:
        if self.log:
            self.log.write(line)

    def _finish(self, stopped: Stopped) -> FitResult:
        """Take the best weights."""
        position = self.position
        best = position.best
        if best is None:
            raise NonFiniteError("no epoch had a finite validation loss: there are no best weights")
        self.keeper.load_best(best.step, best.sha256)
        self.learner.model.eval()
        self._agree()
        if self.signal is not None:
            raise Interrupted(self.signal)
        return FitResult(
            position.epoch,
            best.epoch,
            best.loss,
            position.step,
            position.seconds,
            stopped,
        )
