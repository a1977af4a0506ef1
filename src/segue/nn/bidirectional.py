"""`Bidirectional`: one layer reads each sequence from its start, another from its end."""

import torch
from torch import Tensor, nn

from segue.engine.run.lengths import Lengths
from segue.errors import ScanError
from segue.nn.layer import State, Steps, common_batch_first, on_features, row_lengths
from segue.nn.recurrent import Recurrent
from segue.nn.stream import Stream


class Bidirectional(nn.Module):
    """Two layers over the same input, one in each direction; their outputs lie side by side.

    M. Schuster, K. K. Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on
    Signal Processing 45 (1997). The two need not be alike: cells, sizes and depth may differ.

    Args:
        forward_layer: a layer that reads from the start.
        backward_layer: a layer that reads from the end: its `Recurrent` parts have `reverse=True`.

    State:
        `(state of forward_layer, state of backward_layer)`.

    Raises:
        ScanError: a layer runs in the other's direction, or the two disagree in `batch_first`.

    Example:
        >>> import torch, segue
        >>> ahead = Recurrent(segue.cells.gru, 8, 16)
        >>> back = Recurrent(segue.cells.gru, 8, 16, reverse=True)
        >>> y, state = Bidirectional(ahead, back)(torch.zeros(5, 3, 8))
        >>> y.shape
        torch.Size([5, 3, 32])
    """

    def __init__(self, forward_layer: nn.Module, backward_layer: nn.Module) -> None:
        super().__init__()
        self.batch_first = common_batch_first("Bidirectional", (forward_layer, backward_layer))
        _check_direction(forward_layer, reverse=False)
        _check_direction(backward_layer, reverse=True)
        self.forward_layer = forward_layer
        self.backward_layer = backward_layer

    def forward(
        self,
        x: Steps,
        state: tuple[State, State] | None = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Steps, tuple[State, State]]:
        """Return outputs `[..., H_forward + H_backward]` and both states.

        The backward layer's state enters at each row's last real step and leaves at its first.
        """
        lengths = row_lengths(self, lengths, x)
        ahead, back = (None, None) if state is None else state
        y_ahead, ahead = self.forward_layer(x, ahead, lengths, reset)
        y_back, back = self.backward_layer(x, back, lengths, reset)
        y = on_features(lambda *ys: torch.cat(ys, -1), y_ahead, y_back)
        return y, (ahead, back)

    def stream(self, batch: int = 1) -> Stream:
        """Refuse: its outputs wait for the end of the sequence.

        Raises:
            ScanError: always.
        """
        raise ScanError(
            "Bidirectional: an output needs the last step of its sequence, so it cannot stream;"
            " stream a layer that runs forward only"
        )


def _check_direction(layer: nn.Module, *, reverse: bool) -> None:
    side, remedy = ("backward", "True") if reverse else ("forward", "False")
    for part in layer.modules():
        if isinstance(part, nn.RNNBase) and (reverse or part.bidirectional):
            name = type(part).__name__
            raise ScanError(
                f"Bidirectional: {name} cannot be the {side} layer; use {name}(bidirectional=True)"
                " by itself, or Recurrent"
            )
        if isinstance(part, Recurrent) and part.reverse is not reverse:
            raise ScanError(
                f"Bidirectional: the {side} layer runs the other way; build its Recurrent with"
                f" reverse={remedy}"
            )
