"""`lengths` in every form that people have them in: integers or a mask, tensor, array or list."""

from typing import Any

import numpy as np
import pytest
import torch
from test_composition import EVERY, B, D, T, assert_same, built, draw

import segue
from segue.errors import ScanError

NUMBERS = [7, 0, 4]
MASK = [[t < n for n in NUMBERS] for t in range(T)]
FORMS: dict[str, Any] = {
    "list": NUMBERS,
    "tuple": tuple(NUMBERS),
    "int32 array": np.array(NUMBERS, np.int32),
    "strided array": np.array(NUMBERS[::-1])[::-1],
    "uint16 array": np.array(NUMBERS, np.uint16),
    "mask": torch.tensor(MASK),
    "mask array": np.array(MASK),
    "mask list": MASK,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_scan_takes_lengths_as(form: str) -> None:
    xs = draw(T, B, D)
    cell = segue.cells.rnn()
    sizes = {"D": D, "H": 3}
    params = {each.name: draw(*each.shape(sizes)) for each in cell.params}
    wanted = segue.scan(cell, params, xs, lengths=torch.tensor(NUMBERS))
    assert_same(segue.scan(cell, params, xs, lengths=FORMS[form]), wanted)


@pytest.mark.parametrize("form", ["list", "strided array", "mask", "mask list"])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_every_layer_takes_lengths_as(name: str, batch_first: bool, form: str) -> None:
    layer = built(EVERY[name], batch_first)
    x, given = draw(T, B, D), FORMS[form]
    reset = torch.rand(T, B, generator=torch.Generator().manual_seed(3)) < 0.3
    if batch_first:
        x, reset = x.transpose(0, 1), reset.T
        given = given.T if form == "mask" else given
        given = [list(row) for row in zip(*given, strict=True)] if form == "mask list" else given
    wanted = layer(x, None, torch.tensor(NUMBERS), reset)
    assert_same(layer(x, None, given, reset), wanted)


def test_a_square_mask_is_read_as_the_layer_is() -> None:
    mask = torch.tensor([[True, True, True], [True, False, True], [False, False, True]])
    ahead, turned = (built(EVERY["GRU"], first) for first in (False, True))
    x = draw(3, 3, D)
    assert_same(ahead(x, None, mask), ahead(x, None, torch.tensor([2, 1, 3])))
    with pytest.raises(ScanError, match="the mask of row 1 is False at step 1 and True at step 2"):
        turned(x, None, mask)


@pytest.mark.parametrize("form", [4, np.array(4), torch.tensor(4), [True] * 4 + [False] * 3])
@pytest.mark.parametrize("batch_first", [False, True])
def test_one_sequence(form: Any, batch_first: bool) -> None:
    layer = built(EVERY["LSTM both"], batch_first)
    x = draw(T, D)
    y, state = layer(x, None, form)
    alone, wanted = layer(x[:4])
    assert_same((y[:4], state), (alone, wanted))
    assert not y[4:].any()


def test_no_rows_have_no_lengths() -> None:
    layer = built(EVERY["recurrent"])
    y, _ = layer(draw(T, 0, D), None, [])
    assert y.shape == (T, 0, 3)
    y, _ = layer(draw(0, B, D), None, np.zeros((0, B), bool))
    assert y.shape == (0, B, 3)


WRONG: dict[str, tuple[Any, str]] = {
    "a hole": ([[True, True, True], [False, True, True], [True, True, True], *MASK[3:]], "row 0"),
    "padding in front": (np.array(MASK)[::-1], "row 2 is False at step 2 and True at step 3"),
    "batch first": (np.array(MASK).T, r"mask \[3, 7\]; it must be \[7, 3\]"),
    "too few steps": (torch.tensor(MASK)[1:], r"mask \[6, 3\]; it must be \[7, 3\]"),
    "numbers for a mask": (torch.tensor(MASK).long(), r"shape \[7, 3\]; it must be \[3\]"),
    "bool of each row": ([True, False, True], "must hold integers"),
    "too long": ([7, 8, 1], r"lengths\[1\] is 8"),
    "too many": ([7, 7], r"shape \[2\]; it must be \[3\]"),
    "fractions": ([1.0, 2.0, 3.0], "must hold integers"),
    "ragged": ([[1], [2, 3], [4]], "makes no tensor"),
    "words": (["7", "0", "4"], "makes no tensor"),
    "objects": (np.array([7, None, 4]), "makes no tensor"),
    "text": ("704", "is a str"),
    "a set": ({7, 0, 4}, "is a set"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("layer", ["recurrent", "LSTM", "stack", "residual"])
def test_one_line_says_what_is_wrong(layer: str, name: str) -> None:
    given, said = WRONG[name]
    with pytest.raises(ScanError, match=said) as error:
        built(EVERY[layer])(draw(T, B, D), None, given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("layer", ["recurrent", "LSTM", "stack", "residual", "bidirectional"])
def test_a_packed_sequence_has_its_own(layer: str) -> None:
    packed = torch.nn.utils.rnn.pack_padded_sequence(draw(T, B, D), [7, 3, 1])
    with pytest.raises(ScanError, match="a packed sequence brings its own lengths"):
        built(EVERY[layer])(packed, None, MASK)


def test_a_compiled_layer_takes_a_mask_and_refuses_a_wrong_one() -> None:
    layer = built(EVERY["recurrent"])
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    x, mask = draw(T, B, D), torch.tensor(MASK)
    assert_same(compiled(x, None, mask), layer(x, None, mask))
    with pytest.raises(RuntimeError, match="True for a row's real steps, which come first"):
        compiled(x, None, mask.flip(0))
