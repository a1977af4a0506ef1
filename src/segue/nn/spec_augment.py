"""`SpecAugment`: bands and stretches of a spectrogram hidden in training."""

import torch
from torch import Tensor, nn

from segue.errors import ScanError


class SpecAugment(nn.Module):
    """Hide bands of features and stretches of time, drawn anew for each row, in training.

    D. Park et al., "SpecAugment", Interspeech 2019, with the adaptive number and size of time
    masks of D. Park et al., "SpecAugment on large scale datasets", ICASSP 2020. What is hidden is
    0, the mean of features that are centred.

    Args:
        bands: how many bands of features are hidden.
        width: most features in a band.
        every: one stretch of time is hidden for so many steps of a row, at least one.
        share: most steps in a stretch, as a share of the row.
        longest: most steps in a stretch.

    Raises:
        ScanError: a number is out of its range.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> augment = SpecAugment(bands=1, width=3, every=50, share=0.2, longest=10)
        >>> x = torch.ones(100, 2, 8)
        >>> bool((augment(x, torch.tensor([100, 60])) == 0).any())
        True
        >>> torch.equal(augment.eval()(x, torch.tensor([100, 60])), x)
        True
    """

    def __init__(
        self, *, bands: int = 2, width: int = 8, every: int = 100, share: float = 0.2,
        longest: int = 40,
    ) -> None:  # fmt: skip
        super().__init__()
        if min(bands, width, longest) < 0 or every < 1 or not 0 <= share < 1:
            raise ScanError("SpecAugment: numbers are at least 0, every at least 1, share below 1")
        self.bands, self.width = bands, width
        self.every, self.share, self.longest = every, share, longest

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return `x` `[T, B, F]` with what is hidden set to 0; `lengths` is `[B]`."""
        if not self.training or not x.numel():
            return x
        return x.masked_fill(self._in_time(x, lengths) | self._in_bands(x), 0)

    def _in_bands(self, x: Tensor) -> Tensor:
        """`[1, B, F]`, True in a hidden band."""
        rows, features = x.shape[1:]
        size = (torch.rand(self.bands, rows) * (min(self.width, features - 1) + 1)).floor()
        return _any_mask(size, torch.full((rows,), features), features).to(x.device)[None]

    def _in_time(self, x: Tensor, lengths: Tensor) -> Tensor:
        """`[T, B, 1]`, True in a hidden stretch."""
        steps, rows = x.shape[:2]
        lengths = lengths.cpu()
        count = (lengths / self.every).round().clamp_min(1)
        most = int(count.max()) if rows else 0
        limit = (lengths * self.share).clamp_max(self.longest)
        size = (torch.rand(most, rows) * (limit + 1)).floor()
        size[torch.arange(most)[:, None] >= count] = 0
        return _any_mask(size, lengths, steps).T.to(x.device)[..., None]


def _any_mask(size: Tensor, whole: Tensor, steps: int) -> Tensor:
    """`[B, steps]`, True within one of the stretches of `size` `[M, B]`, somewhere in `whole`."""
    start = (torch.rand(size.shape) * (whole - size + 1)).floor()[..., None]
    place = torch.arange(steps)
    return ((place >= start) & (place < start + size[..., None])).any(0)
