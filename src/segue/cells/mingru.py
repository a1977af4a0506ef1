"""Minimal gated recurrent unit whose gate sees the input alone (Feng et al. 2024)."""

from segue.engine.step.cell import cell


@cell
def mingru(x: "D", h: "H", *, weight_ih: "2H D", bias: "2H"):
    """L. Feng et al., "Were RNNs all we needed?", arXiv 2410.01201 (2024): the plain equation,
    whose candidate is linear. The paper's form in log space passes the candidate through a
    positive g, and implementations of that form (minGRU-pytorch) compute another function.
    """
    z, candidate = (x @ weight_ih.T + bias).chunk(2, -1)
    z = z.sigmoid()
    h = (1 - z) * h + z * candidate
    return h, (h,)
