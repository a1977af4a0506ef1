"""`SampledSoftmax`: training looks at a sample of the vocabulary, all else at the whole of it."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segue.errors import ScanError
from segue.nn.softmax import Softmax


class SampledSoftmax(Softmax):
    """`Softmax`, whose loss in training scores the target and S units drawn for all rows.

    The sum over the vocabulary is estimated from the sample, each score corrected by the logarithm
    of how often its unit was to be expected (logQ); the target, which is always there, has none,
    and is left out where it was drawn as well. The estimated sum is right on average, so that the
    loss tends to the exact one as S grows (Y. Bengio, J.-S. Senecal, "Adaptive importance sampling
    to accelerate training of a neural probabilistic language model", 2008; S. Jean et al., "On
    using very large target vocabulary for neural machine translation", ACL 2015). In eval mode the
    loss is the exact one.

    Args:
        hidden_size: H, features of the state.
        vocabulary: V, units.
        samples: S, units drawn for each batch, with replacement.
        frequency: `[V]`, how often units are drawn, in any scale, all above 0, such as their counts
            to the power 0.75; None draws by Zipf's law, units being numbered by frequency.
        tied: the embedding `[V, E]` whose weights this layer shares; None for weights of its own.
        sparse: gradients of the weights hold only the rows that were looked at, for
            `segue.training.LazyAdamW`. An embedding that is tied must then be sparse too.

    Raises:
        ScanError: a size is below 1, or frequencies do not fit the vocabulary.

    Example:
        >>> output = SampledSoftmax(16, 10_000, samples=64)
        >>> y, targets = torch.randn(7, 3, 16), torch.randint(10_000, (7, 3))
        >>> output(y, targets).shape                                    # an estimate, to be lowered
        torch.Size([7, 3])
        >>> bool((output.eval()(y, targets) == output.surprise(y, targets)).all())
        True
    """

    def __init__(
        self,
        hidden_size: int,
        vocabulary: int,
        *,
        samples: int,
        frequency: Tensor | None = None,
        tied: nn.Embedding | None = None,
        sparse: bool = False,
    ) -> None:
        super().__init__(hidden_size, vocabulary, tied=tied)
        if samples < 1:
            raise ScanError(f"SampledSoftmax: samples is {samples}; it must be 1 or more")
        if tied is not None and tied.sparse != sparse:
            raise ScanError(
                f"SampledSoftmax: sparse is {sparse}, but the tied embedding's is {tied.sparse}:"
                " make both the same"
            )
        self.samples, self.sparse = samples, sparse
        if frequency is None:
            numbers = torch.arange(vocabulary, dtype=torch.float64)
            frequency = torch.log1p(1 / (numbers + 1))
        frequency = frequency.double()
        if frequency.shape != (vocabulary,) or not bool(
            (torch.isfinite(frequency) & (frequency > 0)).all()
        ):
            raise ScanError(
                f"SampledSoftmax: frequency must be {vocabulary} finite numbers above 0"
            )
        share = frequency / frequency.sum()
        self.log_share: Tensor
        self.sums: Tensor
        self.register_buffer("log_share", share.log().float(), persistent=False)
        self.register_buffer("sums", share.cumsum(0), persistent=False)

    def _loss(self, y: Tensor, targets: Tensor) -> Tensor:
        if not self.training:
            return self._exact(y, targets)
        drawn = self.draw(y.device)
        y = self.bridge(y)
        of_target = (y * self._rows(targets)).sum(-1) + self._biases(targets)  # [N]
        offset = self._biases(drawn) - self._expected(drawn)
        scores = torch.addmm(offset.to(y.dtype), y, self._rows(drawn).T)  # [N, S]
        scores = scores.masked_fill(targets[:, None] == drawn, -torch.inf)
        every = torch.cat([of_target[:, None], scores], 1)
        return every.logsumexp(1) - of_target

    def draw(self, device: torch.device) -> Tensor:
        """Draw S units: int64 `[S]`."""
        places = torch.rand(self.samples, dtype=torch.float64, device=device)
        return torch.searchsorted(self.sums, places * self.sums[-1], right=True).clamp_max(
            self.vocabulary - 1
        )

    def _expected(self, units: Tensor) -> Tensor:
        """The logarithm of how many times each of `units` is among S draws, on average."""
        return self.log_share[units] + torch.tensor(float(self.samples)).log().item()

    def _rows(self, units: Tensor) -> Tensor:
        return F.embedding(units, self.weight, sparse=self.sparse)

    def _biases(self, units: Tensor) -> Tensor:
        return self.bias.gather(0, units, sparse_grad=self.sparse)

    def extra_repr(self) -> str:
        """Sizes and samples."""
        return f"{super().extra_repr()}, samples={self.samples}"
