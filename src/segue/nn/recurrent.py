"""`Recurrent`: any cell as a layer."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from segue.engine.cell import Cell
from segue.engine.scan import State, scan
from segue.nn.layer import sequence_ends


class Recurrent(nn.Module):
    """One cell run over time.

    Args:
        cell: the equation.
        input_size: D, features of the input.
        hidden_size: H, features of the state.
        sizes: sizes of the cell's other symbols, by symbol.
        batch_first: input and output are `[B, T, ...]` rather than `[T, B, ...]`.
        reverse: run from the last step to the first.
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        *,
        sizes: Mapping[str, int] | None = None,
        batch_first: bool = False,
        reverse: bool = False,
    ) -> None:
        super().__init__()
        self.cell = cell
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.batch_first = batch_first
        self.reverse = reverse
        self.sizes = {"D": input_size, "H": hidden_size, **(sizes or {})}
        for field in cell.params:
            self.register_parameter(field.name, nn.Parameter(torch.empty(field.shape(self.sizes))))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every parameter uniformly from ±1/sqrt(H), as torch's recurrent modules do."""
        bound = self.hidden_size**-0.5
        for param in self.parameters():
            nn.init.uniform_(param, -bound, bound)

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Return outputs `[T, B, ...]` (or batch first) and the state after the last step."""
        if self.batch_first:
            x = x.transpose(0, 1)
            reset = None if reset is None else reset.transpose(0, 1)
        if self.reverse and reset is not None:
            reset = sequence_ends(reset, lengths)
        params = dict(self.named_parameters(recurse=False))
        y, state = scan(
            self.cell, params, x, state, lengths=lengths, reset=reset, reverse=self.reverse
        )
        return (y.transpose(0, 1) if self.batch_first else y), state
