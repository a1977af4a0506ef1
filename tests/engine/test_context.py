"""Contexts: tensors of each row that are the same at all steps."""
# ruff: noqa: F722, F821

import pytest
import torch

import segue
from segue.engine import laws
from segue.engine.run.backend import choose
from segue.engine.run.stream import stream
from segue.engine.step.trace import trace
from segue.errors import CellError, ScanError

HEADINGS = ("Once for each call", "Backward, step by step", "Backward, once for all steps")


@segue.cell
def multiplicative(
    x: "D",
    h: "H",
    fed: "H",
    *,
    weight_ih: "H D",
    weight_hh: "H H",
    project: "M H",
    combine: "H M",
    memory: "S M" = segue.context,
    real: "S" = segue.context,
):
    """A simple recurrent network with bilinear attention, whose answer is fed back."""
    h = (x @ weight_ih.T + (h + fed) @ weight_hh.T).tanh()
    scores = (memory @ (h @ project.T)[:, :, None]).squeeze(2)
    weights = scores.masked_fill(real == 0, -torch.inf).softmax(1)
    fed = ((weights[:, None] @ memory).squeeze(1) @ combine.T + h).tanh()
    return torch.cat([fed, weights], 1), (h, fed)


@segue.cell
def additive(
    x: "H",
    h: "H",
    *,
    of_query: "A H",
    of_memory: "A H",
    score: "A",
    memory: "S H" = segue.context,
):
    """A state that is added to what attention by a hidden layer reads."""
    hidden = torch.tanh((h @ of_query.T)[:, None] + memory @ of_memory.T)
    weights = (hidden @ score).softmax(1)
    h = (x + (weights[:, :, None] * memory).sum(1)).tanh()
    return h, (h,)


@segue.cell
def shifted(x: "H", h: "H", *, by: "H" = segue.context):
    """A sum that starts a step with something of its row's own."""
    h = 0.5 * h + x * by
    return h, (h,)


@pytest.mark.parametrize("cell", [multiplicative, additive, shifted], ids=lambda c: c.name)
def test_laws(cell):
    laws.check(cell)


def arguments(rows=3, steps=5, places=4):
    torch.manual_seed(0)
    sizes = {"D": 2, "H": 3, "M": 6}
    params = {
        field.name: torch.randn(field.shape(sizes), dtype=torch.float64, requires_grad=True)
        for field in multiplicative.params
        if not field.context
    }
    memory = torch.randn(rows, places, 6, dtype=torch.float64, requires_grad=True)
    real = (torch.arange(places) < torch.tensor([4, 1, 2])[:rows, None]).double()
    xs = torch.randn(steps, rows, 2, dtype=torch.float64)
    return params, xs, {"memory": memory, "real": real}


def test_padding_of_a_memory_is_read_with_weight_0():
    params, xs, given = arguments()
    ys, _ = segue.scan(multiplicative, params, xs, context=given)
    assert (ys[..., 3:][:, given["real"] == 0] == 0).all()
    ys.sum().backward()
    assert (given["memory"].grad[given["real"] == 0] == 0).all()
    alone = {name: each[1:2, :1].detach() for name, each in given.items()}
    found, _ = segue.scan(multiplicative, params, xs[:, 1:2], context=alone)
    torch.testing.assert_close(found, ys[:, 1:2, :4], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("budget", [None, 3000])
def test_gradient_of_a_memory_is_the_sum_over_the_steps(budget):
    params, xs, given = arguments()
    lengths = torch.tensor([5, 2, 4])
    ys, _ = segue.scan(
        multiplicative, params, xs, lengths=lengths, context=given, memory_budget=budget
    )
    found = torch.autograd.grad(ys.square().sum(), given["memory"])[0]
    wanted = torch.zeros_like(found)
    each = [given["memory"].detach().clone().requires_grad_() for _ in xs]
    loss = 0
    for row, length in enumerate(lengths.tolist()):
        state = (xs.new_zeros(1, 3), xs.new_zeros(1, 3))
        for t in range(length):
            contexts = {"memory": each[t][[row]], "real": given["real"][[row]]}
            y, state = multiplicative(xs[t, [row]], *state, **params, **contexts)
            loss = loss + y.square().sum()
    wanted = sum(torch.autograd.grad(loss, each))
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-12)


def test_streamed():
    params, xs, given = arguments()
    every = {name: each.detach() for name, each in {**params, **given}.items()}
    stepper = stream(multiplicative, every, {"D": 2, "H": 3, "M": 6, "S": 4}, rows=3)
    wanted, _ = segue.scan(multiplicative, params, xs, context=given)
    torch.testing.assert_close(stepper.run(xs), wanted.detach())


def test_compiled():
    params, xs, given = arguments()
    run = torch.compile(
        lambda xs, memory: segue.scan(
            multiplicative, params, xs, context={**given, "memory": memory}
        )[0],
        backend="aot_eager",
    )
    wanted, _ = segue.scan(multiplicative, params, xs, context=given)
    torch.testing.assert_close(run(xs, given["memory"]), wanted)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("memory"), "context memory is missing; pass context={'memory': ...}"),
        (lambda c: c.update(more=c["real"]), "more is no context of the cell, whose contexts are"),
        (lambda c: c.update(real=c["real"][:2]), "real has 2 rows and xs 3; a context belongs"),
        (lambda c: c.update(real=c["real"][:, :2]), r"must be \[B, S\], where S = 4 by memory"),
        (lambda c: c.update(real=c["real"].float()), "real is float32 and xs float64"),
    ],
)
def test_what_does_not_fit_is_said(change, message):
    params, xs, given = arguments()
    segue.scan(multiplicative, params, xs, context=given)  # known to fit from here on
    change(given)
    with pytest.raises(ScanError, match=message):
        segue.scan(multiplicative, params, xs, context=given)


def test_refusals():
    with pytest.raises(CellError, match="memory is a context; write it after the"):

        @segue.cell
        def before(x: "H", h: "H", memory: "S H" = segue.context):
            return x, (h,)

    @segue.cell
    def mixing(x: "H", h: "H", *, memory: "S H" = segue.context):
        h = h + x + memory.sum((0, 1))
        return h, (h,)

    with pytest.raises(CellError, match="sum mixes rows of the batch"):
        trace(mixing, {"H": 2, "S": 3})
    with pytest.raises(ScanError, match="memory is a context, which a layer has no place for"):
        segue.nn.Recurrent(additive, 3, 3, sizes={"A": 2, "S": 2})


def test_explained(capsys):
    segue.explain(additive, {"H": 2, "A": 3, "S": 4})
    text = capsys.readouterr().out
    assert "Contexts of each row, given with each call" in text
    assert "memory  S H  4 x 2  8" in text
    assert "a context is a tensor of each row" in text
    once, loop, after = (text.split(heading)[1] for heading in HEADINGS)
    assert once.index("mm(%4, %3)") < once.index("Forward, step by step")  # the memory's projection
    assert "mm(%45, h)" in after
    assert "mm(%45, h)" not in loop.partition("Backward, once")[0]
    assert "tanh_backward" in loop


def test_which_backend():
    graph = trace(multiplicative, {"D": 2, "H": 3, "M": 4, "S": 5})
    choice = choose(graph, torch.device("cpu"))
    assert (choice.backend.name, choice.refusals) == ("stepwise", ())
    with torch.autocast("cpu", torch.bfloat16):
        choice = choose(graph, torch.device("cpu"))
    assert choice.backend.name == "reference"
    assert "leave autocast off" in choice.refusals[0][1]
