"""`@cell` reads the signature, and says in one line what is wrong with one."""

# ruff: noqa: F722, F821

import copy
from functools import partial

import pytest
import torch
from postponed import quoted, unquoted

import segue
from segue.engine.step.cell import Cell
from segue.engine.step.signature import Dim
from segue.errors import CellError


@segue.cell
def example(x: "D", h: "H", m: "2H 3", s: "", *, w: "4H D", b: "H"):
    """What the paper says."""
    return h, (h, m, s)


def test_a_signature_becomes_fields() -> None:
    assert str(example) == "example(x: D, h: H, m: 2H 3, s: scalar | w: 4H D, b: H)"
    assert example.doc == "What the paper says."
    assert example.symbols == ("D", "H")
    assert example.State._fields == ("h", "m", "s")
    sizes = {"D": 3, "H": 5}
    assert [field.shape(sizes) for field in example.fields] == [
        (3,),
        (5,),
        (10, 3),
        (),
        (20, 3),
        (5,),
    ]
    assert example.state[1].dims == (Dim(2, "H"), Dim(3))


def test_a_cell_is_called_as_its_step() -> None:
    @segue.cell
    def total(x: "", s: "", *, w: ""):
        return s + w * x, (s + w * x,)

    y, (s,) = total(torch.ones(2), torch.ones(2), w=torch.tensor(3.0))
    assert y.tolist() == s.tolist() == [4, 4]


def test_postponed_annotations_are_read_alike() -> None:
    wanted = "step(x: D, h: H | w: 4H D)"
    assert str(segue.cell(quoted)).replace("quoted", "step") == wanted
    assert str(segue.cell(unquoted)) == "unquoted(x: D, h: H | w: H)"


def test_a_layers_copy_shares_its_cell() -> None:
    assert copy.deepcopy([example])[0] is example
    assert copy.copy(example) is example


def test_any_callable_will_do() -> None:
    class Step:
        def __call__(self, x: "H", h: "H") -> object:
            return x + h, (h,)

    def scaled(factor, /, x: "H", h: "H"):
        return factor * x, (h,)

    assert str(segue.cell(Step())) == "Step(x: H, h: H | )"
    assert str(segue.cell(partial(scaled, 2.0))) == "partial(x: H, h: H | )"
    assert segue.cell(partial(scaled, 2.0)).code is None


def star(x: "D", *h: "H"):
    """Refused."""


def keywords(x: "D", **w: "H"):
    """Refused."""


def default(x: "D", h: "H" = None):
    """Refused."""


def bare(x: "D", h):
    """Refused."""


def typed(x: "D", h: torch.Tensor):
    """Refused."""


def lower(x: "D", h: "hidden"):
    """Refused."""


def summed(x: "D", h: "H", *, w: "H D+H"):
    """Refused."""


def nothing(x: "D", h: "0H"):
    """Refused."""


def batch(x: "D", h: "B H"):
    """Refused."""


def private(x: "D", _h: "H"):
    """Refused."""


def inputless(*, w: "H"):
    """Refused."""


REFUSED = {
    star: "cell star: *h has no shape; name each argument",
    keywords: "cell keywords: **w has no shape; name each argument",
    default: "cell default: h has a default value; close over it in a function that returns the"
    " cell, or give a parameter what fills it, such as nn.init.ones_",
    bare: "cell bare: h needs a shape, such as h: 'H' or '4H D'",
    typed: "cell typed: h needs a shape, such as h: 'H' or '4H D'",
    lower: "cell lower: h: 'hidden' is no size; write a symbol (H), a multiple (4H) or a number",
    summed: "cell summed: w: 'D+H' is no size; write a symbol (H), a multiple (4H) or a number",
    nothing: "cell nothing: h: '0H' is no size; write a symbol (H), a multiple (4H) or a number",
    batch: "cell batch: h: B is the batch, which is never written; choose another letter",
    private: "cell private: _h cannot name a field of the state; drop the underscore",
    inputless: "cell inputless: the first argument must be the input, such as x: 'D'",
}


@pytest.mark.parametrize("step", REFUSED, ids=lambda step: step.__name__)
def test_a_wrong_signature_is_refused_in_one_line(step: object) -> None:
    with pytest.raises(CellError) as caught:
        segue.cell(step)
    assert str(caught.value) == REFUSED[step]


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(CellError, match="cell: 3 is no function; decorate the function of one"):
        segue.cell(3)


def test_a_cell_is_no_cell_again() -> None:
    with pytest.raises(CellError):
        segue.cell(example)
    assert isinstance(example, Cell)
