"""Update gate recurrent network (Collins et al. 2017)."""

from segue.engine.step.cell import cell


@cell
def ugrnn(x: "D", h: "H", *, weight_ih: "2H D", weight_hh: "2H H", bias: "2H"):
    """J. Collins, J. Sohl-Dickstein, D. Sussillo, "Capacity and trainability in recurrent neural
    networks", ICLR 2017 (arXiv 1611.09913), with tanh, one of the two functions that the paper
    tries. TensorFlow's UGRNNCell adds a constant, 1 by default, to the gate's bias; here none.
    """
    g, candidate = (x @ weight_ih.T + bias + h @ weight_hh.T).chunk(2, -1)
    g = g.sigmoid()
    h = g * h + (1 - g) * candidate.tanh()
    return h, (h,)
