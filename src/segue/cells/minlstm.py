"""Minimal long short-term memory whose gates see the input alone (Feng et al. 2024)."""

from segue.engine.step.cell import cell


@cell
def minlstm(x: "D", h: "H", *, weight_ih: "3H D", bias: "3H"):
    """L. Feng et al., "Were RNNs all we needed?", arXiv 2410.01201 (2024): the plain equation,
    with gates that sum to 1 and a linear candidate. The paper's form in log space passes the
    candidate through a positive g, and implementations of that form compute another function.
    """
    f, i, candidate = (x @ weight_ih.T + bias).chunk(3, -1)
    f, i = f.sigmoid(), i.sigmoid()
    h = (f * h + i * candidate) / (f + i)
    return h, (h,)
