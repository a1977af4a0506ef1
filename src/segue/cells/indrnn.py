"""Independently recurrent network: each unit sees only its own past (Li et al. 2018)."""

from segue.engine.step.cell import cell


@cell
def indrnn(x: "D", h: "H", *, weight_ih: "H D", weight_hh: "H", bias: "H"):
    """S. Li et al., "Independently recurrent neural network (IndRNN)", CVPR 2018. The paper keeps
    weight_hh within bounds by clipping it in training, outside the equation.
    """
    h = (x @ weight_ih.T + bias + h * weight_hh).relu()
    return h, (h,)
