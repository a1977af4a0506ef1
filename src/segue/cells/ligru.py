"""Light gated recurrent unit: no reset gate, and relu for tanh (Ravanelli et al. 2018)."""

from segue.engine.step.cell import cell


@cell
def ligru(x: "D", h: "H", *, weight_ih: "2H D", weight_hh: "2H H", bias: "2H"):
    """M. Ravanelli et al., "Light gated recurrent units for speech recognition", IEEE Transactions
    on Emerging Topics in Computational Intelligence 2 (2018). The paper normalises the input
    product over the batch, which no step of one row can do. SpeechBrain does it once for all steps,
    before its loop, and has the candidate's weights first, then the gate's. Trained statistics fold
    into weight_ih and bias.
    """
    z, n = (x @ weight_ih.T + bias + h @ weight_hh.T).chunk(2, -1)
    z = z.sigmoid()
    h = z * h + (1 - z) * n.relu()
    return h, (h,)
