"""What `trace` refuses, and how it says so: in one line, with the place and a remedy."""

# ruff: noqa: F722, F821

import inspect

import pytest
import torch
from refused_steps import REFUSED, Step, rows_scrambled

import segue
from segue.engine.step.trace import trace
from segue.errors import CellError

SIZES = {"D": 3, "H": 5}


def refusal(step: Step, sizes: dict[str, int]) -> str:
    with pytest.raises(CellError) as caught:
        trace(segue.cell(step), sizes)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("step", REFUSED, ids=lambda step: step.__name__)
def test_a_step_is_refused_in_one_line_with_its_place(step: Step) -> None:
    text = refusal(step, SIZES)
    lines, first = inspect.getsourcelines(step)
    marked = [number for number, line in enumerate(lines, first) if "# here" in line]
    (line,) = marked or [first]  # the decorator's, for a refusal of the step as a whole
    begin = f"cell {step.__name__} (refused_steps.py:{line}): "
    assert text.startswith(begin + REFUSED[step])
    assert ";" in text.removeprefix(begin), "there is a remedy"


ABOUT_ROWS = [step for step, text in REFUSED.items() if "mixes" in text or "moves" in text]


@pytest.mark.parametrize("sizes", [{"D": 1, "H": 1}, {"D": 6, "H": 6}, {"D": 7, "H": 6}], ids=str)
@pytest.mark.parametrize("step", ABOUT_ROWS, ids=lambda step: step.__name__)
def test_rows_are_told_from_features_whatever_the_sizes(step: Step, sizes: dict[str, int]) -> None:
    if step is rows_scrambled and sizes["H"] == 1:
        trace(segue.cell(step), sizes)  # there is nothing to scramble
        return
    text = refusal(step, sizes)
    assert " mixes rows of the batch, " in text or " moves rows of the batch, " in text


@pytest.mark.parametrize("step", REFUSED, ids=lambda step: step.__name__)
def test_scan_refuses_before_anything_runs(step: Step) -> None:
    cell = segue.cell(step)
    params = {field.name: torch.ones(field.shape(SIZES)) for field in cell.params}
    for steps, rows in ((2, 4), (0, 4), (2, 0)):
        with pytest.raises(CellError):
            segue.scan(cell, params, torch.ones(steps, rows, 3), (torch.ones(rows, 5),))


def test_sizes_must_fit_the_signature() -> None:
    cell = segue.cells.rnn()
    where = "cell rnn (rnn.py:"
    cases = {
        "no size is given for H; the cell is rnn(": {"D": 3},
        "H = 0 is no size; give a number of at least 1": {"D": 3, "H": 0},
        "P is no size of this cell; it is rnn(": {"D": 3, "H": 5, "P": 2},
    }
    for text, sizes in cases.items():
        with pytest.raises(CellError) as caught:
            trace(cell, sizes)
        assert str(caught.value).startswith(where)
        assert text in str(caught.value)


def test_a_step_that_cannot_be_tried_is_refused() -> None:
    @segue.cell
    def lookup(x: "", h: "H", *, table: "1 H"):
        h = h + table[(x * 100).long()]
        return h, (h,)

    with pytest.raises(CellError, match="fails on random numbers, so that its rows cannot be"):
        trace(lookup, {"H": 5})
