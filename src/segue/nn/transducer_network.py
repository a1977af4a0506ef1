"""`Transducer`: what was said so far joined with what is heard, to say what comes next."""

import torch
from torch import Tensor, nn

from segue.engine.step.cell import Cell
from segue.nn.recurrent import Recurrent
from segue.nn.transducer import BLANK


class Transducer(nn.Module):
    """The prediction network and the joint network of a recurrent transducer.

    A. Graves, "Sequence transduction with recurrent neural networks", 2012; the two are joined by a
    sum and a hyperbolic tangent (A. Graves, A. Mohamed, G. Hinton, "Speech recognition with deep
    recurrent neural networks", ICASSP 2013).

    Args:
        cell: of the prediction network.
        heard: features of what is heard at a step, W.
        hidden: features of the state, and of the sum, H.
        units: K, the blank at 0 among them.

    Example:
        >>> import segue
        >>> joint = Transducer(segue.cells.gru, heard=8, hidden=16, units=5)
        >>> joint(torch.randn(7, 2, 8), torch.tensor([[1, 4, 1], [2, 0, 0]])).shape
        torch.Size([2, 7, 4, 5])
    """

    def __init__(self, cell: Cell, heard: int, hidden: int, units: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(units, hidden)
        self.said = Recurrent(cell, hidden, hidden)
        self.of_heard = nn.Linear(heard, hidden)
        self.of_said = nn.Linear(hidden, hidden, bias=False)
        self.head = nn.Linear(hidden, units)

    def forward(self, heard: Tensor, labels: Tensor) -> Tensor:
        """Logits `[B, T, U + 1, K]` of what is heard `[T, B, W]` and said, int64 `[B, U]`."""
        before = nn.functional.pad(labels, (1, 0), value=BLANK)
        said, _ = self.said(self.embedding(before.T))
        sums = (
            self.of_heard(heard).transpose(0, 1)[:, :, None]
            + self.of_said(said).transpose(0, 1)[:, None]
        )
        logits: Tensor = self.head(sums.tanh())
        return logits

    def follow(self, label: int, state: object) -> tuple[Tensor, object]:
        """What a further label adds to the sum, `[H]`, and the state behind it."""
        said, state = self.said(self.embedding(torch.tensor([[label]])), state)
        return self.of_said(said)[0, 0], state
