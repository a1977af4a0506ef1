"""A small training with everything that a resumption could get wrong, and exact comparison."""

import json
import random
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import nn

from segue.data.sampling import Chunk, Streams
from segue.training import RunFolder, Silent, Step, TrainConfig, fit, seed_all
from segue.training.checkpoint import CheckpointFolder, from_bytes

DATA = torch.sin(torch.arange(400.0) * 0.3)


class Net(nn.Module):
    """A GRU with dropout and batch statistics, over streams."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 8)
        self.drop = nn.Dropout(0.3)
        self.norm = nn.BatchNorm1d(8)
        self.out = nn.Linear(8, 1)

    def forward(self, x, state):
        y, state = self.gru(x, state)
        y = self.norm(self.drop(y).flatten(0, 1)).view(y.shape)
        return self.out(y), state


class NextValue:
    """Predict the next value; noise from all three random generators."""

    def loss(self, model, batch, carry):
        x, target, lengths = batch
        noise = random.gauss(0, 0.01) + np.random.normal(0, 0.01) + 0.01 * torch.randn(x.shape)
        y, state = model(x + noise, carry)
        real = torch.arange(len(x))[:, None] < lengths
        loss = ((y[..., 0] - target) ** 2)[real]
        return Step(loss.mean(), weight=float(loss.numel()), carry=state)

    def evaluate(self, model, check):
        loss = 0.0
        for part in DATA[:100].split(25):
            check()
            y, _ = model(part[:-1, None, None], None)
            loss += float(((y[:, 0, 0] - part[1:]) ** 2).mean()) / 4
        return {"loss": loss + 1e-3 * random.random(), "half": loss / 2}


def fetch(chunk: Chunk):
    x = DATA[chunk.index]
    return x[..., None], DATA[(chunk.index + 1) % len(DATA)], chunk.lengths


def train(path: Path, *, objective=None, config=None, source=None):
    """Train a new run at `path`, or go on with the one that is there."""
    seed_all(5)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=60)
    run = RunFolder.create(path, resume=True)
    resume = run.exists
    if not resume:
        run.write_config({})
    source = source or Streams(fetch, (120, 70, 109), streams=4, length=5, seed=3)
    config = config or CONFIG
    objective = objective or NextValue()
    args = {"config": config, "run": run, "schedule": schedule, "progress": Silent()}
    result = fit(model, objective, source, optimizer, **args, resume=resume)
    return model, optimizer, result


CONFIG = TrainConfig(
    epochs=4, accumulate=2, clip_norm=0.5, checkpoint_every=3, keep=2, seed=9, tensorboard=False
)


def final_state(path: Path):
    """Return all that two equal runs have in common: everything but times and their ids."""
    run = RunFolder(path)
    folder = CheckpointFolder(run.checkpoints_path, 1, run.identity)
    trees = {step: from_bytes(folder.load(step)) for step in folder.steps()}
    for tree in trees.values():
        del tree["position"]["seconds"]
        del tree["position"]["metrics_bytes"]  # depends on how long the times are
        if tree["position"]["best"]:
            del tree["position"]["best"]["sha256"]  # of a file that names the run
    lines = [
        {k: v for k, v in line.items() if k != "seconds"}
        for line in run.metrics()
        if line["kind"] != "run"
    ]
    files = sorted(str(p.relative_to(path)) for p in path.rglob("*"))
    return {
        "trees": trees,
        "metrics": json.dumps(lines),
        "weights": dict(sorted(safetensors.torch.load_file(run.weights_path).items())),
        "files": files,
    }


def end_of(path):
    """Return what must be equal; an interruption leaves an additional checkpoint."""
    state = final_state(path)
    newest = max(state["trees"])
    return [state["trees"][newest], state["metrics"], state["weights"]]


def assert_same(a, b, path="state"):
    """Assert that two trees are equal to the bit, types included."""
    assert type(a) is type(b), path
    if isinstance(a, dict):
        assert list(a) == list(b), path
        for key in a:
            assert_same(a[key], b[key], f"{path}/{key}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{path}/{i}")
    elif isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype, path
        assert a.shape == b.shape, path
        bits = [t.contiguous().flatten().view(torch.uint8) for t in (a, b)]
        assert torch.equal(*bits), path
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype, path
        np.testing.assert_array_equal(a, b, err_msg=path)
    else:
        assert a == b, (path, a, b)
