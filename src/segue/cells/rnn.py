"""The simple recurrent network, h' = f(W_x x + W_h h + b) for any f (Elman 1990)."""

from collections.abc import Callable

import torch
from torch import Tensor

from segue.engine.step.cell import Cell, cell
from segue.engine.step.factory import factory


@factory
def rnn(f: Callable[[Tensor], Tensor] = torch.tanh) -> Cell:
    """The cell with activation f."""

    @cell
    def rnn(x: "D", h: "H", *, weight_ih: "H D", weight_hh: "H H", bias: "H"):
        """J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990)."""
        h = f(x @ weight_ih.T + bias + h @ weight_hh.T)
        return h, (h,)

    return rnn
