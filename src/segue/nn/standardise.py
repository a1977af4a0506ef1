"""`Standardise`: columns of numbers brought to one scale."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


class Standardise(nn.Module):
    """Columns brought to mean 0 and standard deviation 1; one that is constant is only shifted.

    The statistics are buffers: they are saved with the weights and never trained.

    Args:
        columns: K.

    Example:
        >>> scale = Standardise(1)
        >>> scale.fit(np.array([[1.0], [3.0], [np.nan]]))
        >>> scale(torch.tensor([[3.0], [2.0]], dtype=torch.float64)).T
        tensor([[1., 0.]])
    """

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.loc: Tensor
        self.scale: Tensor
        self.register_buffer("loc", torch.zeros(columns, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(columns, dtype=torch.float64))

    def fit(self, values: NDArray[np.floating]) -> None:
        """Take the statistics of rows `[N, K]`; what is NaN is left out."""
        for column, numbers in enumerate(values.T):
            known = numbers[~np.isnan(numbers)].astype(np.float64)
            if len(known):
                spread = float(known.std())
                self.loc[column] = float(known.mean())
                self.scale[column] = spread if spread > 0 else 1.0

    def forward(self, x: Tensor) -> Tensor:
        """Standardise `[..., K]`, as the default floating type."""
        return ((x - self.loc) / self.scale).to(torch.get_default_dtype())
