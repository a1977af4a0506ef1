"""Gated recurrent unit, reset before the product (Cho et al. 2014)."""

from segue.engine.step.cell import cell


@cell
def gru_original(
    x: "D", h: "H", *, weight_ih: "3H D", weight_hh: "2H H", weight_hn: "H H", bias: "3H"
):
    """K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014."""
    r_x, z_x, n_x = (x @ weight_ih.T + bias).chunk(3, -1)
    r_h, z_h = (h @ weight_hh.T).chunk(2, -1)
    z = (z_x + z_h).sigmoid()
    n = (n_x + ((r_x + r_h).sigmoid() * h) @ weight_hn.T).tanh()
    h = (1 - z) * n + z * h
    return h, (h,)
