"""Long short-term memory with layer normalisation (Ba, Kiros & Hinton 2016)."""

import torch.nn.functional as F
from torch import nn

from segue.engine.step.cell import cell


@cell
def lstm_layer_norm(
    x: "D",
    h: "H",
    c: "H",
    *,
    weight_ih: "4H D",
    weight_hh: "4H H",
    gain_ih: "4H" = nn.init.ones_,
    gain_hh: "4H" = nn.init.ones_,
    bias: "4H" = nn.init.zeros_,
    gain_c: "H" = nn.init.ones_,
    bias_c: "H" = nn.init.zeros_,
):
    """J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", arXiv 1607.06450 (2016), whose
    two shifts and one bias of the gates are one bias here. Each product is normalised over all four
    gates, and the cell only where it is read. PyTorch's `fastrnns` and TensorFlow's
    `LayerNormBasicLSTMCell` carry the normalised cell on to the next step; the latter also adds the
    products first and normalises each gate by itself.
    """
    gates_x = F.layer_norm(x @ weight_ih.T, gain_ih.shape, gain_ih, bias)
    gates_h = F.layer_norm(h @ weight_hh.T, gain_hh.shape, gain_hh)
    i, f, g, o = (gates_x + gates_h).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * F.layer_norm(c, gain_c.shape, gain_c, bias_c).tanh()
    return h, (h, c)
