"""`VariationalDropout`: one mask for all steps of a sequence."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from segue.errors import ScanError
from segue.nn.layer import Steps


class VariationalDropout(nn.Module):
    """Features zeroed in training, the same ones at every step of a sequence.

    Y. Gal, Z. Ghahramani, "A theoretically grounded application of dropout in recurrent neural
    networks", NIPS 2016. Each row has a mask of its own; what is left is scaled by 1 / (1 - p).

    Args:
        p: probability with which a feature is zeroed.
        batch_first: steps are `[B, T, D]` rather than `[T, B, D]`.

    Raises:
        ScanError: p is no probability below 1.

    Example:
        >>> drop = VariationalDropout(0.5)
        >>> y = drop(torch.ones(4, 2, 8))                     # in training: 4 steps of 2 rows
        >>> bool((y == y[0]).all()), sorted(y.unique().tolist())
        (True, [0.0, 2.0])
        >>> bool((drop.eval()(torch.ones(4, 2, 8)) == 1).all())
        True
    """

    def __init__(self, p: float, *, batch_first: bool = False) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ScanError(f"VariationalDropout: p is {p}; it must be at least 0 and below 1")
        self.p = p
        self.batch_first = batch_first

    def forward(self, x: Steps) -> Steps:
        """Return steps laid out as x."""
        if not self.training or self.p == 0:
            return x
        if isinstance(x, PackedSequence):
            data, sizes, order, back = x
            mask = self._mask(data[: int(sizes[0])])
            rows = torch.cat([torch.arange(int(size)) for size in sizes]).to(data.device)
            return PackedSequence(data * mask[rows], sizes, order, back)
        time = 1 if self.batch_first else 0
        return x * self._mask(x.narrow(time, 0, 1)) if x.shape[time] else x

    def _mask(self, step: Tensor) -> Tensor:
        return F.dropout(torch.ones_like(step), self.p)

    def extra_repr(self) -> str:
        """The probability, and what differs from the default."""
        return f"p={self.p}" + (", batch_first=True" if self.batch_first else "")
