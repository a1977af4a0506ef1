"""Pooling over time: padding never reaches the result, whatever lies in it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from segue.cells import gru
from segue.errors import ScanError
from segue.nn import (
    AttentionPool,
    Bidirectional,
    LastState,
    MaxPool,
    MeanPool,
    Pools,
    Recurrent,
)

T, B, H = 7, 4, 5
LENGTHS = torch.tensor([7, 0, 4, 1])
POOLS: dict[str, Callable[[], nn.Module]] = {
    "last": LastState,
    "last of both directions": lambda: LastState(2),
    "mean": MeanPool,
    "max": MaxPool,
    "attention": lambda: AttentionPool(H, 3),
    "several": lambda: Pools([LastState(), MeanPool(), MaxPool(), AttentionPool(H, 3)]),
}


@pytest.fixture(params=POOLS)
def pool(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return POOLS[request.param]()


def padded(fill: float) -> Tensor:
    torch.manual_seed(1)
    y = torch.randn(T, B, H)
    for row, length in enumerate(LENGTHS):
        y[length:, row] = fill
    return y


@pytest.mark.parametrize("fill", [float("nan"), float("inf"), 1e30])
def test_what_lies_in_padding_is_never_read(pool: nn.Module, fill: float) -> None:
    clean, dirty = padded(0.0).requires_grad_(), padded(fill).requires_grad_()
    expected, found = pool(clean, LENGTHS), pool(dirty, LENGTHS)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    weight = torch.randn_like(found)
    for x, y in ((clean, expected), (dirty, found)):
        (y * weight).sum().backward()
        assert x.grad is not None
    assert dirty.grad is not None
    torch.testing.assert_close(dirty.grad, clean.grad, rtol=0, atol=0)
    for row, length in enumerate(LENGTHS):
        assert not dirty.grad[length:, row].any()


def test_a_row_is_pooled_as_if_it_were_alone(pool: nn.Module) -> None:
    y = padded(float("nan"))
    together = pool(y, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = pool(y[:length, row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone, rtol=1e-6, atol=1e-6)


def test_a_row_of_no_steps_gives_zeros(pool: nn.Module) -> None:
    assert not pool(padded(float("nan")), LENGTHS)[1].any()
    assert not pool(torch.ones(0, 2, H)).any()


def test_more_padding_changes_nothing(pool: nn.Module) -> None:
    y = padded(float("nan"))
    longer = torch.cat([y, torch.full((9, B, H), float("nan"))])
    torch.testing.assert_close(pool(longer, LENGTHS), pool(y, LENGTHS), rtol=1e-6, atol=1e-6)


def test_the_last_state_is_the_one_that_layers_return() -> None:
    torch.manual_seed(0)
    layer = Bidirectional(Recurrent(gru, H, 3), Recurrent(gru, H, 2, reverse=True))
    y, (ahead, back) = layer(padded(float("nan")), lengths=LENGTHS)
    expected = torch.cat([ahead.h, back.h], 1)
    expected[LENGTHS == 0] = 0
    torch.testing.assert_close(LastState(2)(y, LENGTHS), expected, rtol=0, atol=0)


def test_attention_weighs_real_steps_alone() -> None:
    weights = AttentionPool(H, 3).weights(padded(float("nan")), LENGTHS)
    assert weights.shape == (T, B)
    torch.testing.assert_close(weights.sum(0), (LENGTHS > 0).float())
    assert (weights >= 0).all()
    assert not weights[4:, 2].any()


@pytest.mark.parametrize(
    ("shape", "lengths"), [((3, H), [3]), ((3, 2, H), [3]), ((3, 2, H), [4, 1]), ((3, 1, H), [-1])]
)
def test_what_does_not_fit_is_refused(
    pool: nn.Module, shape: tuple[int, ...], lengths: list[int]
) -> None:
    with pytest.raises(ScanError, match="pooling"):
        pool(torch.zeros(shape), torch.tensor(lengths))


def test_no_pools_are_refused() -> None:
    with pytest.raises(ScanError, match="at least one"):
        Pools([])
