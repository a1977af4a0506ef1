"""`Spelling`: a vector for each word, from its characters."""

import torch
from torch import Tensor, nn

from segue.engine.step.cell import Cell
from segue.nn.bidirectional import Bidirectional
from segue.nn.pooling import LastState
from segue.nn.recurrent import Recurrent


class Spelling(nn.Module):
    """Reads the characters of each word in both directions, and keeps both last outputs.

    Words that were never seen have features too: capitals, endings, digits (W. Ling et al.,
    "Finding function in form", EMNLP 2015; G. Lample et al., "Neural architectures for named
    entity recognition", NAACL 2016).

    Args:
        cell: the equation.
        characters: how many there are, by number.
        embedding_size: features of a character.
        hidden_size: H, features of the state in each direction.
        dropout: share of the characters that are taken for `unknown` in training.
        unknown: the number of a character that is not known.

    Example:
        >>> import segue
        >>> spelling = Spelling(segue.cells.gru, 100, 16, 24)
        >>> words, lengths = torch.tensor([[7, 3], [9, 0]]), torch.tensor([2, 1])
        >>> spelling(words, lengths).shape                           # 2 words of 2 and 1 letters
        torch.Size([2, 48])
    """

    def __init__(
        self,
        cell: Cell,
        characters: int,
        embedding_size: int,
        hidden_size: int,
        *,
        dropout: float = 0.0,
        unknown: int = 1,
    ) -> None:
        super().__init__()
        self.dropout, self.unknown = dropout, unknown
        self.embed = nn.Embedding(characters, embedding_size)
        ahead, back = (
            Recurrent(cell, embedding_size, hidden_size, reverse=reverse)
            for reverse in (False, True)
        )
        self.layer = Bidirectional(ahead, back)
        self.last = LastState(hidden_size)

    def forward(self, characters: Tensor, lengths: Tensor) -> Tensor:
        """Return `[U, 2 H]`.

        Args:
            characters: int `[L, U]`, those of U words; what lies behind a word is never read.
            lengths: `[U]`, the characters of each word.
        """
        if self.training and self.dropout:
            lost = torch.rand(characters.shape, device=characters.device) < self.dropout
            characters = characters.masked_fill(lost, self.unknown)
        y, _ = self.layer(self.embed(characters), None, lengths)
        features: Tensor = self.last(y, lengths)
        return features
