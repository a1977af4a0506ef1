"""What the loop does in one process."""

import math
import random

import numpy as np
import pytest
import torch
from line_task import CrashError, Line, Losses, config, kind, line_model, rows, train
from safetensors.torch import load_file
from torch import nn

from segue.errors import RunError
from segue.training import RunFolder, Silent, Step, Stopped, TrainingError, fit, seed_all


def test_it_lowers_the_loss_and_reports_it(tmp_path):
    model, result, run = train(tmp_path, epochs=30)
    assert result.stopped is Stopped.finished
    assert (result.epochs, result.steps) == (30, 150)
    epochs = kind(run, "epoch")
    losses = [line["loss"] for line in epochs]
    assert losses[-1] < 0.2 * losses[0]
    assert result.best_loss == min(losses)
    assert result.best_epoch == losses.index(min(losses)) + 1
    assert result.seconds == pytest.approx(epochs[-1]["seconds"], abs=0.5)
    assert Line().evaluate(model, lambda: None)["loss"] == result.best_loss


def test_the_lines_of_metrics(tmp_path):
    _, _, run = train(tmp_path, epochs=2)
    steps, epochs = kind(run, "step"), kind(run, "epoch")
    assert [line["step"] for line in steps] == list(range(1, 11))
    assert [line["epoch"] for line in steps] == [1] * 5 + [2] * 5
    assert list(steps[0]) == ["kind", "step", "epoch", "loss", "grad_norm", "lr"]
    assert list(epochs[0]) == ["kind", "epoch", "step", "train_loss", "loss", "seconds"]
    weights = [5, 5, 5, 5, 2]
    mean = np.average([line["loss"] for line in steps[:5]], weights=weights)
    assert epochs[0]["train_loss"] == pytest.approx(mean)


def test_patience(tmp_path):
    _, result, _ = train(tmp_path, objective=Losses(3.0, 2.0, 2.0, 2.5, 1.0), epochs=9, patience=2)
    assert result.stopped is Stopped.patience
    assert (result.epochs, result.best_epoch, result.best_loss) == (4, 2, 2.0)


def test_the_model_ends_with_the_best_weights(tmp_path):
    seen = []

    class Watched(Losses):
        def evaluate(self, model, check):
            seen.append([p.clone() for p in model.parameters()])
            return super().evaluate(model, check)

    model, _, run = train(tmp_path, objective=Watched(3.0, 1.0, 2.0, 5.0), epochs=4, keep=1)
    for a, b in zip(model.parameters(), seen[1], strict=True):
        assert torch.equal(a, b)
    for name, value in load_file(run.weights_path).items():
        assert torch.equal(value, model.state_dict()[name])
    assert not model.training
    names = sorted(p.name for p in run.checkpoints_path.iterdir())
    assert names == ["step-00000010.safetensors", "step-00000020.safetensors"]


def test_minutes_end_the_epoch_early_but_evaluate_it(tmp_path):
    _, result, run = train(tmp_path, epochs=1000, minutes=1e-9)
    assert result.stopped is Stopped.minutes
    assert result.epochs == 0 or result.best_epoch == 1
    assert len(kind(run, "epoch")) >= 1


def test_model_modes(tmp_path):
    modes = []

    class Modes(Line):
        def loss(self, model, batch, carry):
            modes.append(("loss", model.training, torch.is_grad_enabled()))
            return super().loss(model, batch, carry)

        def evaluate(self, model, check):
            modes.append(("evaluate", model.training, torch.is_grad_enabled()))
            return super().evaluate(model, check)

    train(tmp_path, objective=Modes(), source=rows(22))
    assert modes == [("loss", True, True), ("evaluate", False, False)] * 2


def test_the_state_is_carried_detached_and_dropped_at_the_epoch(tmp_path):
    carried = []

    class Carrying(Line):
        def loss(self, model, batch, carry):
            carried.append(carry)
            step = super().loss(model, batch, carry)
            return Step(step.loss, step.weight, {"h": (step.loss * 1, len(carried))})

    train(tmp_path, objective=Carrying(), source=rows(11))
    assert [c if c is None else c["h"][1] for c in carried] == [None, 1, None, 3]
    assert not carried[1]["h"][0].requires_grad


def test_a_carry_that_cannot_be_saved_is_refused_at_once(tmp_path):
    class Carrying(Line):
        def loss(self, model, batch, carry):
            return Step(super().loss(model, batch, carry).loss, 1.0, {"h": object()})

    with pytest.raises(TypeError, match="carry/h: a object cannot be kept in a checkpoint"):
        train(tmp_path, objective=Carrying())


def test_a_schedule_steps_with_every_optimizer_step(tmp_path):
    _, _, run = train(tmp_path, schedule=lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.5))
    rates = [line["lr"] for line in kind(run, "step")]
    assert rates[:5] == [0.05, 0.05, 0.025, 0.025, 0.0125]


def test_a_plateau_schedule_goes_by_the_validation_loss(tmp_path):
    def plateau(optimizer):
        return torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=0)

    losses = Losses(1.0, 2.0, math.nan, 0.5)
    _, _, run = train(tmp_path, objective=losses, schedule=plateau, epochs=4, non_finite="skip")
    rates = [line["lr"] for line in kind(run, "step")][::5]
    assert rates == pytest.approx([0.05, 0.05, 0.005, 0.0005])


def test_seeds(tmp_path):
    def drawn(name, seed):
        numbers = []

        class Drawing(Line):
            def loss(self, model, batch, carry):
                numbers.append((random.random(), np.random.rand(), float(torch.rand(()))))
                return super().loss(model, batch, carry)

        train(tmp_path / name, objective=Drawing(), seed=seed)
        return numbers

    assert drawn("a", 1) == drawn("b", 1) != drawn("c", 2)


def test_seed_all_seeds_every_generator():
    def draw():
        return random.random(), np.random.rand(), float(torch.rand(()))

    seed_all(4)
    first = draw()
    seed_all(4)
    assert draw() == first
    seed_all(4, stream=1)
    assert not set(draw()) & set(first)


def test_metric_names_of_the_loop_are_refused(tmp_path):
    class Taken(Line):
        def evaluate(self, model, check):
            return {"loss": 1.0, "step": 2.0}

    with pytest.raises(TrainingError, match="a metric named step"):
        train(tmp_path, objective=Taken())


def test_tied_and_strided_parameters_are_saved_and_come_back(tmp_path):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(3, 3, bias=False).double()
            self.b = nn.Linear(3, 3, bias=False).double()
            self.b.weight = self.a.weight
            self.c = nn.Parameter(torch.randn(1, 3, dtype=torch.float64).T)
            self.register_buffer("view", self.a.weight.detach().view(-1)[:3])

        def forward(self, x):
            return self.b(self.a(x)) @ self.c

    def train_tied(name, epochs):
        seed_all(1)
        return train(
            tmp_path / name, model=Tied(), epochs=epochs, make=lambda p: torch.optim.Adam(p, 0.01)
        )

    whole, _, _ = train_tied("whole", 4)
    train_tied("parts", 2)
    parts, _, run = train_tied("parts", 4)
    assert parts.a.weight is parts.b.weight
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(a, b)
    fresh = Tied()
    fresh.load_state_dict(load_file(run.weights_path))
    assert torch.equal(fresh.b.weight, whole.a.weight)


def test_a_folder_with_a_training_is_not_overwritten(tmp_path):
    _, _, run = train(tmp_path)
    model = line_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(RunError, match="holds a training already"):
        fit(model, Line(), rows(), optimizer, config=config(), run=run, progress=Silent())


def test_a_source_without_batches_is_refused(tmp_path):
    class Empty:
        def __len__(self):
            return 0

        def batch(self, epoch, index):
            raise AssertionError

    with pytest.raises(TrainingError, match="no batches"):
        train(tmp_path, source=Empty())


def test_evaluate_must_give_a_loss(tmp_path):
    class Unnamed(Line):
        def evaluate(self, model, check):
            return {"mae": 1.0}

    with pytest.raises(TrainingError, match="no metric named loss"):
        train(tmp_path, objective=Unnamed())


def test_tensorboard_when_installed(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _, _, run = train(tmp_path, tensorboard=True)
    events = EventAccumulator(str(run.tensorboard_path)).Reload()
    shown = events.Scalars("epoch/loss")
    lines = kind(run, "epoch")
    assert [e.step for e in shown] == [line["step"] for line in lines]
    assert [e.value for e in shown] == pytest.approx([line["loss"] for line in lines])
    assert "step/grad_norm" in events.Tags()["scalars"]


def test_tensorboard_shows_each_step_once_after_a_crash(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    class Crashing(Line):
        calls = 0

        def loss(self, model, batch, carry):
            self.calls += 1
            if self.calls == 14:
                raise CrashError
            return super().loss(model, batch, carry)

    options = {"tensorboard": True, "epochs": 4}
    with pytest.raises(CrashError):
        train(tmp_path, objective=Crashing(), **options)
    _, _, run = train(tmp_path, **options)
    events = EventAccumulator(str(run.tensorboard_path)).Reload()
    assert [e.step for e in events.Scalars("epoch/loss")] == [5, 10, 15, 20]


def test_without_tensorboard_nothing_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("segue.training.tensorboard.installed", lambda: False)
    _, _, run = train(tmp_path, tensorboard=True)
    assert not run.tensorboard_path.exists()


def test_a_folder_that_is_missing_is_one_line(tmp_path):
    model = line_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(RunError, match="no such folder"):
        fit(model, Line(), rows(), optimizer, config=config(), run=RunFolder(tmp_path / "no"))
