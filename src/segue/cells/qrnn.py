"""Quasi-recurrent network: convolution of width 2, fo-pooling (Bradbury et al. 2017)."""

from segue.engine.step.cell import cell


@cell
def qrnn(x: "D", c: "H", x_prev: "D", *, weight_ih: "3H D", weight_prev: "3H D", bias: "3H"):
    """J. Bradbury et al., "Quasi-recurrent neural networks", ICLR 2017 (arXiv 1611.01576), with
    biases. The previous input is part of the state, so that chunks join exactly and its gradient
    is whole; Salesforce's pytorch-qrnn keeps it on the module, without a gradient, and its forget
    gate is 1 minus the paper's (the same function once those weights change sign).
    """
    z, f, o = (x @ weight_ih.T + x_prev @ weight_prev.T + bias).chunk(3, -1)
    f = f.sigmoid()
    c = f * c + (1 - f) * z.tanh()
    h = o.sigmoid() * c
    return h, (c, x)
