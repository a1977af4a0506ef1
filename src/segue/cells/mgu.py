"""Minimal gated unit: one gate that both resets and updates (Zhou et al. 2016)."""

from segue.engine.step.cell import cell


@cell
def mgu(x: "D", h: "H", *, weight_ih: "2H D", weight_hf: "H H", weight_hn: "H H", bias: "2H"):
    """G.-B. Zhou et al., "Minimal gated unit for recurrent neural networks", International Journal
    of Automation and Computing 13 (2016). The gate lets the candidate in, as its name, forget gate,
    does not say; in Flax's `MGUCell` it keeps the old state, and resets after the product.
    """
    f_x, n_x = (x @ weight_ih.T + bias).chunk(2, -1)
    f = (f_x + h @ weight_hf.T).sigmoid()
    n = (n_x + (f * h) @ weight_hn.T).tanh()
    h = (1 - f) * h + f * n
    return h, (h,)
