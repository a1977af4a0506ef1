"""Long short-term memory whose gates see the cell (Gers & Schmidhuber 2000)."""

from segue.engine.step.cell import cell


@cell
def lstm_peephole(
    x: "D",
    h: "H",
    c: "H",
    *,
    weight_ih: "4H D",
    weight_hh: "4H H",
    bias: "4H",
    weight_ci: "H",
    weight_cf: "H",
    weight_co: "H",
):
    """F. A. Gers, J. Schmidhuber, "Recurrent nets that time and count", IJCNN 2000; F. A. Gers,
    N. N. Schraudolph, J. Schmidhuber, "Learning precise timing with LSTM recurrent networks", JMLR
    3 (2002). A gate sees its own unit of the cell, the output gate the new one. The second paper
    reads the cell out as it is; TensorFlow's `LSTMCell` and ONNX's `LSTM` read out its tanh, as
    here.
    """
    i, f, g, o = (x @ weight_ih.T + bias + h @ weight_hh.T).chunk(4, -1)
    c = (f + weight_cf * c).sigmoid() * c + (i + weight_ci * c).sigmoid() * g.tanh()
    h = (o + weight_co * c).sigmoid() * c.tanh()
    return h, (h, c)
