"""What the training loop lowers, and what it chooses the weights by."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from segue.tasks.forecast.outcome import Forecast
from segue.tasks.forecast.windows import WindowBatch, Windows
from segue.training.objective import Step


def pinball(quantiles: Tensor, target: Tensor, levels: Sequence[float]) -> Tensor:
    """Twice the pinball loss, `[B, H]`: at the median alone it is the absolute error.

    Args:
        quantiles: `[B, H, Q]`.
        target: `[B, H]`.
        levels: Q numbers in (0, 1).

    >>> pinball(torch.tensor([[[1.0]]]), torch.tensor([[4.0]]), [0.5])
    tensor([[3.]])
    """
    level = torch.tensor(levels, dtype=quantiles.dtype, device=quantiles.device)
    error = target[..., None] - quantiles
    return 2 * torch.maximum(level * error, (level - 1) * error).mean(-1)


class ForecastObjective:
    """Pinball loss on the scale of each window; validation by the same loss.

    Args:
        validation: the windows to choose the weights by.
        levels: of the model's quantiles.
        limit: about the most windows to validate on, evenly spaced over each channel.
        batch_size: windows at a time in validation.
    """

    def __init__(
        self,
        validation: Windows,
        levels: Sequence[float],
        *,
        limit: int = 20_000,
        batch_size: int = 2048,
    ) -> None:
        self.validation = validation.thin(limit)
        self.levels, self.batch_size = tuple(levels), batch_size
        self._chosen = np.arange(len(self.validation))

    def loss(self, model: nn.Module, batch: WindowBatch, carry: None) -> Step:
        """Mean loss of a batch; nothing is carried over."""
        forecast: Forecast = model(batch)
        terms = self._terms(forecast, batch)
        return Step(loss=terms.mean(), weight=terms.shape[0])

    @torch.no_grad()
    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """`loss`, and `mae` of the median, on the scale of the windows."""
        device = next(model.parameters()).device
        loss = error = 0.0
        middle = self.levels.index(0.5)
        for start in range(0, len(self._chosen), self.batch_size):
            check()
            batch = self.validation.batch(self._chosen[start : start + self.batch_size])
            batch = WindowBatch(*(field.to(device) for field in batch))
            forecast: Forecast = model(batch)
            loss += float(self._terms(forecast, batch).mean(1).sum())
            off = forecast.normalised(batch.target) - forecast.quantiles[..., middle]
            error += float(off.abs().mean(1).sum())
        return {"loss": loss / len(self._chosen), "mae": error / len(self._chosen)}

    def _terms(self, forecast: Forecast, batch: WindowBatch) -> Tensor:
        return pinball(forecast.quantiles, forecast.normalised(batch.target), self.levels)
