"""What `scan` means, on cells small enough to reckon by hand; what it says of wrong arguments."""

# ruff: noqa: F722, F821

from typing import Any

import pytest
import torch
from torch import Tensor

import segue
from segue import cells
from segue.engine.run.problem import pose
from segue.engine.run.reference import Reference
from segue.errors import ScanError


@segue.cell
def total(x: "", s: ""):
    """The sum of all inputs."""
    return s + x, (s + x,)


@segue.cell
def delay(x: "D", before: "D"):
    """The input of the step before."""
    return before, (x,)


COUNT = torch.tensor([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]])  # [T=4, B=2]
TRUE, FALSE = True, False


def test_a_scan_goes_step_by_step() -> None:
    ys, state = segue.scan(total, {}, COUNT, (torch.tensor([100.0, 0.0]),))
    assert ys.T.tolist() == [[101, 103, 106, 110], [10, 30, 60, 100]]
    assert state.s.tolist() == [110, 100]
    assert isinstance(state, total.State)


def test_the_state_is_zero_when_none_is_given() -> None:
    ys, state = segue.scan(total, {}, COUNT)
    assert ys.T.tolist() == [[1, 3, 6, 10], [10, 30, 60, 100]]
    assert state.s.tolist() == [10, 100]


def test_reverse_runs_from_the_last_step() -> None:
    ys, state = segue.scan(total, {}, COUNT, reverse=True)
    assert ys.T.tolist() == [[10, 9, 7, 4], [100, 90, 70, 40]]
    assert state.s.tolist() == [10, 100]


def test_outputs_beyond_a_length_are_zero_and_the_state_waits() -> None:
    lengths = torch.tensor([1, 3])
    ys, state = segue.scan(total, {}, COUNT, (torch.tensor([100.0, 0.0]),), lengths=lengths)
    assert ys.T.tolist() == [[101, 0, 0, 0], [10, 30, 60, 0]]
    assert state.s.tolist() == [101, 60]


def test_a_row_of_length_zero_keeps_its_state() -> None:
    lengths = torch.tensor([0, 4])
    for reverse in (False, True):
        ys, state = segue.scan(
            total, {}, COUNT, (torch.tensor([7.0, 0.0]),), lengths=lengths, reverse=reverse
        )
        assert ys[:, 0].tolist() == [0, 0, 0, 0]
        assert state.s.tolist() == [7, 100]


def test_in_reverse_a_row_begins_at_its_last_real_step() -> None:
    start = (torch.tensor([100.0, 0.0]),)
    ys, state = segue.scan(total, {}, COUNT, start, lengths=torch.tensor([2, 3]), reverse=True)
    assert ys.T.tolist() == [[103, 102, 0, 0], [60, 50, 30, 0]]
    assert state.s.tolist() == [103, 60]


def test_a_reset_forgets_before_the_step() -> None:
    reset = torch.tensor([[FALSE, TRUE], [FALSE, FALSE], [TRUE, FALSE], [FALSE, TRUE]])
    start = (torch.tensor([100.0, 1000.0]),)
    ys, state = segue.scan(total, {}, COUNT, start, reset=reset)
    assert ys.T.tolist() == [[101, 103, 3, 7], [10, 30, 60, 40]]
    assert state.s.tolist() == [7, 40]
    ys, state = segue.scan(total, {}, COUNT, start, reset=reset, reverse=True)
    assert ys.T.tolist() == [[6, 5, 3, 104], [10, 90, 70, 40]]
    assert state.s.tolist() == [6, 10]


def test_a_reset_in_the_padding_is_nothing() -> None:
    reset = torch.tensor([[FALSE, FALSE]] * 2 + [[TRUE, TRUE]] * 2)
    lengths = torch.tensor([2, 4])
    ys, state = segue.scan(total, {}, COUNT, lengths=lengths, reset=reset)
    assert ys.T.tolist() == [[1, 3, 0, 0], [10, 30, 30, 40]]
    assert state.s.tolist() == [3, 40]
    ys, state = segue.scan(
        total, {}, COUNT, (torch.tensor([5.0, 5.0]),), lengths=lengths, reset=reset, reverse=True
    )
    assert ys.T.tolist() == [[8, 7, 0, 0], [60, 50, 30, 40]]


def test_lengths_of_any_integer_type_in_any_order() -> None:
    for dtype in (torch.int64, torch.int32, torch.uint8):
        lengths = torch.tensor([1, 3], dtype=dtype)
        ys, _ = segue.scan(total, {}, COUNT, lengths=lengths)
        assert ys.T.tolist() == [[1, 0, 0, 0], [10, 30, 60, 0]]


@pytest.mark.parametrize("reverse", [False, True])
def test_no_steps_leave_the_state_alone(reverse: bool) -> None:
    start = (torch.tensor([[1.0, 2.0]]),)
    ys, state = segue.scan(delay, {}, torch.zeros(0, 1, 2), start, reverse=reverse)
    assert ys.shape == (0, 1, 2)
    assert state.before.tolist() == [[1, 2]]


def test_no_rows_are_legal_where_the_step_could_not_run() -> None:
    @segue.cell
    def halves(x: "D", h: "D"):
        h = (h + x).view(len(h), 2, -1).softmax(-1).reshape(x.shape)
        return h[:, :3], (h,)

    ys, state = segue.scan(halves, {}, torch.zeros(5, 0, 4))
    assert ys.shape == (5, 0, 3)
    assert state.h.shape == (0, 4)
    ys, state = segue.scan(halves, {}, torch.ones(5, 2, 4), lengths=torch.tensor([0, 0]))
    assert ys.shape == (5, 2, 3)
    assert not ys.any()
    assert not state.h.any()


def test_padding_may_hold_anything_and_gets_no_gradient() -> None:
    """A step that fails on zeros too: what it makes of padding may not be computed at all."""

    @segue.cell
    def unit(x: "D", h: "D", *, w: "D"):
        h = h + w * x / x.norm(dim=-1, keepdim=True)
        return h.log(), (h,)

    xs = torch.rand(4, 2, 3) + 0.5
    for filler in (torch.nan, torch.inf, 0.0):
        xs[2:, 0] = filler
        leaf = xs.clone().requires_grad_()
        w = torch.ones(3, requires_grad=True)
        ys, state = segue.scan(unit, {"w": w}, leaf, lengths=torch.tensor([2, 4]))
        (ys.sum() + state.h.sum()).backward()
        assert leaf.grad is not None
        assert w.grad is not None
        assert leaf.grad.isfinite().all()
        assert not leaf.grad[2:, 0].any()
        assert w.grad.isfinite().all()
        assert not ys[2:, 0].any()


def test_a_cell_without_state_or_parameters_is_a_map() -> None:
    @segue.cell
    def square(x: "D"):
        return x * x, ()

    ys, state = segue.scan(square, {}, torch.full((2, 1, 3), 3.0))
    assert ys.tolist() == [[[9, 9, 9]]] * 2
    assert state == ()


def test_outputs_may_be_of_another_type() -> None:
    @segue.cell
    def signs(x: "D", h: "D"):
        return x > h, (x,)

    ys, _ = segue.scan(signs, {}, torch.ones(3, 2, 4), lengths=torch.tensor([3, 1]))
    assert ys.dtype == torch.bool
    assert not ys[1:, 1].any()
    assert segue.scan(signs, {}, torch.ones(0, 2, 4))[0].dtype == torch.bool


def test_complex_numbers_are_numbers() -> None:
    xs = torch.randn(5, 2, 3, dtype=torch.complex128)
    params = {
        "weight_ih": torch.randn(4, 3, dtype=torch.complex128),
        "weight_hh": torch.randn(4, 4, dtype=torch.complex128) / 4,
        "bias": torch.randn(4, dtype=torch.complex128),
    }
    ys, state = segue.scan(cells.rnn(), params, xs)
    torch.testing.assert_close(ys[-1], state.h)


def lstm_arguments(dtype: torch.dtype = torch.float32) -> tuple[dict[str, Tensor], Tensor]:
    sizes = {"D": 3, "H": 5}
    draw = torch.Generator().manual_seed(0)
    params = {
        field.name: torch.randn(field.shape(sizes), generator=draw).to(dtype).requires_grad_()
        for field in cells.lstm.params
    }
    return params, torch.randn(6, 2, 3, generator=draw).to(dtype)


def test_under_autocast_results_keep_the_parameters_type() -> None:
    params, xs = lstm_arguments()
    exact, _ = segue.scan(cells.lstm, params, xs)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ys, state = segue.scan(cells.lstm, params, xs.bfloat16())
    assert ys.dtype == state.h.dtype == state.c.dtype == torch.float32
    torch.testing.assert_close(ys, exact, rtol=0.05, atol=0.05)
    assert not torch.equal(ys, exact), "products were computed in bfloat16"
    ys.sum().backward()
    assert all(param.grad is not None for param in params.values())


def test_transforms_go_through_a_scan() -> None:
    params, xs = lstm_arguments(torch.float64)

    def loss(params: dict[str, Tensor], xs: Tensor) -> Tensor:
        return segue.scan(cells.lstm, params, xs, lengths=torch.tensor([6, 4]))[0].square().sum()

    gradients = torch.func.grad(loss)(params, xs)
    wanted = torch.autograd.grad(loss(params, xs), list(params.values()))
    torch.testing.assert_close(tuple(gradients.values()), wanted)
    many = torch.vmap(loss, in_dims=(None, 0))(params, torch.stack([xs, 2 * xs]))
    torch.testing.assert_close(many, torch.stack([loss(params, xs), loss(params, 2 * xs)]))


def test_a_scan_is_a_step_of_another() -> None:
    @segue.cell
    def inner(x: "", s: ""):
        return s + x, (s + x,)

    @segue.cell
    def outer(x: "D", s: ""):
        ys, _ = segue.scan(inner, {}, x.T)
        return ys.T, (s + ys[-1],)

    xs = torch.ones(3, 2, 4)
    ys, state = segue.scan(outer, {}, xs)
    assert ys[0, 0].tolist() == [1, 2, 3, 4]
    assert state.s.tolist() == [12, 12]


def test_steps_without_lengths_or_resets_run_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    params, xs = lstm_arguments()
    pose(cells.lstm, params, xs, None, None, None, False)  # tracing, once, may use what follows
    for name in ("where", "cat"):
        monkeypatch.setattr(torch, name, None)
    monkeypatch.setattr(Tensor, "masked_fill", None)
    problem = pose(cells.lstm, params, xs, None, torch.tensor([6, 6]), None, False)
    assert problem.lengths is None
    Reference().run(problem)


GOOD: dict[str, Any] = {
    "params": {
        "weight_ih": torch.zeros(20, 3),
        "weight_hh": torch.zeros(20, 5),
        "bias": torch.zeros(20),
    },
    "xs": torch.zeros(4, 2, 3),
    "state": (torch.zeros(2, 5), torch.zeros(2, 5)),
    "lengths": torch.tensor([4, 2]),
    "reset": torch.zeros(4, 2, dtype=torch.bool),
}


def params(**changed: Any) -> dict[str, Any]:
    return {"params": {**GOOD["params"], **changed}}


def without(name: str) -> dict[str, Any]:
    return {"params": {key: value for key, value in GOOD["params"].items() if key != name}}


WRONG: dict[str, dict[str, Any]] = {
    "params is a Tensor; pass tensors by name: scan(cell, params, xs)": {
        "params": GOOD["xs"],
        "xs": GOOD["params"],
    },
    "parameter bias is missing; pass params['bias']": without("bias"),
    "gain is no parameter of the cell, whose parameters are weight_ih, weight_hh, bias; leave it"
    " out, or declare it after the * of the step": params(gain=torch.zeros(5)),
    "bias is a list; pass a tensor (torch.as_tensor)": params(bias=[0.0] * 20),
    "bias has shape [1, 20]; it must be [4H]": params(bias=torch.zeros(1, 20)),
    "weight_ih has shape [20, 4]; it must be [4H, D], where D = 3 by xs": params(
        weight_ih=torch.zeros(20, 4)
    ),
    "weight_ih has shape [18, 3]; it must be [4H, D]": params(weight_ih=torch.zeros(18, 3)),
    "weight_hh has shape [20, 6]; it must be [4H, H], where H = 5 by weight_ih": params(
        weight_hh=torch.zeros(20, 6)
    ),
    "bias is float64 and xs float32; give both one type with .to()": params(
        bias=torch.zeros(20, dtype=torch.float64)
    ),
    "bias is on meta and xs on cpu; move them to one device": params(
        bias=torch.zeros(20, device="meta")
    ),
    "xs is a ndarray; pass a tensor (torch.as_tensor)": {"xs": torch.zeros(4, 2, 3).numpy()},
    "xs has shape [3]; it must be [T, B, D]: time, batch, features": {"xs": torch.zeros(3)},
    "xs has shape [2, 3]; it must be [T, B, D]": {"xs": torch.zeros(2, 3)},
    "xs is int64 and the parameters are float32; convert it with .to(torch.float32)": {
        "xs": torch.zeros(4, 2, 3, dtype=torch.int64)
    },
    "the state is a Tensor; pass a tuple with h, c, such as (h, c,)": {"state": torch.zeros(2, 5)},
    "the state has 1 of the cell's 2 fields; pass a tuple with h, c": {
        "state": (torch.zeros(2, 5),)
    },
    "state c is a NoneType; pass a tensor (torch.as_tensor)": {"state": (torch.zeros(2, 5), None)},
    "state c has shape [2, 4]; it must be [B, H], where H = 5 by weight_ih": {
        "state": (torch.zeros(2, 5), torch.zeros(2, 4))
    },
    "state h has 3 rows and xs 2; a state belongs to the rows of one batch": {
        "state": (torch.zeros(3, 5), torch.zeros(2, 5))
    },
    "state h is float64 and xs float32; give both one type with .to()": {
        "state": (torch.zeros(2, 5, dtype=torch.float64), torch.zeros(2, 5))
    },
    "lengths has shape [3]; it must be [2], one for each row": {"lengths": torch.tensor([4, 2, 1])},
    "lengths is float32; it must hold integers": {"lengths": torch.tensor([4.0, 2.0])},
    "lengths[1] is 5; xs has 4 steps, so it must be in 0..4": {"lengths": torch.tensor([4, 5])},
    "lengths[0] is -1; xs has 4 steps, so it must be in 0..4": {"lengths": torch.tensor([-1, 5])},
    "reset has shape [2, 4]; it must be [4, 2], one for each step and row": {
        "reset": torch.zeros(2, 4, dtype=torch.bool)
    },
    "reset is int64; it must be bool": {"reset": torch.zeros(4, 2, dtype=torch.int64)},
    "reset is on meta and xs on cpu; move them together": {
        "reset": torch.zeros(4, 2, dtype=torch.bool, device="meta")
    },
}


def test_good_arguments_are_good() -> None:
    segue.scan(cells.lstm, **GOOD)


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_argument_is_named_in_one_line(text: str) -> None:
    with pytest.raises(ScanError) as caught:
        segue.scan(cells.lstm, **{**GOOD, **WRONG[text]})
    assert str(caught.value) == f"scan of lstm: {text}"


def test_a_cell_of_numbers_only_says_what_its_numbers_must_be() -> None:
    @segue.cell
    def fixed(x: "3", h: "2 H"):
        return x, (h,)

    with pytest.raises(ScanError, match=r"^scan of fixed: xs has shape \[1, 1, 4\]; it must be"):
        segue.scan(fixed, {}, torch.zeros(1, 1, 4), (torch.zeros(1, 2, 5),))
    with pytest.raises(ScanError, match="the size H is known from no tensor; pass the state"):
        segue.scan(fixed, {}, torch.zeros(1, 1, 3))
    assert segue.scan(fixed, {}, torch.zeros(1, 1, 3), (torch.zeros(1, 2, 5),))[0].shape == (
        1,
        1,
        3,
    )


def test_whole_numbers_have_no_derivative() -> None:
    with pytest.raises(ScanError, match="the type is int64; a scan needs floating-point numbers"):
        segue.scan(total, {}, torch.zeros(2, 1, dtype=torch.int64))
