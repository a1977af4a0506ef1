"""Long short-term memory whose recurrent state is projected to fewer units (Sak et al. 2014)."""

from segue.engine.step.cell import cell


@cell
def lstm_projection(
    x: "D", h: "P", c: "H", *, weight_ih: "4H D", weight_hh: "4H P", bias: "4H", weight_hr: "P H"
):
    """H. Sak, A. Senior, F. Beaufays, "Long short-term memory recurrent neural network
    architectures for large scale acoustic modeling", Interspeech 2014, without peepholes.
    """
    i, f, g, o = (x @ weight_ih.T + bias + h @ weight_hh.T).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = (o.sigmoid() * c.tanh()) @ weight_hr.T
    return h, (h, c)
