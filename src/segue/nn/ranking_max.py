"""`BprMax` and `Top1Max`: training compares the target with the likeliest of drawn units."""

import torch
from torch import Tensor, nn

from segue.errors import ScanError
from segue.nn.sampled_softmax import SampledSoftmax


class _RankingMax(SampledSoftmax):
    """What both share: drawn units, weighted by the softmax of their scores.

    Args:
        hidden_size: H, features of the state.
        vocabulary: V, units.
        samples: S, units drawn for each batch, with replacement; 0 where those of the batch do.
        frequency: `[V]`, how often units are drawn, in any scale; equal ones draw uniformly.
        in_batch: the targets of the other rows are compared with as well.
        tied: the embedding `[V, E]` whose weights this layer shares; None for weights of its own.
        sparse: gradients of the weights hold only the rows that were looked at.

    Raises:
        ScanError: a size is below 1, or there is nothing to compare with.
    """

    def __init__(
        self,
        hidden_size: int,
        vocabulary: int,
        *,
        samples: int,
        frequency: Tensor | None = None,
        in_batch: bool = True,
        tied: nn.Embedding | None = None,
        sparse: bool = False,
    ) -> None:
        if samples < 1 and not in_batch:
            raise ScanError(f"{type(self).__name__}: no samples and none of the batch: draw some")
        super().__init__(
            hidden_size,
            vocabulary,
            samples=max(samples, 1),
            frequency=frequency,
            tied=tied,
            sparse=sparse,
        )
        self.drawn, self.in_batch = samples, in_batch

    def _loss(self, y: Tensor, targets: Tensor) -> Tensor:
        if not self.training:
            return self._exact(y, targets)
        units = self.draw(y.device) if self.drawn else targets[:0]
        if self.in_batch:
            units = torch.cat([units, targets])
        y = self.bridge(y)
        own = (y * self._rows(targets)).sum(-1) + self._biases(targets)  # [N]
        scores = torch.addmm(self._biases(units), y, self._rows(units).T)  # [N, S]
        same = targets[:, None] == units
        weights = scores.masked_fill(same, -torch.inf).softmax(1)
        # a row whose target is all that was drawn has nothing to be compared with
        weights = weights.masked_fill(same, 0).nan_to_num(0.0)
        return self._terms(own[:, None], scores, weights)

    def _terms(self, own: Tensor, scores: Tensor, weights: Tensor) -> Tensor:
        """The loss `[N]` of scores of the target `[N, 1]` and of the units `[N, S]`."""
        raise NotImplementedError


class BprMax(_RankingMax):
    """`Softmax`, whose loss in training is BPR-max (B. Hidasi, A. Karatzoglou, "Recurrent neural
    networks with top-k gains for session-based recommendations", CIKM 2018).

    `-log sum_j s_j sigmoid(r - r_j) + regulariser * sum_j s_j r_j^2`: r is the target's score, r_j
    those of drawn units and s_j their softmax. Without the regulariser scores run away.

    Example:
        >>> output = BprMax(16, 1000, samples=64)
        >>> output(torch.randn(7, 3, 16), torch.randint(1000, (7, 3))).shape
        torch.Size([7, 3])
    """

    regulariser = 1.0

    def _terms(self, own: Tensor, scores: Tensor, weights: Tensor) -> Tensor:
        gained = (weights * torch.sigmoid(own - scores)).sum(1)
        return self.regulariser * (weights * scores.square()).sum(1) - (gained + 1e-24).log()


class Top1Max(_RankingMax):
    """`Softmax`, whose loss in training is TOP1-max, of the same paper as `BprMax`.

    `sum_j s_j (sigmoid(r_j - r) + sigmoid(r_j^2))`.

    Example:
        >>> output = Top1Max(16, 1000, samples=0)
        >>> output(torch.randn(7, 3, 16), torch.randint(1000, (7, 3))).shape
        torch.Size([7, 3])
    """

    def _terms(self, own: Tensor, scores: Tensor, weights: Tensor) -> Tensor:
        return (weights * (torch.sigmoid(scores - own) + torch.sigmoid(scores.square()))).sum(1)
