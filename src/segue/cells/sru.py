"""Simple recurrent unit, with the memory in its gates and a highway (Lei et al. 2018)."""

from segue.engine.step.cell import cell


@cell
def sru(x: "H", c: "H", *, weight_ih: "3H H", weight_c: "2H", bias: "2H"):
    """T. Lei et al., "Simple recurrent units for highly parallelizable recurrence", EMNLP 2018
    (arXiv 1709.02755), equations (1) to (4). The highway adds the input to the output, so that both
    have H features. There the authors' code scales the input by a constant alpha (sqrt(3), unless
    told otherwise) and projects an input of another size; here neither.
    """
    u, f, r = (x @ weight_ih.T).chunk(3, -1)
    weight_f, weight_r = weight_c.chunk(2)
    bias_f, bias_r = bias.chunk(2)
    f = (f + weight_f * c + bias_f).sigmoid()
    r = (r + weight_r * c + bias_r).sigmoid()
    c = f * c + (1 - f) * u
    h = r * c + (1 - r) * x
    return h, (c,)
