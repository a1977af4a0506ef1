"""What the loop does in one process."""

import math
import random

import numpy as np
import pytest
import torch
from line_task import Line, Losses, X, Y, config, kind, line_model, rows, train
from safetensors.torch import load_file
from torch import nn
from training_toy import assert_same, final_state

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


def test_accumulated_batches_are_one_big_batch(tmp_path):
    """Also when the last one is smaller, since each counts by its weight."""
    big, _, _ = train(tmp_path / "big", source=rows(22))
    small, _, run = train(tmp_path / "small", source=rows(5), accumulate=5)
    for a, b in zip(big.parameters(), small.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-15)
    assert len(kind(run, "step")) == 2


def test_the_last_accumulated_step_of_an_epoch_may_be_shorter(tmp_path):
    _, result, _ = train(tmp_path, accumulate=3, epochs=1)
    assert result.steps == 2


def gradient_of(batch):
    model = line_model()
    Line().loss(model, batch, None).loss.backward()
    return [p.grad for p in model.parameters()]


class Spy(torch.optim.SGD):
    """Keeps the first gradient that it was given."""

    seen = None

    def step(self, closure=None):
        grads = [p.grad.clone() for group in self.param_groups for p in group["params"]]
        self.seen = self.seen or grads
        return super().step(closure)


@pytest.mark.parametrize(
    ("clip", "clipped"),
    [
        ({}, lambda g, norm: g),
        ({"clip_norm": 0.1}, lambda g, norm: g * (0.1 / norm)),
        ({"clip_norm": 1e9}, lambda g, norm: g),
        ({"clip_value": 0.05}, lambda g, norm: g.clamp(-0.05, 0.05)),
        (
            {"clip_norm": 0.5, "clip_value": 0.1},
            lambda g, norm: (g * (0.5 / norm)).clamp(-0.1, 0.1),
        ),
    ],
)
def test_clipping_and_the_norm_before_it(tmp_path, clip, clipped):
    grads = gradient_of(rows().batch(0, 0))
    norm = math.sqrt(sum(float((g**2).sum()) for g in grads))
    spy = None

    def make(params):
        nonlocal spy
        spy = Spy(params, 0.05)
        return spy

    _, _, run = train(tmp_path, make=make, **clip)
    assert kind(run, "step")[0]["grad_norm"] == pytest.approx(norm, rel=1e-12)
    for seen, grad in zip(spy.seen, grads, strict=True):
        torch.testing.assert_close(seen, clipped(grad, norm), rtol=1e-12, atol=0)


def test_a_norm_whose_squares_overflow_is_still_right(tmp_path):
    class Huge(Line):
        def loss(self, model, batch, carry):
            return Step(1e25 * model(batch[0].float()).mean())

        def evaluate(self, model, check):
            return {"loss": 1.0}

    model = nn.Linear(3, 1)
    _, _, run = train(tmp_path, model=model, objective=Huge(), clip_norm=1.0, epochs=1)
    assert 1e24 < kind(run, "step")[0]["grad_norm"] < 1e26
    assert all(bool(torch.isfinite(p).all()) for p in model.parameters())


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


def test_bfloat16_runs_the_forward_pass_in_bfloat16_and_keeps_the_weights(tmp_path):
    seen = []

    class Dtypes(Line):
        def loss(self, model, batch, carry):
            y = model(batch[0].float())
            seen.append(y.dtype)
            return Step(((y - batch[1].float()) ** 2).mean())

        def evaluate(self, model, check):
            seen.append(model(X.float()).dtype)
            return {"loss": float(((model(X.float()) - Y) ** 2).mean())}

    model = line_model().float()
    _, _, run = train(tmp_path, model=model, objective=Dtypes(), precision="bfloat16", epochs=20)
    assert seen[0] is torch.bfloat16
    assert seen[5] is torch.float32
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    losses = [line["loss"] for line in kind(run, "epoch")]
    assert losses[-1] < 0.5 * losses[0]


def test_sparse_gradients(tmp_path):
    class Lookup(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(7, 1, sparse=True).double()

        def forward(self, x):
            return self.table((x[:, 0].abs() * 3).long().clamp(max=6))

    seed_all(0)
    _, result, run = train(
        tmp_path, model=Lookup(), make=lambda p: torch.optim.SparseAdam(list(p), 0.1),
        clip_norm=1.0, clip_value=0.5, accumulate=2, epochs=20,
    )  # fmt: skip
    assert result.best_loss < kind(run, "epoch")[0]["loss"]
    assert kind(run, "step")[0]["grad_norm"] > 1.0


def test_metric_names_of_the_loop_are_refused(tmp_path):
    class Taken(Line):
        def evaluate(self, model, check):
            return {"loss": 1.0, "step": 2.0}

    with pytest.raises(TrainingError, match="a metric named step"):
        train(tmp_path, objective=Taken())


def test_float16_scales_the_loss(tmp_path, monkeypatch):
    """On the CPU, whose autocast and scaler stand in for CUDA's."""
    monkeypatch.setattr("segue.training.learner.Learner._check_precision", lambda self: None)
    scaler = torch.amp.GradScaler
    monkeypatch.setattr(
        "torch.amp.GradScaler", lambda device, enabled: scaler(device, 2.0**24, enabled=enabled)
    )

    class Half(Line):
        def loss(self, model, batch, carry):
            y = model(batch[0].float())
            assert y.dtype is torch.float16
            return Step(((y - batch[1].float()) ** 2).mean(), float(len(y)))

        def evaluate(self, model, check):
            return {"loss": ((model(X.float()) - Y) ** 2).mean().item()}

    options = {"objective": Half(), "precision": "float16", "clip_norm": 5.0}
    _, _, run = train(tmp_path / "whole", model=line_model().float(), epochs=9, **options)
    rescaled = kind(run, "nonfinite")
    assert rescaled
    assert {line["action"] for line in rescaled} == {"rescale"}
    losses = [line["loss"] for line in kind(run, "epoch")]
    assert losses[-1] < 0.5 * losses[0]
    assert kind(run, "step")[0]["grad_norm"] is None
    train(tmp_path / "parts", model=line_model().float(), epochs=1, **options)
    train(tmp_path / "parts", model=line_model().float(), epochs=9, **options)
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))


def test_float16_without_cuda_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="float16 training needs CUDA, not cpu: use bfloat16"):
        train(tmp_path, precision="float16")


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


def test_zero_weight_batches_count_for_nothing(tmp_path):
    class Masked(Line):
        def loss(self, model, batch, carry):
            step = super().loss(model, batch, carry)
            if len(batch[0]) == 2:  # the last one of an epoch
                return Step(step.loss / 0, 0.0)
            return step

    alone, result, run = train(tmp_path / "alone", objective=Masked(), epochs=1)
    assert result.steps == 5
    assert len(kind(run, "step")) == 4
    together, _, _ = train(tmp_path / "together", objective=Masked(), epochs=1, accumulate=5)
    assert all(bool(torch.isfinite(p).all()) for m in (alone, together) for p in m.parameters())


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


def test_without_tensorboard_nothing_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("segue.training.tensorboard.installed", lambda: False)
    _, _, run = train(tmp_path, tensorboard=True)
    assert not run.tensorboard_path.exists()


def test_a_folder_that_is_missing_is_one_line(tmp_path):
    model = line_model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(RunError, match="no such folder"):
        fit(model, Line(), rows(), optimizer, config=config(), run=RunFolder(tmp_path / "no"))
