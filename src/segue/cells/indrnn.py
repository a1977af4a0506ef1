"""Independently recurrent network: each unit sees only its own past (Li et al. 2018)."""

from torch import nn

from segue.engine.step.cell import cell


@cell
def indrnn(
    x: "D",
    h: "H",
    *,
    weight_ih: "H D",
    weight_hh: "H" = nn.init.uniform_,
    bias: "H" = nn.init.zeros_,
):
    """S. Li et al., "Independently recurrent neural network (IndRNN)", CVPR 2018. The paper keeps
    weight_hh within bounds by clipping it in training, outside the equation. It starts from 0 to 1,
    where units decay at different rates.
    """
    h = (x @ weight_ih.T + bias + h * weight_hh).relu()
    return h, (h,)
