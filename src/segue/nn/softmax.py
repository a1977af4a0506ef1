"""`Softmax`: what follows a state, among the units of a vocabulary; its weights may be tied."""

import math
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segue.errors import ScanError

_AT_ONCE = 2**23  # scores that the exact loss holds at once: 32 MiB


class Output(Protocol):
    """The last layer of a model that names one of V units at each step.

    A call gives what training lowers, which may be an estimate; `surprise` is always exact.
    """

    def __call__(self, y: Tensor, targets: Tensor) -> Tensor:
        """Return the loss `[...]` of `targets [...]` behind features `y [..., H]`, in nats."""
        ...

    def surprise(self, y: Tensor, targets: Tensor) -> Tensor:
        """Return the exact negative logarithm `[...]` of the probability of each target."""
        ...

    def log_prob(self, y: Tensor) -> Tensor:
        """Return the logarithm `[..., V]` of the probability of every unit."""
        ...


class Softmax(nn.Module):
    """Scores of all V units, and how surprising one of them is.

    With `tied` the weights are those of an embedding of the input (O. Press, L. Wolf, "Using the
    output embedding to improve language models", EACL 2017); where its width E is not H, a linear
    layer without bias comes between (H. Inan et al., ICLR 2017).

    Args:
        hidden_size: H, features of the state.
        vocabulary: V, units.
        tied: the embedding `[V, E]` whose weights this layer shares; None for weights of its own.

    Raises:
        ScanError: a size is below 1, or the embedding has another number of units.

    Example:
        >>> embed = nn.Embedding(50, 16)
        >>> output = Softmax(16, 50, tied=embed)
        >>> output.weight is embed.weight
        True
        >>> y, targets = torch.randn(7, 3, 16), torch.randint(50, (7, 3))
        >>> output(y, targets).shape, output.log_prob(y).shape
        (torch.Size([7, 3]), torch.Size([7, 3, 50]))
    """

    def __init__(
        self, hidden_size: int, vocabulary: int, *, tied: nn.Embedding | None = None
    ) -> None:
        super().__init__()
        check_sizes(type(self).__name__, hidden_size, vocabulary)
        width = hidden_size
        self.bridge: nn.Module = nn.Identity()
        self.weight: nn.Parameter
        if tied is None:
            self.weight = nn.Parameter(torch.empty(vocabulary, hidden_size))
        else:
            if tied.num_embeddings != vocabulary:
                raise ScanError(
                    f"{type(self).__name__}: the embedding has {tied.num_embeddings} units, not"
                    f" {vocabulary}: tie one of the same vocabulary"
                )
            self.weight = tied.weight  # type: ignore[assignment]
            width = tied.embedding_dim
        if width != hidden_size:
            self.bridge = nn.Linear(hidden_size, width, bias=False)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.hidden_size, self.vocabulary, self.tied = hidden_size, vocabulary, tied is not None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights as `torch.nn.Linear` does; those of an embedding stay as they are."""
        if not self.tied:
            bound = 1 / math.sqrt(self.hidden_size)
            nn.init.uniform_(self.weight, -bound, bound)
        nn.init.zeros_(self.bias)

    def forward(self, y: Tensor, targets: Tensor) -> Tensor:
        """Return the loss `[...]` of `targets [...]` behind features `y [..., H]`, in nats."""
        return self._loss(y.flatten(0, -2), targets.flatten()).view(targets.shape)

    def scores(self, y: Tensor) -> Tensor:
        """Return logits `[..., V]` of features `[..., H]`."""
        return F.linear(self.bridge(y), self.weight, self.bias)

    def log_prob(self, y: Tensor) -> Tensor:
        """Return the logarithm `[..., V]` of the probability of every unit."""
        return self.scores(y).log_softmax(-1)

    def surprise(self, y: Tensor, targets: Tensor) -> Tensor:
        """Return the exact negative logarithm `[...]` of the probability of each target.

        Rows are taken in parts, so that without gradients memory does not grow with their number.
        """
        rows = max(1, _AT_ONCE // self.vocabulary)
        some_rows, some_targets = (
            torch.split(whole, rows) for whole in (y.flatten(0, -2), targets.flatten())
        )
        parts = zip(some_rows, some_targets, strict=True)
        found = [self._exact(some, wanted) for some, wanted in parts]
        return torch.cat(found).view(targets.shape)

    def _loss(self, y: Tensor, targets: Tensor) -> Tensor:
        """The loss `[N]` of rows `[N, H]`."""
        return self._exact(y, targets)

    def _exact(self, y: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(self.scores(y), targets, reduction="none")

    def extra_repr(self) -> str:
        """Sizes, and whether the weights are shared."""
        return f"{self.hidden_size}, {self.vocabulary}" + (", tied" if self.tied else "")


def check_sizes(name: str, hidden_size: int, vocabulary: int) -> None:
    """Raise `ScanError` where a size is below 1."""
    if hidden_size < 1 or vocabulary < 1:
        raise ScanError(f"{name}: {hidden_size} features and {vocabulary} units: each must be >= 1")
