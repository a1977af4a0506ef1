"""`ChunkedBidirectional`: two directions, with a look ahead of a chunk at most."""

import torch
from torch import Tensor, nn

from segue.engine.run.lengths import Lengths
from segue.errors import ScanError
from segue.nn.bidirectional import Bidirectional
from segue.nn.layer import State, Steps


class ChunkedBidirectional(nn.Module):
    """A layer that reads on through all chunks, and one that reads each from its end.

    An output depends on nothing behind the end of its chunk, so a sequence can be heard chunk by
    chunk as it comes (S. Xue, Z. Yan, "Improving latency-controlled BLSTM acoustic models for
    online speech recognition", ICASSP 2017). Several such layers in a stack look ahead no further
    than one.

    Args:
        forward_layer: a layer that reads from the start.
        backward_layer: a layer that reads from the end.
        chunk: steps in a chunk.

    State:
        That of `forward_layer`, which may enter where a chunk begins.

    Raises:
        ScanError: a layer runs in the other's direction, steps are batch first or packed, or the
            chunk is below 1.

    Example:
        >>> import segue
        >>> from segue.nn import Recurrent
        >>> ahead = Recurrent(segue.cells.gru, 8, 16)
        >>> back = Recurrent(segue.cells.gru, 8, 16, reverse=True)
        >>> layer, x = ChunkedBidirectional(ahead, back, chunk=5), torch.randn(10, 3, 8)
        >>> whole, _ = layer(x)
        >>> first, state = layer(x[:5])
        >>> torch.allclose(whole, torch.cat([first, layer(x[5:], state)[0]]), atol=1e-6)
        True
    """

    def __init__(self, forward_layer: nn.Module, backward_layer: nn.Module, chunk: int) -> None:
        super().__init__()
        if chunk < 1:
            raise ScanError(f"ChunkedBidirectional: a chunk of {chunk} steps; at least 1 is needed")
        both = Bidirectional(forward_layer, backward_layer)
        if both.batch_first:
            raise ScanError("ChunkedBidirectional: build the layers with batch_first=False")
        self.batch_first = False
        self.forward_layer, self.backward_layer = forward_layer, backward_layer
        self.chunk = chunk

    def forward(
        self,
        x: Steps,
        state: State | None = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Return outputs `[T, B, H_forward + H_backward]` and the forward layer's state."""
        if not isinstance(x, Tensor):
            raise ScanError("ChunkedBidirectional: give padded steps and lengths, not packed ones")
        starts = (torch.arange(len(x), device=x.device) % self.chunk == 0)[:, None]
        starts = starts.expand(x.shape[:2])
        y, after = self.forward_layer(x, state, lengths, reset)
        back, _ = self.backward_layer(x, None, lengths, starts if reset is None else starts | reset)
        return torch.cat([y, back], -1), after
