"""`Embedding`: tokens as vectors, with dropout of whole words."""

import torch
from torch import Tensor, nn

from segue.errors import ScanError


class Embedding(nn.Embedding):
    """`torch.nn.Embedding`, with dropout of whole words in training.

    In each sequence some words of the vocabulary are left out, everywhere they occur (Y. Gal,
    Z. Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks",
    NIPS 2016, section 4.2). What is left is scaled by 1 / (1 - p).

    Args:
        num_embeddings: V, words of the vocabulary.
        embedding_dim: E, features of a word.
        dropout: p, probability with which a word is left out of a sequence.
        batch_first: tokens are `[B, T]` rather than `[T, B]`.

    Raises:
        ScanError: the probability is none below 1.

    Example:
        >>> embed = Embedding(100, 16, dropout=0.5)
        >>> tokens = torch.tensor([[7], [3], [7]])                          # 3 steps of 1 row
        >>> x = embed(tokens)
        >>> x.shape, bool((x[0] == x[2]).all())
        (torch.Size([3, 1, 16]), True)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        dropout: float = 0.0,
        batch_first: bool = False,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim)
        if not 0 <= dropout < 1:
            raise ScanError(f"Embedding: dropout is {dropout}; it must be at least 0 and below 1")
        self.dropout = dropout
        self.batch_first = batch_first

    def forward(self, tokens: Tensor) -> Tensor:
        """Return `[T, B, E]` for integers `[T, B]`, or with B and T the other way round."""
        x = super().forward(tokens)
        if not self.training or self.dropout == 0:
            return x
        words, place = torch.unique(tokens, return_inverse=True)
        rows = tokens.shape[0 if self.batch_first else 1]
        keep = torch.rand(len(words), rows, device=x.device) >= self.dropout  # [words, B]
        keep = keep.T.gather(1, place) if self.batch_first else keep.gather(0, place)
        return x * (keep / (1 - self.dropout)).to(x.dtype)[..., None]

    def extra_repr(self) -> str:
        """Sizes, and what differs from the default."""
        words = [super().extra_repr()]
        words += [f"dropout={self.dropout}"] if self.dropout else []
        return ", ".join([*words, "batch_first=True"] if self.batch_first else words)
