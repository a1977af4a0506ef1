"""The loss of a simulation in chunks, and simulations of whole records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from segue.data.ragged import Ragged
from segue.data.sampling import Chunk
from segue.nn.simulator import Beginning, Simulator, simulate
from segue.training import Step


class Records(NamedTuple):
    """Scaled records: inputs `[N, U]` and outputs `[N, Y]`, float32, laid end to end."""

    inputs: Ragged
    outputs: Ragged


@dataclass(frozen=True, eq=False)
class IdentifyObjective:
    """Mean squared error of the free simulation, in scaled outputs.

    Attributes:
        train: records to learn from.
        dev: records to choose the weights by.
        encoder: samples that tell of the first state.
        washout: samples behind them that are simulated and count nothing.
    """

    train: Records
    dev: Records
    encoder: int
    washout: int

    def loss(self, model: nn.Module, batch: Chunk, carry: Any) -> Step:
        """The loss of a chunk; the carry is the state and the age of each stretch."""
        state, age = (None, torch.zeros(batch.index.shape[1])) if carry is None else carry
        ages = _ages(batch.reset, age)
        u = torch.from_numpy(self.train.inputs.values)[batch.index]
        y = torch.from_numpy(self.train.outputs.values)[batch.index]
        reset = ages == self.encoder
        begin = Beginning(reset, self._told(batch.index[reset]))
        found, state = model(u, state, begin, batch.lengths)
        real = torch.arange(len(u))[:, None] < batch.lengths
        counted = real & (ages >= self.encoder + self.washout)
        error = torch.where(counted[..., None], found - y, 0.0).square().mean(-1)
        number = int(counted.sum())
        loss = error.sum() / max(number, 1)
        return Step(loss, float(number), (state, ages[-1] + 1), error.mean(1))

    def _told(self, index: Tensor) -> Tensor:
        """What is known before the steps `[R]`."""
        before = index[:, None] - self.encoder + torch.arange(self.encoder)
        parts = (self.train.inputs.values, self.train.outputs.values)
        return torch.cat([torch.from_numpy(part)[before] for part in parts], -1).flatten(1)

    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """The same over whole records."""
        assert isinstance(model, Simulator)  # noqa: S101 - for the type checker
        total, number = 0.0, 0
        skip = self.encoder + self.washout
        for k in range(len(self.dev.inputs)):
            u, y = self.dev.inputs[k], self.dev.outputs[k]
            found = simulate(model, u, y, check)
            error = (found - y[self.encoder :])[self.washout :].astype(np.float64)
            total, number = total + float((error**2).sum()), number + error.size
        mean = total / max(number, 1)
        return {"loss": mean, "rmse": mean**0.5, "skipped": float(skip)}


def _ages(reset: Tensor, age: Tensor) -> Tensor:
    """Steps since each stretch began `[T, B]`.

    >>> reset = torch.tensor([[False], [True], [False]])
    >>> _ages(reset, torch.tensor([5.0])).flatten().tolist()
    [5.0, 0.0, 1.0]
    """
    time = torch.arange(len(reset))[:, None]
    latest = torch.where(reset, time, -1).cummax(0).values
    return torch.where(latest >= 0, (time - latest).float(), age + time)
