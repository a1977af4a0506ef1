"""`Residual`: a layer's input added to its output."""

import torch
from torch import Tensor, nn

from segue.engine.run.lengths import Lengths
from segue.errors import ScanError
from segue.nn.layer import (
    State,
    Steps,
    common_batch_first,
    on_features,
    real_steps,
    row_lengths,
)
from segue.nn.stream import ResidualStream, stream_of


class Residual(nn.Module):
    """A layer whose outputs are added to its inputs.

    K. He et al., "Deep residual learning for image recognition", CVPR 2016; in stacked recurrent
    networks Y. Wu et al., "Google's neural machine translation system", 2016.

    Args:
        layer: a layer with as many output features as input features.

    State:
        That of `layer`.

    Example:
        >>> import torch, segue
        >>> layer = Residual(segue.nn.GRU(8, 8))
        >>> y, state = layer(torch.zeros(5, 3, 8), lengths=torch.tensor([5, 2, 0]))
        >>> y.shape
        torch.Size([5, 3, 8])
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.batch_first = common_batch_first("Residual", (layer,))
        self.layer = layer

    def forward(
        self,
        x: Steps,
        state: State = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Steps, State]:
        """Return `x + layer(x)`, zero after each row's length, and the layer's state.

        Raises:
            ScanError: the layer changes the number of features.
        """
        lengths = row_lengths(self, lengths, x)
        y, state = self.layer(x, state, lengths, reset)
        before, after = x.data.shape[-1], y.data.shape[-1]
        if before != after:
            raise ScanError(
                f"Residual: {type(self.layer).__name__} turns {before} features into {after}; they"
                " must be equal to be added"
            )
        if lengths is not None and isinstance(x, Tensor):
            real = real_steps(x.shape[1 if self.batch_first else 0], lengths.to(x.device))
            real = (real.T if self.batch_first else real).unsqueeze(-1)
            x = torch.where(real, x, torch.zeros_like(x))
        return on_features(torch.add, x, y), state

    def stream(self, batch: int = 1) -> ResidualStream:
        """Make of the layer a stream, as `Recurrent.stream` does.

        Args:
            batch: B, the sequences that run side by side.

        Raises:
            ScanError: a layer that cannot stream.
        """
        return ResidualStream(stream_of("Residual", self.layer, batch))
