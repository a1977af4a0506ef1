"""`Session`: a training under way."""

import json
import math
import time

import torch

from segue.errors import RunError
from segue.training.config import NonFinite, TrainConfig
from segue.training.distributed import World
from segue.training.finite import NonFiniteError, TrainingError, Trouble
from segue.training.keeper import Keeper
from segue.training.learner import Learner, Outcome
from segue.training.metrics import MetricsWriter
from segue.training.objective import Carry, Source
from segue.training.position import Best, Position
from segue.training.progress import Plan, Progress
from segue.training.result import FitResult, Stopped
from segue.training.rng import rng_state, seed_all, set_rng_state
from segue.training.run import RunFolder
from segue.training.signals import SIGNALS, Interrupted, SignalWatch
from segue.training.tree import pack

RESERVED = {"kind", "epoch", "step", "train_loss", "seconds"}


class Session:
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
        self.metrics = MetricsWriter()
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
            minutes = self.config.minutes
            left = None if minutes is None else 60 * minutes - position.seconds
            self.progress.start(Plan(self.config.epochs, position.batches, done, left))
            self._agree()
            while (stopped := self._stopped()) is None:
                self._train_epoch()
                self._end_epoch()
            return self._finish(stopped)
        finally:
            self.progress.close()
            self.metrics.close()

    def _begin(self, resume: bool) -> None:
        """Start from the newest checkpoint, or from the beginning with a first checkpoint."""
        self._refuse_to_lose(resume)
        self.keeper.identify()
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
            self.metrics.open(self.keeper, self.position, events=self.config.tensorboard)
        self.keeper.tidy(self.position)
        self.began = time.monotonic() - self.position.seconds
        if not restored:
            self._save(regular=True)

    def _refuse_to_lose(self, resume: bool) -> None:
        """Raise `RunError` when training would overwrite what is there."""
        if not self.world.first:
            return
        trained = bool(self.keeper.folder.steps())
        logged = not trained and any(line["kind"] != "run" for line in self.folder.metrics())
        if resume and (logged or self.folder.finished) and not trained:
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
        return Stopped.minutes if self.time_is_up and self.position.epoch else None

    def _train_epoch(self) -> None:
        """Take the steps that are left of the epoch, as far as the time allows."""
        position = self.position
        self.learner.wrapped.train()
        self.learner.begin_epoch(position.epoch)
        while position.index < position.batches:
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
            if self.time_is_up:
                return

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
            self.metrics.write({"kind": "step", **where, **numbers})
        if outcome.rescaled:
            self._write_trouble(where, Trouble("gradient"), "rescale")

    def _follow_policy(self, trouble: Trouble, where: dict[str, int]) -> None:
        position, policy = self.position, self.config.non_finite
        if policy is NonFinite.rollback and position.rollbacks >= self.config.rollbacks:
            policy = NonFinite.stop
        self._write_trouble(where, trouble, policy.value)
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
        self.metrics.write(line)
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

    def _write_trouble(self, where: dict[str, int], trouble: Trouble, action: str) -> None:
        self.metrics.write({"kind": "nonfinite", **where, **trouble.as_json(), "action": action})

    def _validation_trouble(self, where: dict[str, int]) -> None:
        """Record a validation loss that is not finite, and stop where the policy says so."""
        stop = self.config.non_finite is NonFinite.stop
        self._write_trouble(where, Trouble("validation loss"), "stop" if stop else "not best")
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
        if taken := RESERVED & set(metrics):
            raise TrainingError(f"evaluate() gave a metric named {min(taken)}: use another name")
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
        position.metrics_bytes = self.metrics.sync()
        self.keeper.save(position, self.carry)

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
