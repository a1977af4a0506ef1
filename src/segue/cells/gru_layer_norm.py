"""Gated recurrent unit with layer normalisation (Ba, Kiros & Hinton 2016)."""

import torch.nn.functional as F
from torch import Tensor, nn

from segue.engine.step.cell import cell


@cell
def gru_layer_norm(
    x: "D",
    h: "H",
    *,
    weight_ih: "3H D",
    weight_hh: "3H H",
    gain_ih: "3H" = nn.init.ones_,
    gain_hh: "3H" = nn.init.ones_,
    bias_ih: "3H" = nn.init.zeros_,
    bias_hh: "3H" = nn.init.zeros_,
):
    """J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", arXiv 1607.06450 (2016),
    supplement: in each product the two gates are normalised together and the candidate by itself,
    and the update gate lets the candidate in. In the authors' own code, as in `gru`, it keeps the
    old state instead, and a bias joins the input product before it is normalised.
    """
    gates_x, n_x = _normalise(x @ weight_ih.T, gain_ih, bias_ih)
    gates_h, n_h = _normalise(h @ weight_hh.T, gain_hh, bias_hh)
    r, z = (gates_x + gates_h).sigmoid().chunk(2, -1)
    n = (n_x + r * n_h).tanh()
    h = (1 - z) * h + z * n
    return h, (h,)


def _normalise(product: Tensor, gain: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """The two gates and the candidate `[B, 2H], [B, H]` of a product `[B, 3H]`."""
    sizes = (len(gain) // 3 * 2, len(gain) // 3)
    (a, n), (gain_a, gain_n), (bias_a, bias_n) = (
        each.split(sizes, -1) for each in (product, gain, bias)
    )
    gates = F.layer_norm(a, gain_a.shape, gain_a, bias_a)
    return gates, F.layer_norm(n, gain_n.shape, gain_n, bias_n)
