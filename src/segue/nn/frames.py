"""`Frames`: several steps of a sequence taken together as one."""

from torch import Tensor, nn
from torch.nn import functional as F

from segue.errors import ScanError
from segue.nn.layer import real_steps


class Frames(nn.Module):
    """Cut a sequence into frames, as a spectrogram does: fewer steps, each of more features.

    Frame k holds the steps from `k * hop` to `k * hop + width - 1`; those behind a row's length
    are zeros.

    Args:
        width: steps in a frame.
        hop: steps from one frame's beginning to the next one's.

    Raises:
        ScanError: the hop is not 1 to the width.

    Example:
        >>> import torch
        >>> y, lengths = Frames(3, 2)(torch.arange(1.0, 6.0).view(5, 1, 1), torch.tensor([4]))
        >>> y[:, 0], lengths
        (tensor([[1., 2., 3.],
                [3., 4., 0.],
                [0., 0., 0.]]), tensor([2]))
    """

    def __init__(self, width: int, hop: int) -> None:
        super().__init__()
        if not 1 <= hop <= width:
            raise ScanError(f"Frames: a hop of {hop}; it must be 1 to the width, {width}")
        self.width = width
        self.hop = hop

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return `[K, B, width * C]` for `x` `[T, B, C]`, K = T / hop rounded up, and lengths."""
        steps, rows, channels = x.shape
        count = -(-steps // self.hop)
        real = real_steps(steps, lengths.to(x.device))[..., None]
        x = x.masked_fill(~real, 0)
        after = max((count - 1) * self.hop + self.width - steps, 0) if count else self.width
        frames = F.pad(x, (0, 0, 0, 0, 0, after)).unfold(0, self.width, self.hop)[:count]
        frames = frames.transpose(2, 3).reshape(count, rows, self.width * channels)
        return frames, -(-lengths // self.hop)
