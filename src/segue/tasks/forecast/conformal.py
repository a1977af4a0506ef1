"""Prediction intervals made honest on held-back windows, step by step.

Y. Romano, E. Patterson, E. Candès, "Conformalized quantile regression", NeurIPS 2019: how far the
truth fell outside each interval on data that training did not see says how much wider it must be.
Windows that overlap see the same truths, so what counts as one observation is a horizon of rows:
with few of them the share that is asked for is raised, as the finite-sample theorem has it, and
no interval is made narrower.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from segue.tasks.forecast.model import ForecastModel
from segue.tasks.forecast.outcome import Forecast
from segue.tasks.forecast.windows import WindowBatch, Windows

_WINDOWS = 4096
_BATCH = 1024
_ERRORS = 200  # that a step's margin rests on: its own, or with those of the steps around it
_MANY = 50  # observations from which intervals may become narrower


@torch.no_grad()
def calibrate(model: ForecastModel, windows: Windows) -> None:
    """Bring the model's intervals to their nominal coverage of windows that it was not fitted to.

    Each pair of levels q and 1 - q gets a margin for each step, in the scale of the windows, over
    all channels. The margins are a buffer of the model and are saved with its weights; calibrating
    again replaces them.

    Args:
        model: a trained model.
        windows: of the validation part.
    """
    if len(windows) == 0:
        return
    levels, horizon = model.config.levels, model.config.shape.horizon
    pairs = [(low, len(levels) - 1 - low) for low in reversed(range(len(levels) // 2))]
    training = model.training
    model.eval()
    model.margin.zero_()
    outside = torch.cat(list(_outside(model, windows.thin(_WINDOWS), pairs)), dim=1)  # [P, N, H]
    model.train(training)
    observed = float(np.ceil(windows.counts / horizon).sum()) * windows.table.target.shape[1]
    reach = max(0, -(-_ERRORS // outside.shape[1]) // 2)
    for step in range(horizon):
        around = outside[:, :, max(0, step - reach) : step + reach + 1].flatten(1).double()
        for (low, high), error in zip(pairs, around, strict=True):
            share = (levels[high] - levels[low]) * (1 + 1 / observed)
            margin = float(error.quantile(min(share, 1.0)))
            margin = margin if observed >= _MANY else max(margin, 0.0)
            model.margin[step, low], model.margin[step, high] = -margin, margin


def _outside(
    model: ForecastModel, windows: Windows, pairs: list[tuple[int, int]]
) -> Iterator[Tensor]:
    """How far outside each interval the truths lie, `[pairs, B, H]`; negative inside."""
    device = model.margin.device
    for start in range(0, len(windows), _BATCH):
        batch = windows.batch(np.arange(start, min(start + _BATCH, len(windows))))
        batch = WindowBatch(*(field.to(device) for field in batch))
        forecast: Forecast = model(batch)
        truth, q = forecast.normalised(batch.target), forecast.quantiles
        yield torch.stack([torch.maximum(q[..., a] - truth, truth - q[..., b]) for a, b in pairs])
