"""Long short-term memory with a forget gate (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

from segue.engine.step.cell import cell


@cell
def lstm(x: "D", h: "H", c: "H", *, weight_ih: "4H D", weight_hh: "4H H", bias: "4H"):
    """S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997);
    forget gate: F. A. Gers et al., "Learning to forget", Neural Computation 12 (2000).
    """
    i, f, g, o = (x @ weight_ih.T + bias + h @ weight_hh.T).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, (h, c)
