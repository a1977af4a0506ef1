"""The parts of a report, and the diagnosis of gradients and states.

Example:
    >>> import torch, segue
    >>> layer = segue.nn.LSTM(3, 8)
    >>> x = torch.randn(20, 2, 3)
    >>> flow = segue.insight.gradient_flow(layer, x, lambda out: out[0][-1].sum())
    >>> flow.norms["LSTM"].shape
    torch.Size([20])
"""

from segue.insight.diagnosis import Diagnosis, diagnose
from segue.insight.gradient_flow import GradientFlow, gradient_flow

__all__ = ["Diagnosis", "GradientFlow", "diagnose", "gradient_flow"]
