"""What one optimizer step does: accumulation, clipping, precision."""

import math

import pytest
import torch
from line_task import Line, X, Y, kind, line_model, rows, train
from torch import nn
from training_toy import assert_same, final_state

from segue.training import Step, TrainingError, seed_all


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
