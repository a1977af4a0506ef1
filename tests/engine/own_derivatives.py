"""Steps that bring a derivative of their own, in every way that torch offers, and what is wrong
with some of them."""

# ruff: noqa: F722, F821

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Step = Callable[..., Any]
HONOURED: list[Step] = []
REFUSED: dict[Step, str] = {}


def honoured(step: Step) -> Step:
    HONOURED.append(step)
    return step


def refused(text: str) -> Callable[[Step], Step]:
    def note(step: Step) -> Step:
        REFUSED[step] = text
        return step

    return note


class Spike(torch.autograd.Function):
    """A step up with the gradient of a steep sigmoid (Zenke & Ganguli 2018)."""

    @staticmethod
    def forward(ctx, v, steepness):
        ctx.save_for_backward(v)
        ctx.steepness = steepness
        return (v > 0).to(v.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (v,) = ctx.saved_tensors
        assert ctx.needs_input_grad == (True, False)
        return gradient / (1 + ctx.steepness * v.abs()) ** 2, None


class SpikeWithSetup(torch.autograd.Function):
    @staticmethod
    def forward(v, steepness):
        return (v > 0).to(v.dtype)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        (v,) = ctx.saved_tensors
        return gradient * torch.exp(-v * v), None


class TwoOutputs(torch.autograd.Function):
    """Two outputs, and a third that has no gradient."""

    @staticmethod
    def forward(ctx, a, b):
        product, count = a * b, (a > b).to(a.dtype)
        ctx.mark_non_differentiable(count)
        ctx.save_for_backward(a, product)
        return a + b, product, count

    @staticmethod
    def backward(ctx, of_sum, of_product, of_count):
        a, product = ctx.saved_tensors
        grad_a = of_sum + 0.5 * of_product * product if ctx.needs_input_grad[0] else None
        return grad_a, of_sum + 2 * of_product * a


class Reversed(torch.autograd.Function):
    """Nothing, but the gradient is turned round (Ganin & Lempitsky 2015)."""

    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, gradient):
        return -0.7 * gradient


class StraightThrough(Reversed):
    @staticmethod
    def forward(ctx, x):
        return (8 * x).round() / 8

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Clipped(Reversed):
    """An LSTM's gradient kept between two numbers (Graves 2013)."""

    @staticmethod
    def backward(ctx, gradient):
        return gradient.clamp(-0.3, 0.3)


@torch.library.custom_op("segue_tests::step_up", mutates_args=())
def step_up(v: Tensor) -> Tensor:
    return (v > 0).to(v.dtype)


@step_up.register_fake
def _(v: Tensor) -> Tensor:
    return torch.empty_like(v)


step_up.register_autograd(
    lambda ctx, gradient: gradient / (1 + ctx.saved_tensors[0].abs()),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
)


def surrogate(forward: Callable[..., Tensor], derivative: Callable[..., Tensor]) -> Step:
    """A wrapper as `jax.custom_vjp`."""

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, gradient):
            return gradient * derivative(*ctx.saved_tensors)

    return Wrapped.apply


triangle = surrogate(lambda v: (v > 0).to(v.dtype), lambda v: (1 - v.abs()).clamp(min=0))


@honoured
def spiking(x: "D", v: "H", *, w: "H D"):
    v = 0.9 * v + x @ w.T - 0.5
    spikes = Spike.apply(v, 3.0)
    return spikes, (v * (1 - spikes),)


@honoured
def setup_context(x: "D", v: "H", *, w: "H D"):
    v = 0.9 * v + x @ w.T - 0.5
    spikes = SpikeWithSetup.apply(v, 3.0)
    return spikes, (v * (1 - spikes),)


@honoured
def two_outputs(x: "D", h: "H", *, w: "H D"):
    total, product, count = TwoOutputs.apply(x @ w.T, h)
    h = (total + 0.3 * product).tanh() + 0.1 * count
    return h * product, (h,)


@honoured
def reversed_parameter(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (x @ Reversed.apply(w).T + h @ u.T / 3).tanh()
    return h, (h,)


@honoured
def reversed_state(x: "D", h: "H", *, w: "H D"):
    h = (x @ w.T + Reversed.apply(h)).tanh()
    return h, (h,)


@honoured
def quantised_weights(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = (x @ StraightThrough.apply(w).T + h @ StraightThrough.apply(u).T / 3).tanh()
    return h, (h,)


@honoured
def clipped(x: "D", h: "H", *, w: "H D", u: "H H"):
    h = Clipped.apply(x @ w.T + h @ u.T / 3).tanh()
    return h, (h,)


@honoured
def operator_of_a_library(x: "D", v: "H", *, w: "H D"):
    v = 0.9 * v + x @ w.T - 0.5
    spikes = step_up(v)
    return spikes, (v * (1 - spikes),)


@honoured
def wrapped(x: "D", v: "H", *, w: "H D"):
    v = 0.9 * v + x @ w.T - 0.5
    spikes = triangle(v)
    return spikes, (v * (1 - spikes),)


@honoured
def hook(x: "D", h: "H", *, w: "H D"):
    h = (x @ w.T + h).tanh()
    if h.requires_grad and not h.is_leaf:
        h.register_hook(lambda gradient: 0.3 * gradient.tanh())
    return h * h, (h,)


@honoured
def without_gradients(x: "D", h: "H", *, w: "H D", g: "H"):
    with torch.no_grad():
        scale = (h * h).mean(-1, keepdim=True).sqrt() + 1
        g = g.round()
    h = (x @ w.T + g * h / scale).tanh()
    return h, (h,)


@honoured
def detached(x: "D", h: "H", *, w: "H D"):
    h = (x @ w.T + h).tanh()
    return h + ((8 * h).round() / 8 - h).detach(), (h,)


@honoured
def with_tensors_of_its_own(x: "D", v: "H", *, w: "H D"):
    shift = torch.arange(v.shape[-1], dtype=v.dtype) * torch.tensor(0.1, dtype=v.dtype)
    v = 0.9 * v + x @ w.T - shift
    spikes = Spike.apply(v, 3.0)
    return spikes, (v * (1 - spikes),)


class DividedByItsNorm(Reversed):
    @staticmethod
    def backward(ctx, gradient):
        return gradient / (1 + gradient.norm())


class MeanOfRows(Reversed):
    @staticmethod
    def backward(ctx, gradient):
        return gradient / float(len(gradient))


class Undecided(Reversed):
    @staticmethod
    def backward(ctx, gradient):
        return gradient if gradient.sum() > 0 else -gradient


class Noisy(Reversed):
    @staticmethod
    def backward(ctx, gradient):
        return gradient + torch.rand_like(gradient)


@refused("in the derivative that DividedByItsNorm (line {}) brings, sum mixes rows of the batch")
def norm_of_all_rows(x: "D", h: "H", *, w: "H D"):
    h = DividedByItsNorm.apply(x @ w.T + h).tanh()  # here
    return h, (h,)


@refused("the derivative that MeanOfRows (line {}) brings computes with the number of rows of the")
def mean_of_rows(x: "D", h: "H", *, w: "H D"):
    h = MeanOfRows.apply(x @ w.T + h).tanh()  # here
    return h, (h,)


@refused(
    "the derivative that Clipped (line {}) brings computes clamp of a sum over the rows of the"
)
def clipped_after_the_sum(x: "D", h: "H", *, w: "H D"):
    h = (x @ Clipped.apply(w).T + h).tanh()  # here
    return h, (h,)


@refused(
    "the derivative that Undecided (line {}) brings has no trace without numbers"
    " (aten._local_scalar_dense.default asks for the value of a tensor; choose with torch.where)"
)
def undecided(x: "D", h: "H", *, w: "H D"):
    h = Undecided.apply(x @ w.T + h).tanh()  # here
    return h, (h,)


@refused("the derivative that Noisy (line {}) brings draws random numbers (aten.rand_like.default)")
def noisy(x: "D", h: "H", *, w: "H D"):
    h = Noisy.apply(x @ w.T + h).tanh()  # here
    return h, (h,)
