"""Gated recurrent unit, reset after the product (the form that torch and cuDNN compute)."""

from segue.engine.step.cell import cell


@cell
def gru(x: "D", h: "H", *, weight_ih: "3H D", weight_hh: "3H H", bias_ih: "3H", bias_hh: "3H"):
    """K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014, in
    the first preprint's form: the reset gate acts on the product, so that one product serves.
    """
    r_x, z_x, n_x = (x @ weight_ih.T + bias_ih).chunk(3, -1)
    r_h, z_h, n_h = (h @ weight_hh.T + bias_hh).chunk(3, -1)
    z = (z_x + z_h).sigmoid()
    n = (n_x + (r_x + r_h).sigmoid() * n_h).tanh()
    h = (1 - z) * n + z * h
    return h, (h,)
