"""`Stack`: layers on top of each other."""

from collections.abc import Sequence
from typing import Self

from torch import Tensor, nn

from segue.engine.run.lengths import Lengths
from segue.engine.step.cell import Cell
from segue.errors import ScanError
from segue.nn.layer import State, Steps, common_batch_first, on_features, row_lengths
from segue.nn.recurrent import Recurrent
from segue.nn.stream import StackStream, stream_of


class Stack(nn.Module):
    """Each layer reads the outputs of the one below it.

    Args:
        layers: from the input to the output.
        dropout: probability with which each output of every layer but the last is zeroed in
            training, drawn anew for each element and step; or a module that steps pass through
            there, such as `VariationalDropout`.

    State:
        A tuple with the state of each layer.

    Raises:
        ScanError: no layers, or they disagree in `batch_first`.

    Example:
        >>> import torch, segue
        >>> from segue.nn import Recurrent, Residual
        >>> stack = Stack([Recurrent(segue.cells.lstm, 8, 16), segue.nn.GRU(16, 4)])
        >>> x = torch.randn(6, 3, 8)
        >>> y, state = stack(x)
        >>> first, carried = stack(x[:2])
        >>> rest, _ = stack(x[2:], carried)
        >>> torch.allclose(y, torch.cat([first, rest]), atol=1e-6)
        True
    """

    def __init__(self, layers: Sequence[nn.Module], dropout: float | nn.Module = 0.0) -> None:
        super().__init__()
        self.batch_first = common_batch_first("Stack", layers)
        self.layers = nn.ModuleList(layers)
        self.dropout = dropout if isinstance(dropout, nn.Module) else _Dropout(dropout)

    @classmethod
    def of(
        cls,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        layers: int,
        dropout: float | nn.Module = 0.0,
    ) -> Self:
        """Layers of one cell, each with `hidden_size` features.

        Example:
            >>> import segue
            >>> len(Stack.of(segue.cells.gru, 8, 16, layers=2).layers)
            2
        """
        sizes = [input_size, *[hidden_size] * (layers - 1)]
        return cls([Recurrent(cell, size, hidden_size) for size in sizes], dropout)

    def forward(
        self,
        x: Steps,
        state: Sequence[State] | None = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Steps, tuple[State, ...]]:
        """Return the last layer's outputs and every layer's state."""
        states = [None] * len(self.layers) if state is None else state
        if len(states) != len(self.layers):
            raise ScanError(
                f"Stack: {len(states)} states for {len(self.layers)} layers; give one for each"
            )
        lengths = row_lengths(self, lengths, x)
        after = []
        for index, (layer, before) in enumerate(zip(self.layers, states, strict=True)):
            if index:
                x = self.dropout(x)
            x, new = layer(x, before, lengths, reset)
            after.append(new)
        return x, tuple(after)

    def stream(self, batch: int = 1) -> StackStream:
        """Make of the layers a stream, as `Recurrent.stream` does of one; dropout is off.

        Args:
            batch: B, the sequences that run side by side.

        Raises:
            ScanError: a layer that cannot stream.

        Example:
            >>> import numpy as np, segue
            >>> from segue.nn import Recurrent
            >>> stream = Stack([Recurrent(segue.cells.lstm, 8, 16), segue.nn.GRU(16, 4)]).stream()
            >>> stream.step(np.ones(8, np.float32)).shape
            (4,)
        """
        return StackStream([stream_of("Stack", layer, batch) for layer in self.layers])


class _Dropout(nn.Dropout):
    """Dropout of padded or packed steps."""

    def forward(self, x: Steps) -> Steps:  # type: ignore[override] # packed steps as well
        return on_features(super().forward, x)
