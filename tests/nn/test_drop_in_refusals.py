"""What torch's modules refuse, the drop-ins refuse, with an error of the same type."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from drop_in_cases import KINDS
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence

import segue

ARGUMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "no size": ((), {}),
    "hidden size 0": ((3, 0), {}),
    "input size 0": ((0, 3), {}),
    "float size": ((3, 2.0), {}),
    "no layers": ((3, 4, 0), {}),
    "dropout 2": ((3, 4), {"dropout": 2.0}),
    "dropout True": ((3, 4), {"dropout": True}),
    "bias 1": ((3, 4), {"bias": 1}),
    "batch_first 1": ((3, 4), {"batch_first": 1}),
    "proj_size 4 of 4": ((3, 4), {"proj_size": 4}),
    "proj_size -1": ((3, 4), {"proj_size": -1}),
    "nonlinearity": ((3, 4), {"nonlinearity": "sigmoid"}),
    "unknown": ((3, 4), {"unknown": 1}),
}


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_arguments(kind: str, name: str) -> None:
    args, named = ARGUMENTS[name]
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - the type is what is asked
        getattr(nn, kind)(*args, **named)
    with pytest.raises(theirs.type):
        getattr(segue.nn, kind)(*args, **named)


def hx(module: nn.Module, *shape: int, dtype: torch.dtype = torch.float32) -> Any:
    state = torch.zeros(shape, dtype=dtype)
    return (state, state) if isinstance(module, nn.LSTM) else state


def packed(width: int = 3, dtype: torch.dtype = torch.float32) -> PackedSequence:
    x = torch.zeros(5, 2, width, dtype=dtype)
    return pack_padded_sequence(x, torch.tensor([3, 5]), enforce_sorted=False)


X = torch.zeros(5, 2, 3)
INPUTS: dict[str, Callable[[nn.Module], Any]] = {
    "no steps": lambda m: m(X[:0]),
    "no steps, one sequence": lambda m: m(X[:0, 0]),
    "no steps, no rows": lambda m: m(X[:0, :0]),
    "1-D": lambda m: m(X[0, 0]),
    "4-D": lambda m: m(X[None]),
    "width": lambda m: m(X[..., :2]),
    "dtype": lambda m: m(X.double()),
    "integers": lambda m: m(X.long()),
    "no tensor": lambda m: m([[1.0, 2.0, 3.0]]),
    "device": lambda m: m(X.to("meta")),
    "hx dtype": lambda m: m(X, hx(m, 1, 2, 4, dtype=torch.float64)),
    "hx 2-D": lambda m: m(X, hx(m, 2, 4)),
    "hx 3-D for one sequence": lambda m: m(X[:, 0], hx(m, 1, 1, 4)),
    "hx rows": lambda m: m(X, hx(m, 1, 3, 4)),
    "hx layers": lambda m: m(X, hx(m, 2, 2, 4)),
    "hx width": lambda m: m(X, hx(m, 1, 2, 5)),
    "packed width": lambda m: m(packed(2)),
    "packed hx width": lambda m: m(packed(), hx(m, 1, 2, 5)),
    "packed hx rows": lambda m: m(packed(), hx(m, 1, 1, 4)),
    "packed hx layers": lambda m: m(packed(), hx(m, 2, 2, 4)),
    "packed hx dtype": lambda m: m(packed(), hx(m, 1, 2, 4, dtype=torch.float64)),
    "packed 3-D": lambda m: m(PackedSequence(torch.zeros(4, 2, 3), torch.tensor([2, 2]))),
    "packed nothing": lambda m: m(PackedSequence(X[0, :0], torch.zeros(0, dtype=torch.long))),
}


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_inputs(kind: str, name: str) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - the type is what is asked
        INPUTS[name](getattr(nn, kind)(3, 4))
    with pytest.raises(theirs.type):
        INPUTS[name](getattr(segue.nn, kind)(3, 4))


STATE = torch.zeros(1, 2, 4)


@pytest.mark.parametrize(
    ("kind", "state"), [("LSTM", STATE), ("LSTM", (STATE,) * 3), ("GRU", (STATE, STATE))]
)
def test_a_state_of_the_wrong_structure(kind: str, state: Any) -> None:
    """Torch stumbles over an attribute or an index; the drop-ins say what they expect."""
    with pytest.raises((AttributeError, IndexError, RuntimeError)):
        getattr(nn, kind)(3, 4)(X, state)
    with pytest.raises(RuntimeError, match="hx should be"):
        getattr(segue.nn, kind)(3, 4)(X, state)


@pytest.mark.parametrize("kind", KINDS)
def test_packed_input_of_another_dtype(kind: str) -> None:
    """As for padded input; torch's LSTM forgets to look when packed, and stumbles in a product."""
    with pytest.raises(RuntimeError if kind == "LSTM" else ValueError):
        getattr(nn, kind)(3, 4)(packed(3, torch.float64))
    with pytest.raises(ValueError, match="does not match weight dtype"):
        getattr(segue.nn, kind)(3, 4)(packed(3, torch.float64))


def test_packing_refuses_a_row_without_steps_and_lengths_take_it() -> None:
    with pytest.raises(RuntimeError):
        pack_padded_sequence(X, torch.tensor([5, 0]))
    with pytest.raises(RuntimeError):
        pack_sequence([X[:, 0], X[:0, 0]])
    y, h = segue.nn.GRU(3, 4)(X, lengths=torch.tensor([5, 0]))
    assert not y[:, 1].any()
    assert not h[:, 1].any()


def test_messages_are_one_line() -> None:
    module = segue.nn.GRU(3, 4)
    states: list[Tensor] = [torch.zeros(2, 4), torch.zeros(1, 2, 4).double()]
    for state in states:
        with pytest.raises(RuntimeError) as caught:
            module(X, state)
        assert "\n" not in str(caught.value)
