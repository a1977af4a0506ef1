"""`AdaptiveSoftmax`: an output whose cost follows how often a unit is used."""

import itertools
from collections.abc import Sequence

from torch import Tensor, nn

from segue.errors import ScanError
from segue.nn.softmax import check_sizes

_LEAST = 40  # units


class AdaptiveSoftmax(nn.Module):
    """Frequent units are scored at once, rare ones by clusters with fewer features.

    E. Grave et al., "Efficient softmax approximation for GPUs", ICML 2017; by
    `torch.nn.AdaptiveLogSoftmaxWithLoss`. The probabilities are exact and add up to 1: it is
    another model than `Softmax`, not an estimate of it. Units must be numbered by frequency, the
    most frequent first, as `segue.data.vocabulary` numbers words.

    Args:
        hidden_size: H, features of the state.
        vocabulary: V, units.
        cutoffs: the first number of each cluster of rare units, ascending; None begins clusters
            behind a twentieth and a quarter of the vocabulary.
        shrinking: each cluster has so many times fewer features than the one before it.

    Raises:
        ScanError: fewer than 40 units without cutoffs, cutoffs that do not ascend, or a shrinking
            that leaves a cluster no features.

    Example:
        >>> import torch
        >>> output = AdaptiveSoftmax(32, 1000)
        >>> output.cutoffs
        (50, 250)
        >>> y, targets = torch.randn(7, 3, 32), torch.randint(1000, (7, 3))
        >>> output(y, targets).shape, output.log_prob(y).shape
        (torch.Size([7, 3]), torch.Size([7, 3, 1000]))
    """

    def __init__(
        self,
        hidden_size: int,
        vocabulary: int,
        *,
        cutoffs: Sequence[int] | None = None,
        shrinking: float = 4.0,
    ) -> None:
        super().__init__()
        check_sizes("AdaptiveSoftmax", hidden_size, vocabulary)
        if cutoffs is None:
            if vocabulary < _LEAST:
                raise ScanError(
                    f"AdaptiveSoftmax: {vocabulary} units are too few for clusters: use Softmax"
                )
            cutoffs = (vocabulary // 20, vocabulary // 4)
        self.cutoffs = tuple(cutoffs)
        edges = (0, *self.cutoffs, vocabulary)
        if not self.cutoffs or any(a >= b for a, b in itertools.pairwise(edges)):
            raise ScanError(
                f"AdaptiveSoftmax: cutoffs are {list(cutoffs)}; they must ascend between 0 and"
                f" {vocabulary}"
            )
        if shrinking < 1 or hidden_size // shrinking ** len(self.cutoffs) < 1:
            most = hidden_size ** (1 / len(self.cutoffs))  # leaves the last cluster one feature
            raise ScanError(
                f"AdaptiveSoftmax: shrinking is {shrinking}; with {hidden_size} features and"
                f" {len(self.cutoffs)} clusters it must be 1 to {most:.3g}"
            )
        self.clusters = nn.AdaptiveLogSoftmaxWithLoss(
            hidden_size, vocabulary, list(self.cutoffs), div_value=shrinking, head_bias=True
        )

    def forward(self, y: Tensor, targets: Tensor) -> Tensor:
        """Return the loss `[...]` of `targets [...]` behind features `y [..., H]`, in nats."""
        if targets.numel() == 0:
            return y.sum(-1)
        logs: Tensor = self.clusters(y.flatten(0, -2), targets.flatten()).output
        return -logs.view(targets.shape)

    def surprise(self, y: Tensor, targets: Tensor) -> Tensor:
        """Return the exact negative logarithm `[...]` of the probability of each target."""
        found: Tensor = self(y, targets)
        return found

    def log_prob(self, y: Tensor) -> Tensor:
        """Return the logarithm `[..., V]` of the probability of every unit."""
        logs: Tensor = self.clusters.log_prob(y.flatten(0, -2))
        return logs.view(*y.shape[:-1], -1)
