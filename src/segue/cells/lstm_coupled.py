"""Long short-term memory that forgets as much as it takes in (Greff et al. 2017)."""

from segue.engine.step.cell import cell


@cell
def lstm_coupled(x: "D", h: "H", c: "H", *, weight_ih: "3H D", weight_hh: "3H H", bias: "3H"):
    """K. Greff et al., "LSTM: a search space odyssey", IEEE Transactions on Neural Networks and
    Learning Systems 28 (2017), the variant CIFG, without peepholes. TensorFlow's
    `CoupledInputForgetGateLSTMCell` learns the forget gate, 1 - i, instead: the same functions,
    with the signs of that gate's weights turned.
    """
    i, g, o = (x @ weight_ih.T + bias + h @ weight_hh.T).chunk(3, -1)
    i = i.sigmoid()
    c = (1 - i) * c + i * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h, (h, c)
