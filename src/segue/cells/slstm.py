"""Long short-term memory with an exponential input gate, sLSTM (Beck et al. 2024)."""

import torch
from torch.nn.functional import logsigmoid

from segue.engine.step.cell import cell


@cell
def slstm(
    x: "D", h: "H", c: "H", n: "H", m: "H", *, weight_ih: "4H D", weight_hh: "4H H", bias: "4H"
):
    """M. Beck et al., "xLSTM: extended long short-term memory", NeurIPS 2024 (arXiv 2405.04517),
    with one head; several heads, as in the authors' code, are a block-diagonal weight_hh. The
    paper's forget gate is exp or sigmoid; here the sigmoid, in logarithms, as in the authors' code.

    c and n are kept divided by exp(m), which cancels in h. Where n is 0 nothing has come in yet and
    m says nothing, so that a state of zeros is empty: the first input sets m. From then on n is at
    least 1 by itself, and the floor guards it against rounding. The authors' FlashRNN has both, but
    its Python code asks whether n is 0 of all units and rows at once, its kernels of each, as here.
    """
    i, f, z, o = (x @ weight_ih.T + bias + h @ weight_hh.T).chunk(4, -1)
    kept = torch.where(n == 0, i, m + logsigmoid(f))
    m = torch.maximum(i, kept)
    i, f = (i - m).exp(), (kept - m).exp()
    c = f * c + i * z.tanh()
    n = (f * n + i).clamp(min=1)
    h = o.sigmoid() * c / n
    return h, (h, c, n, m)
