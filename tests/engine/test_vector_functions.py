"""Pointwise functions on vectors: a few units in the last place, and what is not finite."""

import pytest
import torch
from run_loop import run
from torch import Tensor

from segue.engine.cpu.kernel import Kernel
from segue.engine.plan.loop import MEANING, Course, Fn, Loop, Pointwise, Var

WIDTH = 37
ULPS = {Fn.EXP: 2, Fn.EXPM1: 4, Fn.TANH: 4, Fn.SIGMOID: 3, Fn.LOG: 2, Fn.LOG1P: 4}
COMPARISONS = {Fn.EQ, Fn.NE, Fn.LT, Fn.LE, Fn.GT, Fn.GE}
MASKS = {Fn.AND, Fn.OR, Fn.NOT, Fn.WHERE}
BINARY = {
    Fn.ADD,
    Fn.SUB,
    Fn.MUL,
    Fn.DIV,
    Fn.POW,
    Fn.ATAN2,
    Fn.FMOD,
    Fn.MAXIMUM,
    Fn.MINIMUM,
} | COMPARISONS
UNARY = set(Fn) - BINARY - MASKS


def apply(fn: Fn, *args: Tensor) -> Tensor:
    """What a kernel makes of numbers `[rows, WIDTH]`; masks come as 0 and 1."""
    dtype = args[0].dtype
    given = tuple(Var(f"x{i}", WIDTH) for i in range(len(args)))
    result = Var("y", WIDTH, mask=fn in COMPARISONS)
    nodes = [Pointwise(result, fn, given)]
    if result.mask:
        nodes.append(Pointwise(Var("z", WIDTH), Fn.WHERE, (result, 1.0, 0.0)))
    loop = Loop(fn.value, dtype, given, (), (), tuple(nodes), (nodes[-1].result,), ())
    rows = len(args[0])
    (out,), _ = run(Kernel.of(loop), [arg[None] for arg in args], [], [], Course(1, rows))
    return out


def numbers(dtype: torch.dtype) -> Tensor:
    """From small to large, both signs."""
    draw = torch.Generator().manual_seed(0)
    scale = 10.0 ** torch.linspace(-7, 2.2, 300, dtype=torch.float64)[:, None]
    return (torch.randn(300, WIDTH, generator=draw, dtype=torch.float64) * scale).to(dtype)


def ulps(found: Tensor, truth: Tensor) -> float:
    """The largest distance in units in the last place of the truth."""
    info = torch.finfo(found.dtype)
    inside = (truth.abs() >= info.tiny) & (truth.abs() <= info.max)
    _, exponent = torch.frexp(truth[inside])
    unit = info.eps * 2.0 ** (exponent - 1).double()
    return float(((found.double()[inside] - truth[inside]).abs() / unit).max())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("fn", sorted(UNARY, key=lambda fn: fn.value), ids=lambda fn: fn.value)
def test_one_argument(fn: Fn, dtype: torch.dtype) -> None:
    x = numbers(dtype)
    if fn in (Fn.LOG, Fn.SQRT, Fn.RSQRT):
        x = x.abs()
    if fn is Fn.LOG1P:
        x = torch.where(x > -1, x, -x)
    truth = MEANING[fn](x.double())
    found = apply(fn, x)
    assert ulps(found, truth) <= ULPS.get(fn, 2) + (0.5 if dtype == torch.float32 else 1)
    beyond = torch.isinf(truth.to(dtype))
    assert torch.equal(found[beyond].double(), truth[beyond].to(dtype).double())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("fn", sorted(BINARY, key=lambda fn: fn.value), ids=lambda fn: fn.value)
def test_two_arguments(fn: Fn, dtype: torch.dtype) -> None:
    x = numbers(dtype)
    y = x.flip(0, 1).clone()
    y[::7] = x[::7]  # some are equal
    if fn is Fn.POW:
        x, y = x.abs() + 0.1, y.clamp(-5, 5)
    found, truth = apply(fn, x, y), MEANING[fn](x.double(), y.double()).double()
    assert ulps(found, truth) <= 2.5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(
    "fn", sorted(UNARY | BINARY, key=lambda fn: fn.value), ids=lambda fn: fn.value
)
def test_what_is_not_finite_is_as_in_torch(fn: Fn, dtype: torch.dtype) -> None:
    nan, inf = torch.nan, torch.inf
    odd = torch.tensor([nan, inf, -inf, 0.0, -1.0, 1.0, 1000.0, -1000.0, 5.0], dtype=dtype)
    pairs = torch.cartesian_prod(odd, odd)
    x, y = (torch.zeros(3 * WIDTH, dtype=dtype) for _ in range(2))
    x[: len(pairs)], y[: len(pairs)] = pairs[:, 0], pairs[:, 1]
    args = [x.view(3, WIDTH), y.view(3, WIDTH)][: 2 if fn in BINARY else 1]
    found, truth = apply(fn, *args), MEANING[fn](*args).to(dtype)
    torch.testing.assert_close(found, truth, equal_nan=True)


def test_small_integer_powers() -> None:
    x, y = Var("x", WIDTH), Var("y", WIDTH)
    data = numbers(torch.float64) + 1e-3
    for exponent in (1.0, 2.0, 3.0, -1.0, -2.0, 0.5, -0.5, 0.0, 1.5):
        loop = Loop("power", torch.float64, (x,), (), (), (Pointwise(y, Fn.POW, (x, exponent)),),
                    (y,), ())  # fmt: skip
        (out,), _ = run(Kernel.of(loop), [data.abs()], [], [], Course(1, 300))
        torch.testing.assert_close(out, data.abs() ** exponent, rtol=1e-14, atol=0)
