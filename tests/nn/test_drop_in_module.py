"""The drop-ins as modules, and what they add: `lengths` and `reset`."""

import copy
from typing import Any

import pytest
import torch
from drop_in_cases import KINDS, distance
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence

import segue

T, B, D, H = 7, 4, 5, 6
LENGTHS = torch.tensor([3, 7, 1, 7])


def pair(kind: str, /, *, seed: int = 0, **args: Any) -> tuple[nn.Module, nn.Module]:
    """segue's module and torch's, built from the same seed."""
    made = []
    for library in (segue.nn, nn):
        torch.manual_seed(seed)
        made.append(getattr(library, kind)(D, H, **args))
    return made[0], made[1]


def flat(found: Any) -> list[Tensor]:
    return [found] if isinstance(found, Tensor) else [t for part in found for t in flat(part)]


def assert_close(found: Any, wanted: Any, tolerance: float = 1e-6) -> None:
    for a, b in zip(flat(found), flat(wanted), strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert distance(a, b) <= tolerance


@pytest.fixture
def x() -> Tensor:
    return torch.randn(T, B, D, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_torchs_recurrence_is_called(
    kind: str, x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("torch's own recurrence was called")

    for name in ("rnn_tanh", "rnn_relu", "lstm", "gru"):
        monkeypatch.setattr(torch._VF, name, refuse)
    ours, theirs = pair(kind)
    ours(x)
    with pytest.raises(AssertionError):
        theirs(x)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"num_layers": 2, "bidirectional": True, "bias": False},
    {"num_layers": 3, "dropout": 0.5, "batch_first": True},
]


@pytest.mark.parametrize("args", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_torch_module_in_all_but_the_computation(kind: str, args: dict[str, Any]) -> None:
    ours, theirs = pair(kind, **args)
    assert isinstance(ours, getattr(nn, kind))
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [len(group) for group in ours.all_weights] == [len(g) for g in theirs.all_weights]
    other, _ = pair(kind, seed=1, **args)
    theirs.load_state_dict(other.state_dict(), strict=True)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    for a, b in zip(ours.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_dropout_draws_what_torch_draws(kind: str, packed: bool, x: Tensor) -> None:
    args = {"num_layers": 3, "dropout": 0.4, "bidirectional": True, "batch_first": True}
    fed = x.transpose(0, 1)
    if packed:
        fed = pack_padded_sequence(fed, LENGTHS, batch_first=True, enforce_sorted=False)
    found, after = [], []
    for module in pair(kind, **args):
        torch.manual_seed(5)
        found.append(module(fed)[0])
        after.append(torch.get_rng_state())
    ours, theirs = (out.data if packed else out for out in found)
    assert_close(ours, theirs)
    assert torch.equal(*after), "as many random numbers are used"
    assert not torch.allclose(pair(kind, **args)[0](fed)[0].data, ours.data), "masks are random"


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_moves_to_another_dtype(kind: str, dtype: torch.dtype, x: Tensor) -> None:
    ours, theirs = pair(kind, num_layers=2)
    tolerance = 1e-12 if dtype == torch.float64 else 8 * torch.finfo(dtype).eps
    assert_close(ours.to(dtype)(x.to(dtype)), theirs.to(dtype)(x.to(dtype)), tolerance)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", KINDS)
def test_runs_under_autocast(kind: str, dtype: torch.dtype, x: Tensor) -> None:
    """The products are lowered, the state is not: it stays in the weights' dtype."""
    ours, theirs = pair(kind, num_layers=2)
    wanted = theirs(x)
    with torch.autocast("cpu", torch.bfloat16):
        found = ours(x.to(dtype))
        again = ours(x.to(dtype), found[1])
    for a, b in zip(flat(found), flat(wanted), strict=True):
        assert distance(a.float(), b) < 0.05
    for s in flat((found[1], again[1])):
        assert s.dtype == torch.float32
    sum(s.sum() for s in flat(found)).backward()
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in ours.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_copies_stand_alone(kind: str, x: Tensor) -> None:
    ours, _ = pair(kind)
    before = ours(x)
    twin = copy.deepcopy(ours)
    ours.flatten_parameters()
    with torch.no_grad():
        ours.weight_hh_l0.zero_()
    assert_close(twin(x), before, 0.0)
    assert not torch.equal(ours(x)[0], before[0])


@pytest.mark.parametrize("kind", KINDS)
def test_functional_call_and_frozen_parameters(kind: str, x: Tensor) -> None:
    ours, theirs = pair(kind, bidirectional=True)
    other, _ = pair(kind, seed=1, bidirectional=True)
    ours(x)
    params = {name: p.detach().clone() for name, p in other.named_parameters()}
    for name in ("weight_ih_l0", "bias_hh_l0_reverse"):
        params[name].requires_grad_()
    found = torch.func.functional_call(ours, params, (x,))
    assert_close(found, torch.func.functional_call(theirs, params, (x,)))
    found[0].sum().backward()
    assert all((p.grad is not None) == p.requires_grad for p in params.values())
    assert all(p.grad is None for p in ours.parameters())
    assert_close(ours(x), theirs(x))
    ours.weight_hh_l0.requires_grad_(False)
    ours(x)[0].sum().backward()
    assert [n for n, p in ours.named_parameters() if p.grad is None] == ["weight_hh_l0"]


@pytest.mark.parametrize("kind", KINDS)
def test_parametrized_weights(kind: str, x: Tensor) -> None:
    found = []
    for module in pair(kind):
        weight_norm(module, "weight_hh_l0")
        with torch.no_grad():
            module.parametrizations.weight_hh_l0.original0.mul_(1.5)
        y, state = module(x)
        loss = sum(t.sum() for t in flat((y, state)))
        found.append((y, torch.autograd.grad(loss, list(module.parameters()))))
    assert_close(*found)


@pytest.mark.parametrize("kind", KINDS)
def test_a_replaced_parameter_is_used(kind: str, x: Tensor) -> None:
    ours, theirs = pair(kind)
    for module in (ours, theirs):
        module.weight_ih_l0 = nn.Parameter(module.weight_ih_l0.detach() * 2)
    assert_close(ours(x), theirs(x))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_lengths_are_packing(kind: str, bidirectional: bool, x: Tensor) -> None:
    ours, theirs = pair(kind, num_layers=2, bidirectional=bidirectional)
    packed, wanted = theirs(pack_padded_sequence(x, LENGTHS, enforce_sorted=False))
    y, state = ours(x, lengths=LENGTHS)
    assert_close((y, state), (pad_packed_sequence(packed)[0], wanted))


@pytest.mark.parametrize("kind", KINDS)
def test_packed_rows_may_reset(kind: str, x: Tensor) -> None:
    ours, _ = pair(kind, num_layers=2, bidirectional=True, batch_first=True)
    rows = x.transpose(0, 1)
    reset = torch.rand(B, T, generator=torch.Generator().manual_seed(2)) < 0.4
    packed = pack_padded_sequence(rows, LENGTHS, batch_first=True, enforce_sorted=False)
    y, state = ours(packed, None, None, reset)
    wanted, state_wanted = ours(rows, None, LENGTHS, reset)
    assert_close(pad_packed_sequence(y, batch_first=True)[0], wanted)
    assert_close(state, state_wanted)
    with pytest.raises(ValueError, match="leave lengths out"):
        ours(packed, lengths=LENGTHS)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_one_sequence_may_reset(kind: str, batch_first: bool, x: Tensor) -> None:
    ours, _ = pair(kind, bidirectional=True, batch_first=batch_first)
    reset = torch.zeros(T, dtype=torch.bool)
    reset[4] = True
    y, _ = ours(x[:, 0], None, torch.tensor(6), reset)
    assert_close(y[:4], ours(x[:4, 0])[0])
    assert_close(y[4:6], ours(x[4:6, 0])[0])
    assert not y[6:].any()


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows(kind: str, x: Tensor) -> None:
    ours, theirs = pair(kind, num_layers=2, bidirectional=True)
    assert_close(ours(x[:, :0]), theirs(x[:, :0]))


@pytest.mark.parametrize("kind", KINDS)
def test_sequences_packed_whole(kind: str, x: Tensor) -> None:
    ours, theirs = pair(kind)
    packed = pack_sequence([x[:n, i] for i, n in enumerate((7, 7, 2, 1))])
    assert packed.sorted_indices is None
    found, wanted = ours(packed), theirs(packed)
    assert_close((found[0].data, found[1]), (wanted[0].data, wanted[1]))


@pytest.mark.parametrize("kind", KINDS)
def test_as_near_to_the_exact_result_as_torch(kind: str) -> None:
    """At sizes where float32 sums of hundreds of terms differ by more than 1e-6 for anyone."""
    steps, rows, size = 50, 16, 48
    torch.manual_seed(0)
    ours = getattr(segue.nn, kind)(size, size)
    theirs, exact = getattr(nn, kind)(size, size), getattr(nn, kind)(size, size).double()
    theirs.load_state_dict(ours.state_dict())
    exact.load_state_dict(ours.state_dict())
    x, cotangent = torch.randn(2, steps, rows, size).unbind()
    found = []
    for module in (ours, theirs, exact):
        fed = x.to(module.weight_ih_l0.dtype).requires_grad_()
        y, _ = module(fed)
        leaves = [fed, *module.parameters()]
        found.append([y, *torch.autograd.grad(y, leaves, cotangent.to(fed.dtype))])
    for a, b, true in zip(*found, strict=True):
        error, error_of_torch = ((t.double() - true).norm() / true.norm() for t in (a, b))
        assert error <= 1.5 * error_of_torch
