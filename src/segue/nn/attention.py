"""Attention over a memory: which of its steps a query looks at, and what it reads there."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from segue.errors import ScanError
from segue.nn.layer import real_steps


class MultiplicativeAttention(nn.Module):
    """Scores by a bilinear form: `query W memory`.

    "general" in M. Luong, H. Pham, C. Manning, "Effective approaches to attention-based neural
    machine translation", EMNLP 2015.

    Args:
        query_size: Q, features of a query.
        memory_size: M, features of a step of the memory.

    Example:
        >>> attend = MultiplicativeAttention(4, 6)
        >>> query, memory = torch.randn(5, 2, 4), torch.randn(3, 2, 6)     # 5 queries of 2 rows
        >>> context, weights = attend(query, memory, torch.tensor([3, 1]))
        >>> context.shape, weights.shape, weights[0, 1].tolist()
        (torch.Size([5, 2, 6]), torch.Size([5, 2, 3]), [1.0, 0.0, 0.0])
    """

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.query_size, self.memory_size = query_size, memory_size
        self.project = nn.Linear(query_size, memory_size, bias=False)

    def forward(
        self, query: Tensor, memory: Tensor, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read the memory.

        Args:
            query: `[T, B, Q]`.
            memory: `[S, B, M]`.
            lengths: `[B]`, the real steps of each memory, at least 1; all of S when None.

        Returns:
            The context `[T, B, M]`, and the weights `[T, B, S]` that it is the mean by: of sum 1,
            exactly 0 where the memory is padding.

        Raises:
            ScanError: shapes or lengths that do not fit.
        """
        memory, real = _checked(self, query, memory, lengths)
        asked = self.project(query).transpose(0, 1)  # [B, T, M]: few queries may ask a long memory
        return _read(torch.bmm(asked, memory.permute(1, 2, 0)), memory, real)

    def keys(self, memory: Tensor) -> Tensor:
        """What queries are compared with: `W memory`, `[B, S, Q]` of a memory `[S, B, M]`."""
        return (memory @ self.project.weight).transpose(0, 1)

    @staticmethod
    def compare(query: Tensor, keys: Tensor) -> Tensor:
        """Scores `[B, T, S]` of queries `[B, T, Q]`, keys, and what `weights` gives."""
        return torch.bmm(query, keys.transpose(1, 2))

    def weights(self) -> dict[str, Tensor]:
        """The parameters of `compare`: none."""
        return {}


class AdditiveAttention(nn.Module):
    """Scores by a network of one hidden layer: `v tanh(W query + U memory)`.

    D. Bahdanau, K. Cho, Y. Bengio, "Neural machine translation by jointly learning to align and
    translate", ICLR 2015. Its hidden layer holds T x S x B x A numbers at once.

    Args:
        query_size: Q, features of a query.
        memory_size: M, features of a step of the memory.
        hidden_size: A, features of the hidden layer.

    Example:
        >>> attend = AdditiveAttention(4, 6, 8)
        >>> context, weights = attend(torch.randn(5, 2, 4), torch.randn(3, 2, 6))
        >>> context.shape, bool(weights.sum(2).allclose(torch.ones(5, 2)))
        (torch.Size([5, 2, 6]), True)
    """

    def __init__(self, query_size: int, memory_size: int, hidden_size: int) -> None:
        super().__init__()
        self.query_size, self.memory_size = query_size, memory_size
        self.of_query = nn.Linear(query_size, hidden_size)
        self.of_memory = nn.Linear(memory_size, hidden_size, bias=False)
        self.score = nn.Linear(hidden_size, 1, bias=False)

    def forward(
        self, query: Tensor, memory: Tensor, lengths: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read the memory, as `MultiplicativeAttention.forward` says."""
        memory, real = _checked(self, query, memory, lengths)
        scores = self.compare(query.transpose(0, 1), self.keys(memory), **self.weights())
        return _read(scores, memory, real)

    def keys(self, memory: Tensor) -> Tensor:
        """What queries are compared with: `U memory`, `[B, S, A]` of a memory `[S, B, M]`."""
        found: Tensor = self.of_memory(memory).transpose(0, 1)
        return found

    @staticmethod
    def compare(
        query: Tensor, keys: Tensor, weight: Tensor, bias: Tensor, of_hidden: Tensor
    ) -> Tensor:
        """Scores `[B, T, S]` of queries `[B, T, Q]`, keys, and what `weights` gives."""
        hidden = torch.tanh((query @ weight.T + bias)[:, :, None] + keys[:, None])  # [B, T, S, A]
        return hidden @ of_hidden

    def weights(self) -> dict[str, Tensor]:
        """The parameters of `compare`."""
        query, hidden = self.of_query, self.score.weight[0]
        return {"weight": query.weight, "bias": query.bias, "of_hidden": hidden}


Attention = MultiplicativeAttention | AdditiveAttention


def _read(scores: Tensor, memory: Tensor, real: Tensor | None) -> tuple[Tensor, Tensor]:
    """Context `[T, B, M]` and weights `[T, B, S]` of scores `[B, T, S]`."""
    if real is not None:
        scores = scores.masked_fill(~real.T[:, None], float("-inf"))
    weights = torch.softmax(scores, 2)
    context = torch.bmm(weights, memory.transpose(0, 1))
    return context.transpose(0, 1), weights.transpose(0, 1)


def _checked(
    layer: nn.Module, query: Tensor, memory: Tensor, lengths: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """The memory with zeros for padding, and its real steps `[S, B]`.

    Raises:
        ScanError: shapes or lengths that do not fit.
    """
    name = type(layer).__name__
    for what, x, size in (
        ("query", query, layer.query_size),
        ("memory", memory, layer.memory_size),
    ):
        if x.dim() != 3 or x.shape[2] != size:
            raise ScanError(f"{name}: {what} is {list(x.shape)}; it must be [steps, B, {size}]")
    rows = query.shape[1]
    if memory.shape[1] != rows:
        raise ScanError(f"{name}: {rows} rows of queries and {memory.shape[1]} of memory")
    if lengths is None:
        return memory, None
    if lengths.shape != (rows,) or bool(((lengths < 1) | (lengths > len(memory))).any()):
        raise ScanError(f"{name}: lengths are {rows} numbers of 1 to {len(memory)} steps")
    real = real_steps(len(memory), lengths.to(memory.device))
    return memory.masked_fill(~real[..., None], 0), real
