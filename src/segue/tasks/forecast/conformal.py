"""Prediction intervals made honest on held-back windows.

Y. Romano, E. Patterson, E. Candès, "Conformalized quantile regression", NeurIPS 2019: how far the
truth fell outside each interval on data that training did not see says how much wider it must be.
Here an interval is never made narrower, since the weights were chosen by the same windows.
"""

import numpy as np
import torch

from segue.tasks.forecast.model import Forecast, ForecastModel
from segue.tasks.forecast.windows import WindowBatch, Windows

_WINDOWS = 4096
_BATCH = 1024


@torch.no_grad()
def calibrate(model: ForecastModel, windows: Windows) -> None:
    """Widen the model's intervals to their nominal coverage of windows that it was not fitted to.

    Each pair of levels q and 1 - q gets one margin, in the scale of the windows, over all channels
    and steps. The margins are a buffer of the model and are saved with its weights; calibrating
    again replaces them.

    Args:
        model: a trained model.
        windows: of the validation part.
    """
    levels = model.config.levels
    pairs = [(low, len(levels) - 1 - low) for low in reversed(range(len(levels) // 2))]
    chosen = np.linspace(0, len(windows) - 1, min(_WINDOWS, len(windows))).astype(np.int64)
    outside = []
    training, device = model.training, model.margin.device
    model.eval()
    model.margin.zero_()
    for start in range(0, len(chosen), _BATCH):
        batch = windows.batch(chosen[start : start + _BATCH])
        batch = WindowBatch(*(field.to(device) for field in batch))
        forecast: Forecast = model(batch)
        truth, q = forecast.normalised(batch.target), forecast.quantiles
        outside.append(
            torch.stack([torch.maximum(q[..., a] - truth, truth - q[..., b]) for a, b in pairs])
        )
    model.train(training)
    margin = 0.0  # from the innermost interval outwards, so that the quantiles keep their order
    for (low, high), error in zip(pairs, torch.cat(outside, dim=1).flatten(1), strict=True):
        share = (levels[high] - levels[low]) * (1 + 1 / len(error))
        margin = max(margin, float(error.double().quantile(min(share, 1.0))))
        model.margin[low], model.margin[high] = -margin, margin
