"""Pooling over time: from the outputs of a layer, one vector for each sequence.

Every pooling reads `y` `[T, B, H]` and `lengths` `[B]` and gives `[B, ...]`. Steps after a row's
length are never read, whatever they are, and a row of length 0 gives zeros.
"""

import torch
from torch import Tensor, nn

from segue.errors import ScanError
from segue.nn.layer import real_steps


class LastState(nn.Module):
    """The output at each row's last step; of a layer that reads in reverse, that at its first.

    Args:
        reverse_size: how many of the features, the last ones, come from a layer that runs in
            reverse: the half of a `Bidirectional`.

    Example:
        >>> y = torch.arange(6.0).view(3, 2, 1)
        >>> LastState()(y, torch.tensor([3, 2])).T
        tensor([[4., 3.]])
    """

    def __init__(self, reverse_size: int = 0) -> None:
        super().__init__()
        self.reverse_size = reverse_size

    def forward(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return `[B, H]`."""
        y, lengths, _ = _masked(y, lengths)
        if not len(y):
            return y.new_zeros(y.shape[1:])
        last = (lengths - 1).clamp_min(0)
        after = y[last, torch.arange(y.shape[1], device=y.device)]
        ahead = y.shape[2] - self.reverse_size
        return torch.cat([after[:, :ahead], y[0, :, ahead:]], 1)


class MeanPool(nn.Module):
    """The mean over each row's steps.

    Example:
        >>> y = torch.tensor([[[1.0]], [[3.0]], [[float("nan")]]])
        >>> MeanPool()(y, torch.tensor([2]))
        tensor([[2.]])
    """

    def forward(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return `[B, H]`."""
        y, lengths, _ = _masked(y, lengths)
        return y.sum(0) / lengths.clamp_min(1)[:, None].to(y.dtype)


class MaxPool(nn.Module):
    """The largest value over each row's steps, for each feature.

    Example:
        >>> y = torch.tensor([[[-1.0]], [[-3.0]], [[9.0]]])
        >>> MaxPool()(y, torch.tensor([2]))
        tensor([[-1.]])
    """

    def forward(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return `[B, H]`."""
        y, lengths, real = _masked(y, lengths)
        if not len(y):
            return y.new_zeros(y.shape[1:])
        largest = y.masked_fill(~real, -torch.inf).amax(0)
        return torch.where(lengths[:, None] > 0, largest, torch.zeros_like(largest))


class AttentionPool(nn.Module):
    """A weighted mean over each row's steps, the weights learned from the outputs themselves.

    Z. Yang et al., "Hierarchical attention networks for document classification", NAACL 2016,
    equations 5 to 7: `u = tanh(W y + b)`, weights `softmax(u · v)` over time.

    Args:
        input_size: H, features of the outputs.
        attention_size: features of `u`.

    Example:
        >>> pool = AttentionPool(4, 8)
        >>> pool(torch.ones(5, 2, 4), torch.tensor([5, 1])).shape
        torch.Size([2, 4])
    """

    def __init__(self, input_size: int, attention_size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(input_size, attention_size)
        self.context = nn.Linear(attention_size, 1, bias=False)

    def weights(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return `[T, B]`, each row's weights: not negative, of sum 1, zero after its length."""
        y, _, real = _masked(y, lengths)
        score = self.context(torch.tanh(self.hidden(y)))
        score = score.masked_fill(~real, torch.finfo(score.dtype).min)
        weight = torch.softmax(score, 0)
        return torch.where(real, weight, torch.zeros_like(weight)).squeeze(2)

    def forward(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return `[B, H]`."""
        weights = self.weights(y, lengths)
        y, _, _ = _masked(y, lengths)
        return (weights[..., None] * y).sum(0)


class Pools(nn.Module):
    """Several poolings of the same outputs, side by side.

    Example:
        >>> Pools([MeanPool(), MaxPool()])(torch.zeros(5, 2, 4)).shape
        torch.Size([2, 8])
    """

    def __init__(self, pools: list[nn.Module]) -> None:
        super().__init__()
        if not pools:
            raise ScanError("Pools: no poolings; give at least one")
        self.pools = nn.ModuleList(pools)

    def forward(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return `[B, sum of features]`."""
        return torch.cat([pool(y, lengths) for pool in self.pools], 1)


def _masked(y: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Outputs with zeros for padding, the lengths, and the real steps `[T, B, 1]`.

    Raises:
        ScanError: shapes that do not fit, or a length outside 0..T.
    """
    if y.dim() != 3:
        raise ScanError(f"pooling: outputs are [T, B, H], not {list(y.shape)}")
    steps, rows, _ = y.shape
    if lengths is None:
        lengths = torch.full((rows,), steps, device=y.device)
    lengths = lengths.to(y.device)
    if lengths.shape != (rows,) or bool(((lengths < 0) | (lengths > steps)).any()):
        raise ScanError(f"pooling: lengths are {rows} numbers of 0 to {steps} steps")
    real = real_steps(steps, lengths)[..., None]
    return torch.where(real, y, torch.zeros_like(y)), lengths, real
