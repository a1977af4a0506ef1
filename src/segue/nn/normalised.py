"""`Normalised`: a layer whose outputs are brought to mean 0 and variance 1 at each step."""

from torch import Tensor, nn

from segue.engine.run.lengths import Lengths
from segue.nn.layer import State, Steps, common_batch_first, on_features, row_lengths


class Normalised(nn.Module):
    """A layer with layer normalisation behind it, which the next layer of a stack reads.

    J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016. Each step is normalised by
    itself, so neither padding nor what comes later changes it.

    Args:
        layer: any layer.
        features: of its outputs.

    State:
        That of `layer`.

    Example:
        >>> import torch, segue
        >>> y, state = Normalised(segue.nn.GRU(8, 16), 16)(torch.randn(5, 3, 8))
        >>> y.shape, bool(y.mean(-1).abs().max() < 1e-5)
        (torch.Size([5, 3, 16]), True)
    """

    def __init__(self, layer: nn.Module, features: int) -> None:
        super().__init__()
        self.batch_first = common_batch_first("Normalised", (layer,))
        self.layer = layer
        self.norm = nn.LayerNorm(features)

    def forward(
        self,
        x: Steps,
        state: State = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Steps, State]:
        """Return the normalised outputs and the layer's state."""
        y, state = self.layer(x, state, row_lengths(self, lengths, x), reset)
        return on_features(self.norm, y), state
