"""Steps that `trace` refuses: each with what is said, and its line marked where one is named."""

# ruff: noqa: F722, F821

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

Step = Callable[..., Any]
REFUSED: dict[Step, str] = {}

MIXES = " mixes rows of the batch, of which each must be computed alone; work along dim=-1, and"
MOVES = " moves rows of the batch, so that a row comes out of another one; keep the batch first"
COUNTS = "the step computes with the number of rows of the batch, so that a row depends on how many"
ASKS = "the step asks for the value of a tensor (if, bool, float, .item()), so that its course"
PICKS = "the shape of what aten.{} returns depends on the data; choose with torch.where instead"
CHANGES = "the argument {0} is changed in place; compute a new tensor, such as {0} = {0} + ..."
OUTSIDE = "a tensor of shape {} comes from outside the step; declare it as a parameter after the *"
RANDOM = "draws random numbers, so that no two runs agree; pass noise in as part of the input, and"

LINEAR = nn.Linear(5, 5)
BUFFER = torch.ones(5)
LEARNED = torch.tensor(1.0, requires_grad=True)
COUNTER = torch.tensor(0.0)


def refused(text: str) -> Callable[[Step], Step]:
    def note(step: Step) -> Step:
        REFUSED[step] = text
        return step

    return note


@refused("mean" + MIXES)
def mean_over_rows(x: "D", h: "H"):
    h = h * 2
    h = h - h.mean(0)  # here
    return h, (h,)


@refused("softmax" + MIXES)
def softmax_over_rows(x: "D", h: "H"):
    h = h.softmax(0)  # here
    return h, (h,)


@refused("add" + MIXES)
def first_row_added(x: "D", h: "H"):
    first = h[:1]
    h = h + first  # here
    return h, (h,)


@refused("cumsum" + MIXES)
def running_sum_of_rows(x: "D", h: "H"):
    h = h.cumsum(0)  # here
    return h, (h,)


@refused("linalg_vector_norm" + MIXES)
def norm_of_everything(x: "D", h: "H"):
    h = h / h.norm()  # here
    return h, (h,)


@refused("max" + MIXES)
def condition_on_everything(x: "D", h: "H"):
    largest = h.max()  # here
    h = torch.where(largest > 0, h, -h)
    return h, (h,)


@refused("mm" + MIXES)
def product_over_rows(x: "D", h: "H"):
    h = h @ (h.T @ h)  # here
    return h, (h,)


@refused("bmm" + MIXES)
def attention_over_rows(x: "D", h: "H"):
    h = torch.einsum("bi,ci->bc", h, h) @ h  # here
    return h, (h,)


@refused("native_batch_norm" + MIXES)
def batch_norm(x: "D", h: "H"):
    h = F.batch_norm(h, None, None, training=True)  # here
    return h, (h,)


@refused("native_layer_norm" + MIXES)
def layer_norm_of_all(x: "D", h: "H"):
    h = F.layer_norm(h.T, (len(h),)).T  # here
    return h, (h,)


@refused("sort" + MIXES)
def sorted_rows(x: "D", h: "H"):
    h = h.sort(0).values  # here
    return h, (h,)


@refused("median" + MIXES)
def outside_the_table(x: "D", h: "H"):
    h = h - h.median(0).values  # here
    return h, (h,)


@refused("cumsum" + MIXES)
def numbered_rows(x: "D", h: "H"):
    number = h.new_ones(len(h), 1).cumsum(0)  # here
    return h + number, (h,)


@refused("flip" + MOVES)
def rows_flipped(x: "D", h: "H"):
    h = h.flip(0)  # here
    return h, (h,)


@refused("roll" + MOVES)
def rows_rolled(x: "D", h: "H"):
    h = h.roll(1, 0)  # here
    return h, (h,)


@refused("unsafe_view" + MOVES)
def rows_scrambled(x: "D", h: "H"):
    turned = h.T.reshape(h.shape)  # here
    return h, (turned,)


@refused("roll" + MOVES)
def output_moved(x: "D", h: "H"):
    y = h.roll(1, 0)  # here
    return y, (h,)


@refused("squeeze without a dimension takes the batch out too when it has one row; name the")
def squeezed(x: "D", h: "H"):
    y = h[:, :1].squeeze()  # here
    return y, (h,)


@refused(COUNTS)
def divided_by_the_rows(x: "D", h: "H"):
    h = h / len(h)  # here
    return h, (h,)


@refused(COUNTS)
def one_over_the_rows(x: "D", h: "H"):
    h = h * (1 / h.shape[0])  # here
    return h, (h,)


@refused(COUNTS)
def filled_with_the_rows(x: "D", h: "H"):
    h = h + h.new_full(h.shape, len(h))  # here
    return h, (h,)


@refused(COUNTS)
def one_row_more(x: "D", h: "H"):
    h = torch.cat([h, h[:1]])[:-1]  # here
    return h, (h,)


@refused(COUNTS)
def row_numbers(x: "D", h: "H"):
    h = h + torch.arange(len(h))[:, None]  # here
    return h, (h,)


@refused("the step does other operations when the batch has more rows; write them for all rows at")
def row_by_row(x: "D", h: "H"):
    h = torch.stack([r.tanh() for r in h])  # here
    return h, (h,)


@refused(ASKS)
def if_of_data(x: "D", h: "H"):
    if h.sum() > 0:  # here
        h = -h
    return h, (h,)


@refused(ASKS)
def while_of_data(x: "D", h: "H"):
    while not torch.allclose(h, -h):  # here
        h = h / 2
    return h, (h,)


@refused(ASKS)
def item_of_data(x: "D", h: "H"):
    h = h * h[0, 0].item()  # here
    return h, (h,)


@refused(ASKS)
def float_of_data(x: "D", h: "H"):
    h = h * float(x[0, 0])  # here
    return h, (h,)


@refused(ASKS)
def range_of_parameter(x: "D", h: "H", *, times: ""):
    for _ in range(int(times)):  # here
        h = h / 2
    return h, (h,)


@refused(ASKS)
def list_of_data(x: "D", h: "H"):
    h = torch.tensor(h.tolist())  # here
    return h, (h,)


@refused(ASKS)
def numpy_of_data(x: "D", h: "H"):
    h = torch.from_numpy(h.numpy())  # here
    return h, (h,)


@refused(PICKS.format("index.Tensor"))
def picked(x: "D", h: "H"):
    h = h[h > 0]  # here
    return h, (h,)


@refused(PICKS.format("nonzero.default"))
def where_nonzero(x: "D", h: "H"):
    h = h + h.nonzero().sum()  # here
    return h, (h,)


@refused(CHANGES.format("h"))
def in_place(x: "D", h: "H"):
    h += 1  # here
    return h, (h,)


@refused(CHANGES.format("x"))
def element_set(x: "D", h: "H"):
    x[:, 0] = 1  # here
    return h, (h,)


@refused(CHANGES.format("h"))
def through_a_view(x: "D", h: "H"):
    turned = h.T
    turned[1:].mul_(2)  # here
    return h, (h,)


@refused(CHANGES.format("w"))
def a_parameter(x: "D", h: "H", *, w: "H"):
    w.clamp_(0, 1)  # here
    return h, (h,)


@refused(CHANGES.format("h"))
def behind_autograds_back(x: "D", h: "H"):
    h.data.add_(1)  # here
    return h, (h,)


@refused(CHANGES.format("h"))
def given_as_out(x: "D", h: "H"):
    torch.tanh(h, out=h)  # here
    return h, (h,)


@refused("a tensor from outside the step is changed in place; a step has no memory but its state")
def counted(x: "D", h: "H"):
    COUNTER.add_(1)  # here
    return h, (h,)


@refused(OUTSIDE.format("[5, 5]"))
def a_module(x: "D", h: "H"):
    h = LINEAR(h)  # here
    return h, (h,)


@refused(OUTSIDE.format("[5]"))
def a_buffer(x: "D", h: "H"):
    h = h * BUFFER  # here
    return h, (h,)


@refused(OUTSIDE.format("[]"))
def learned_elsewhere(x: "D", h: "H"):
    h = h * LEARNED  # here
    return h, (h,)


@refused(OUTSIDE.format("[5]"))
def returned_from_outside(x: "D", h: "H"):
    return h, (BUFFER,)


@refused("name 'weight' is not defined; declare it after the * of the step, or define it before")
def undeclared(x: "D", h: "H"):
    h = h * weight  # here
    return h, (h,)


@refused("aten.bernoulli_.float " + RANDOM)
def dropout(x: "D", h: "H"):
    h = F.dropout(h, 0.5)  # here
    return h, (h,)


@refused("aten.randn_like.default " + RANDOM)
def noise(x: "D", h: "H"):
    h = h + torch.randn_like(h)  # here
    return h, (h,)


@refused("the next h has shape [B, 2] and h [B, 5]; a state keeps its shape")
def smaller_state(x: "D", h: "H"):
    return h, (h[:, :2],)


@refused("the next h has shape [5] and h [B, 5]; a state keeps its shape")
def state_without_rows(x: "D", h: "H", *, w: "H"):
    return h, (w,)


@refused("the next h is float64 and h float32; convert it with .to(h.dtype)")
def wider_state(x: "D", h: "H"):
    return h, (h.double(),)


@refused("the next h is bool and h float32; convert it with .to(h.dtype)")
def bool_state(x: "D", h: "H"):
    return h, (h > 0,)


@refused("the next state has 2 tensors and the state 1; return output, (h,)")
def more_states(x: "D", h: "H"):
    return h, (h, h)


@refused("the next state is a Tensor, no tuple; return output, (h,)")
def no_tuple(x: "D", h: "H"):
    return h, h


@refused("the next h is a float, no tensor; return output, (h,)")
def number_for_state(x: "D", h: "H"):
    return h, (0.0,)


@refused("the step returns a Tensor; return output, (h,)")
def no_state(x: "D", h: "H"):
    return h


@refused("the step returns nothing; return output, (h,)")
def nothing(x: "D", h: "H"):
    h = h + 1


@refused("the output is nothing, no tensor; return output, (h,)")
def no_output(x: "D", h: "H"):
    return None, (h,)


@refused("the output has shape [5]; its first dimension must be the batch, B")
def output_without_rows(x: "D", h: "H"):
    return h.sum(0), (h,)


@refused("the step fails with RuntimeError: a and b must have same reduction dim, but got [6, 5]")
def shapes_that_do_not_fit(x: "D", h: "H"):
    h = h @ x  # here
    return h, (h,)


@refused("the step fails with AttributeError: 'Tensor' object has no attribute 'sigmod'; check it")
def misspelt(x: "D", h: "H"):
    h = h.sigmod()  # here
    return h, (h,)


@refused("mean" + MIXES)
def through_a_helper(x: "D", h: "H"):
    h = centred(h)  # here
    return h, (h,)


def centred(h: torch.Tensor) -> torch.Tensor:
    return h - h.mean(0)
