"""One process of a training by several; run by torchrun from test_distributed.py."""

import os
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from training_toy import DATA

from segue.data.sampling import Rows, Streams
from segue.training import RunFolder, Silent, Step, TrainConfig, distributed, fit


class Regression:
    """A weighted loss over rows, some of which count for nothing."""

    def loss(self, model, batch, carry):
        x, target, mask = batch
        weight = mask.sum()
        return Step(((model(x) - target) ** 2 * mask).sum() / weight, float(weight))

    def evaluate(self, model, check):
        check()
        return {"loss": float(model(torch.ones(1, 3, dtype=torch.float64)).square().mean())}


class Streamed:
    """A recurrent model whose state is carried from batch to batch."""

    def loss(self, model, batch, carry):
        x, target, lengths = batch
        y, state = model(x, carry)
        real = (torch.arange(len(x))[:, None] < lengths).double()
        loss = ((y.sum(-1) - target) ** 2 * real).sum() / real.sum()
        return Step(loss, float(real.sum()), state)

    def evaluate(self, model, check):
        y, _ = model(DATA[:30, None, None].double(), None)
        return {"loss": float(y.square().mean())}


class Recording(torch.optim.SGD):
    """Keeps the gradients that it was given."""

    def __init__(self, params):
        super().__init__(params, 0.05, momentum=0.9)
        self.seen = []

    def step(self, closure=None):
        grads = [p.grad.flatten() for g in self.param_groups for p in g["params"]]
        self.seen.append(torch.cat(grads))
        return super().step(closure)


def rows() -> Rows:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(23, 3, generator=generator, dtype=torch.float64)
    mask = (torch.rand(23, 1, generator=generator) > 0.4).double()
    return Rows(lambda i: (x[i], x[i].sum(-1, keepdim=True), mask[i]), 23, 11, seed=1)


def streams(count: int) -> Streams:
    def fetch(chunk):
        x = DATA[chunk.index].double()
        return x[..., None], DATA[(chunk.index + 1) % len(DATA)].double(), chunk.lengths

    return Streams(fetch, (60, 41), streams=count, length=6, seed=2)


def gradients(path: Path, kind: str) -> None:
    """Train through `fit`; process 0 leaves gradients and weights in `path`."""
    torch.manual_seed(distributed.current().rank)  # weights come from process 0 all the same
    if kind == "rows":
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
        objective, source = Regression(), rows()
    else:
        model = nn.GRU(1, 3).double()
        objective, source = Streamed(), streams(3)
    optimizer = Recording(model.parameters())
    config = TrainConfig(epochs=2, accumulate=2, clip_norm=1.0, tensorboard=False)
    run = RunFolder(path / kind)
    if distributed.current().first:
        run = RunFolder.create(path / kind)
        run.write_config({})
    fit(model, objective, source, optimizer, config=config, run=run, progress=Silent())
    if distributed.current().first:
        gradients = {str(number): seen for number, seen in enumerate(optimizer.seen)}
        save_file(gradients | model.state_dict(), path / f"{kind}.safetensors")


def main() -> None:
    """Do what the command line says."""
    torch.set_num_threads(1)
    path = Path(sys.argv[1])
    with distributed.torchrun():
        for kind in sys.argv[2].split(","):
            gradients(path, kind)


if __name__ == "__main__":
    main()
    # Gloo's threads may outlive the group, and those that meet an interpreter at its end abort.
    os._exit(0)
