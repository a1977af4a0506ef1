"""`Learner`: one optimizer step, and the state of all that takes part in it."""

import inspect
import json
import math
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from segue.errors import RunError
from segue.training.config import Precision, TrainConfig
from segue.training.distributed import World
from segue.training.fine_tuning import FineTuning
from segue.training.finite import (
    TrainingError,
    Trouble,
    trouble_with_gradient,
    trouble_with_loss,
)
from segue.training.objective import Batch, Carry, Objective, Step
from segue.training.restored import Unproven, load_model, load_optimizer, load_schedule
from segue.training.tree import map_tensors


@dataclass(frozen=True)
class Outcome:
    """What one optimizer step did.

    Attributes:
        loss: mean over all terms of all processes; None when there were none.
        weight: how many terms.
        norm: of the gradient, before clipping.
        carry: for the next batch.
        trouble: what was not finite; the weights are then as they were.
        rescaled: the gradient overflowed float16: its scale is lowered, the weights as they were.
    """

    loss: float | None
    weight: float
    norm: float
    carry: Carry
    trouble: Trouble | None = None
    rescaled: bool = False


class Learner:
    """Model, optimizer, schedule and loss scale: what a step changes.

    Raises:
        TrainingError: the precision cannot work on the model's device.
    """

    def __init__(
        self,
        model: nn.Module,
        objective: Objective,
        optimizer: Optimizer,
        schedule: LRScheduler | None,
        config: TrainConfig,
        world: World,
        tuning: FineTuning | None = None,
    ) -> None:
        self.model = model
        self.objective = objective
        self.optimizer = optimizer
        self.schedule = schedule
        self.config = config
        self.world = world
        self.tuning = tuning
        self.frozen: list[nn.Parameter] = []
        if tuning is not None:
            tuning.slow(optimizer)
        self.device = next((p.device for p in model.parameters()), torch.device("cpu"))
        self.wrapped = world.wrap(model, self.device)
        self.called = False
        self.advanced = False
        self.unproven = Unproven()
        if world.size > 1:
            self.wrapped.register_forward_pre_hook(self._note_call)
        self.params = [p for group in optimizer.param_groups for p in group["params"]]
        names = {id(p): name for name, p in model.named_parameters()}
        self.named = [
            (names.get(id(p), f"{i} of the optimizer"), p) for i, p in enumerate(self.params)
        ]
        closure = inspect.signature(optimizer.step).parameters.get("closure")
        self.needs_closure = closure is not None and closure.default is inspect.Parameter.empty
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=config.precision is Precision.float16
        )
        self._check_precision()

    def _check_precision(self) -> None:
        precision, device = self.config.precision, self.device.type
        if precision is Precision.float16:
            if device != "cuda":
                raise TrainingError(f"float16 training needs CUDA, not {device}: use bfloat16")
            if self.needs_closure:
                name = type(self.optimizer).__name__
                raise TrainingError(f"{name} cannot train in float16: use bfloat16 or float32")
        if (
            precision is Precision.bfloat16
            and device == "cuda"
            and not torch.cuda.is_bf16_supported(including_emulation=False)
        ):
            raise TrainingError("this GPU has no bfloat16: use float16 or float32")

    def begin_epoch(self, epoch: int) -> None:
        """Freeze what does not learn in an epoch; the first one has number 0."""
        self.frozen = [] if self.tuning is None else self.tuning.frozen(epoch)

    def step(self, batches: Sequence[Batch], carry: Carry) -> Outcome:
        """Take one optimizer step on `batches`; a step that is not finite changes no weight."""
        outcome = self._backward(batches, carry)
        if outcome.rescaled:
            self.scaler.step(self.optimizer)
        elif outcome.trouble is None and outcome.loss is not None:
            self._clip(outcome.norm)
            with self.unproven.use("optimizer"):
                if self.needs_closure:
                    outcome = self._step_closure(batches, carry, outcome)
                else:
                    self.scaler.step(self.optimizer)
        self.scaler.update()
        return outcome

    def _backward(self, batches: Sequence[Batch], carry: Carry) -> Outcome:
        """Leave in `.grad` the gradient of the mean loss over all batches of all processes."""
        self.optimizer.zero_grad(set_to_none=True)
        plain = len(batches) == 1 and self.world.size == 1
        steps: list[Step] = []
        before = carry
        loss_sum = torch.zeros((), dtype=torch.float64, device=self.device)
        for number, batch in enumerate(batches, start=1):
            batch = map_tensors(batch, self._to_device)
            with self._sync_only_if(number == len(batches)):
                with self._autocast():
                    step = self.objective.loss(self.wrapped, batch, carry)
                if step.weight:
                    loss_sum = loss_sum + step.loss.detach() * step.weight
                    scaled = step.loss if plain else step.loss * step.weight
                    torch.autograd.backward(self.scaler.scale(scaled))
                elif self.world.size > 1:
                    torch.autograd.backward(_zero(self.model))
            self._check_called()
            carry = map_tensors(step.carry, Tensor.detach)
            steps.append(step)
        return self._outcome(batches, steps, loss_sum, before, plain)

    def _outcome(
        self,
        batches: Sequence[Batch],
        steps: Sequence[Step],
        loss_sum: Tensor,
        before: Carry,
        plain: bool,
    ) -> Outcome:
        """Average the gradient and look whether all is finite; waits for the device once."""
        carry = map_tensors(steps[-1].carry, Tensor.detach)
        weight = float(sum(step.weight for step in steps))
        if self.world.size > 1:
            self._check_all_used()
            total, weight = self.world.total([loss_sum.item(), weight])
            loss_sum = torch.tensor(total, dtype=torch.float64, device=self.device)
        if weight == 0:
            return Outcome(None, 0.0, 0.0, carry)
        for param in self.frozen:
            param.grad = None
        grads = gradients(self.params)
        if self.scaler.is_enabled():
            self.scaler.unscale_(self.optimizer)
        if not plain:
            torch._foreach_mul_(grads, 1 / weight)
        norm_tensor = nn.utils.get_total_norm(grads).to(torch.float64)
        total, norm = torch.stack([loss_sum, norm_tensor.to(self.device)]).tolist()
        loss = total / weight
        trouble = None
        if not math.isfinite(loss):
            trouble = self._tell_all(trouble_with_loss(batches, before, steps, self.named))
        elif not math.isfinite(norm):
            if self.scaler.is_enabled() and self.scaler.get_scale() >= 1:
                return Outcome(loss, weight, norm, carry, rescaled=True)
            trouble = trouble_with_gradient(batches, before, self.named)
            if trouble:
                trouble = self._tell_all(trouble)
            else:  # only the squares overflowed
                norm = nn.utils.get_total_norm([g.double() for g in grads]).item()
        return Outcome(loss, weight, norm, carry, trouble)

    def _note_call(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        self.called = True

    def _check_called(self) -> None:
        """Raise `TrainingError` when the model was not called: the others would wait for ever."""
        if self.world.size > 1 and not self.called:
            raise TrainingError(
                f"{type(self.objective).__name__}.loss did not call model(...), which several "
                "processes need for every batch, also one of no rows"
            )
        self.called = False

    def _check_all_used(self) -> None:
        """Raise `TrainingError` when a parameter has no gradient: it was not exchanged then."""
        for name, param in self.model.named_parameters():
            if param.requires_grad and param.grad is None:
                raise TrainingError(
                    f"parameter {name} takes no part in the loss, which several processes need: "
                    "freeze it with requires_grad_(False)"
                )

    def _tell_all(self, trouble: Trouble) -> Trouble:
        """Return what the process knows that knows most."""
        told = self.world.gather(json.dumps(trouble.as_json()).encode())
        return max((Trouble(**json.loads(text)) for text in told), key=lambda each: each.known)

    def _clip(self, norm: float) -> None:
        """Clip the gradient by norm, then by value."""
        grads = gradients(self.params)
        limit = self.config.clip_norm
        if limit is not None and norm > limit:
            torch._foreach_mul_(grads, limit / norm)
        if self.config.clip_value is not None:
            torch._foreach_clamp_min_(grads, -self.config.clip_value)
            torch._foreach_clamp_max_(grads, self.config.clip_value)

    def _step_closure(self, batches: Sequence[Batch], carry: Carry, outcome: Outcome) -> Outcome:
        """Step an optimizer that evaluates the loss itself, several times (LBFGS)."""
        before = [p.detach().clone() for p in self.params]
        latest: Outcome | None = None

        def closure() -> float:
            nonlocal latest
            if latest is None:
                latest = outcome
            else:
                latest = self._backward(batches, carry)
                self._clip(latest.norm)
            return math.inf if latest.loss is None else latest.loss

        self.optimizer.step(closure)
        wrong = next((n for n, p in self.named if not bool(torch.isfinite(p).all())), None)
        if wrong is None:
            return outcome
        with torch.no_grad():
            for param, value in zip(self.params, before, strict=True):
                param.copy_(value)
        self.optimizer.state.clear()
        return Outcome(
            outcome.loss, outcome.weight, outcome.norm, outcome.carry, Trouble("gradient", wrong)
        )

    def _to_device(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device, non_blocking=True)

    def _autocast(self) -> AbstractContextManager[None]:
        match self.config.precision:
            case Precision.bfloat16:
                return torch.autocast(self.device.type, torch.bfloat16)
            case Precision.float16:
                return torch.autocast(self.device.type, torch.float16)
        return nullcontext()

    def _sync_only_if(self, last: bool) -> AbstractContextManager[None]:
        """Exchange gradients between processes only in the last batch of a step."""
        if isinstance(self.wrapped, DistributedDataParallel) and not last:
            return self.wrapped.no_sync()
        return nullcontext()

    @property
    def rate(self) -> float:
        """The learning rate of the first parameter group."""
        return float(self.optimizer.param_groups[0]["lr"])

    def advance_schedule(self) -> None:
        """Count one step in a schedule that goes by steps."""
        if self.schedule is None or isinstance(self.schedule, ReduceLROnPlateau):
            return
        if self.advanced:
            with self.unproven.use("schedule"):
                self.schedule.step()
        else:  # torch warns when the optimizer has not stepped, but a skipped step counts here
            with warnings.catch_warnings(), self.unproven.use("schedule"):
                warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step")
                self.schedule.step()
            self.advanced = True

    def advance_plateau(self, loss: float) -> None:
        """Tell a `ReduceLROnPlateau` an epoch's validation loss."""
        if isinstance(self.schedule, ReduceLROnPlateau):
            with self.unproven.use("schedule"):
                self.schedule.step(loss)

    def state(self) -> dict[str, Any]:
        """Return a tree of all that a step changes."""
        return {
            "model": dict(self.model.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Put back what `state` gave.

        Raises:
            RunError: it is that of another model, optimizer or schedule.
        """
        try:
            model, optimizer = state["model"], state["optimizer"]
            schedule, scaler = state["schedule"], state["scaler"]
        except KeyError as error:
            raise RunError(f"the checkpoint has no {error.args[0]}: train again") from None
        load_model(self.model, model)
        load_optimizer(self.optimizer, optimizer)
        load_schedule(self.schedule, schedule)
        self.unproven.add("optimizer")
        self.unproven.add("schedule")
        if self.scaler.is_enabled():
            try:
                self.scaler.load_state_dict(scaler)
            except (RuntimeError, KeyError, TypeError) as error:
                raise RunError(
                    "the checkpoint was not written in float16: use its precision"
                ) from error


def gradients(params: Sequence[Tensor]) -> list[Tensor]:
    """Return the gradients that there are, to be changed in place; of sparse ones the values."""
    grads = []
    for param in params:
        if param.grad is not None and param.grad.is_sparse:
            param.grad = param.grad.coalesce()
            grads.append(param.grad._values())
        elif param.grad is not None:
            grads.append(param.grad)
    return grads


def _zero(model: nn.Module) -> Tensor:
    """Return a zero whose gradient is zero for every parameter."""
    return torch.stack([(p * 0).sum() for p in model.parameters() if p.requires_grad]).sum()
