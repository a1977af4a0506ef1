"""A very small training for tests: fit a line by rows."""

import torch
from torch import nn

from segue.data.sampling import Rows
from segue.training import RunFolder, Silent, Step, TrainConfig, fit, seed_all

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(22, 3, generator=GENERATOR, dtype=torch.float64)
Y = X @ torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.float64)


class CrashError(Exception):
    """The machine stopped."""


class Line:
    """Mean squared error, weighted by rows."""

    def loss(self, model, batch, carry):
        x, y = batch
        return Step(((model(x) - y) ** 2).mean(), weight=float(len(x)))

    def evaluate(self, model, check):
        check()
        return {"loss": ((model(X) - Y) ** 2).mean().item()}


class Losses(Line):
    """Reports given validation losses, one for each epoch."""

    def __init__(self, *losses):
        self.losses = list(losses)

    def evaluate(self, model, check):
        return {"loss": self.losses.pop(0)}


class Crashing(Line):
    """Crashes at the given call of `loss`."""

    def __init__(self, at):
        self.left = at

    def loss(self, model, batch, carry):
        self.left -= 1
        if self.left < 0:
            raise CrashError
        return super().loss(model, batch, carry)


def line_model():
    seed_all(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()


def rows(batch_size=5):
    return Rows(lambda index: (X[index], Y[index]), len(X), batch_size, seed=1)


def config(**changes):
    return TrainConfig(**({"epochs": 2, "tensorboard": False} | changes))


def train(path, *, model=None, objective=None, source=None, make=None, schedule=None, **changes):
    """Train in a new folder, or go on in one that is there; return (model, result, run)."""
    model = line_model() if model is None else model
    make = make or (lambda params: torch.optim.SGD(params, 0.05))
    optimizer = make(model.parameters())
    run = RunFolder.create(path, resume=True)
    resume = run.exists
    if not resume:
        run.write_config({})
    result = fit(
        model,
        objective or Line(),
        rows() if source is None else source,
        optimizer,
        config=config(**changes),
        run=run,
        schedule=schedule(optimizer) if schedule else None,
        progress=Silent(),
        resume=resume,
    )
    return model, result, run


def kind(run, name):
    """Return the lines of one kind of metrics.jsonl."""
    return [line for line in run.metrics() if line["kind"] == name]
