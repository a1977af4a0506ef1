"""`GaussianNoise`: numbers made a little uncertain in training."""

import torch
from torch import Tensor, nn

from segue.errors import ScanError


class GaussianNoise(nn.Module):
    """Independent normal noise added to every number in training.

    C. Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7
    (1995).

    Args:
        spread: standard deviation of the noise.

    Raises:
        ScanError: the spread is negative or not finite.

    Example:
        >>> x = torch.zeros(5, 2, 3)
        >>> noise = GaussianNoise(0.1)
        >>> bool((noise(x) == x).any()), noise.eval()(x) is x
        (False, True)
    """

    def __init__(self, spread: float) -> None:
        super().__init__()
        if not 0 <= spread < float("inf"):
            raise ScanError(f"GaussianNoise: the spread is {spread}; it must be 0 or more")
        self.spread = spread

    def forward(self, x: Tensor) -> Tensor:
        """Return x, with noise in training."""
        if not self.training or self.spread == 0:
            return x
        return x + self.spread * torch.randn_like(x)

    def extra_repr(self) -> str:
        """The spread."""
        return f"spread={self.spread}"
