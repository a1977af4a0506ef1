"""The loss of a recurrent transducer (RNN-T), exact."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

BLANK = 0


def transducer_loss(logits: Tensor, labels: Tensor, frames: Tensor, lengths: Tensor) -> Tensor:
    """Negative log probability of each row's labels, over all alignments: `[B]`.

    A. Graves, "Sequence transduction with recurrent neural networks", 2012. What lies behind a
    row's frames or labels is never read and gets no gradient.

    Args:
        logits: `[B, T, U + 1, K]`, not normalised; class 0 is the blank.
        labels: int64 `[B, U]`.
        frames: int64 `[B]`, 1 to T.
        lengths: int64 `[B]`, 0 to U: labels of each row.

    >>> labels = torch.tensor([[1]])
    >>> one = torch.tensor([1])
    >>> transducer_loss(torch.zeros(1, 1, 2, 2), labels, one, one)        # label, then blank
    tensor([1.3863])
    """
    normal = torch.log_softmax(logits, -1)
    blank = normal[..., BLANK]
    index = labels[:, None, :, None].expand(-1, logits.shape[1], -1, -1)
    label = normal[:, :, :-1].gather(-1, index).squeeze(-1)
    found: Tensor = _Lattice.apply(  # type: ignore[no-untyped-call]
        blank.double(), label.double(), frames, lengths
    )
    return found.to(logits.dtype)


class _Lattice(torch.autograd.Function):
    """From log probabilities of blanks `[B, T, U + 1]` and labels `[B, T, U]` to the loss `[B]`."""

    @staticmethod
    def forward(ctx: Any, blank: Tensor, label: Tensor, frames: Tensor, lengths: Tensor) -> Tensor:
        blank, label = blank.detach(), label.detach()
        inside = _inside(blank, frames, lengths)
        blank = blank.masked_fill(~inside, -torch.inf)
        upto = torch.arange(label.shape[2], device=label.device) < lengths[:, None, None]
        label = label.masked_fill(~(inside[:, :, :-1] & upto), -torch.inf)
        ahead = _forward(blank, label)
        rows = torch.arange(len(blank), device=blank.device)
        last = ahead[rows, frames - 1, lengths] + blank[rows, frames - 1, lengths]
        ctx.save_for_backward(blank, label, ahead, last, frames, lengths)
        return -last

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        blank, label, ahead, last, frames, lengths = ctx.saved_tensors
        behind = _backward(blank, label, frames, lengths)
        after = torch.full_like(blank, -torch.inf)  # what follows a blank at each node
        after[:, :-1] = behind[:, 1:]
        rows = torch.arange(len(blank), device=blank.device)
        after[rows, frames - 1, lengths] = 0
        scale = -grad[:, None, None]
        total = last[:, None, None]
        by_blank = scale * torch.exp(ahead + blank + after - total)
        by_label = scale * torch.exp(ahead[:, :, :-1] + label + behind[:, :, 1:] - total)
        return by_blank, by_label, None, None


def _inside(blank: Tensor, frames: Tensor, lengths: Tensor) -> Tensor:
    """The nodes of each row's own lattice: `[B, T, U + 1]`."""
    _, steps, labels = blank.shape
    early = torch.arange(steps, device=blank.device)[:, None] < frames[:, None, None]
    return early & (torch.arange(labels, device=blank.device) <= lengths[:, None, None])


def _forward(blank: Tensor, label: Tensor) -> Tensor:
    """Log probability of reaching each node: row by row of labels, over all frames at once.

    Within a row the recursion over frames is a cumulative sum of blanks: with c its log,
    alpha(t) = c(t) + logcumsumexp(entered(t) - c(t)).
    """
    found = torch.full_like(blank, -torch.inf)
    entered = torch.full_like(blank[:, :, 0], -torch.inf)
    entered[:, 0] = 0
    for number in range(blank.shape[2]):
        if number:
            entered = found[:, :, number - 1] + label[:, :, number - 1]
        found[:, :, number] = _along(entered, blank[:, :, number])
    return found


def _along(entered: Tensor, blank: Tensor) -> Tensor:
    """alpha(t) = logaddexp(entered(t), alpha(t - 1) + blank(t - 1)), over frames `[B, T]`.

    A frame of padding has the blank -inf; no path that counts goes on behind it.
    """
    before = torch.zeros_like(blank)
    before[:, 1:] = torch.where(blank[:, :-1].isinf(), 0, blank[:, :-1]).cumsum(1)
    return before + torch.logcumsumexp(entered - before, 1)


def _backward(blank: Tensor, label: Tensor, frames: Tensor, lengths: Tensor) -> Tensor:
    """Log probability of going from each node to the end."""
    found = torch.full_like(blank, -torch.inf)
    rows = torch.arange(len(blank), device=blank.device)
    for number in range(blank.shape[2] - 1, -1, -1):
        leaves = torch.full_like(blank[:, :, 0], -torch.inf)
        if number + 1 < blank.shape[2]:
            leaves = found[:, :, number + 1] + label[:, :, number]
        ends = lengths == number
        last = blank[rows, frames - 1, lengths]
        leaves[rows[ends], frames[ends] - 1] = last[ends]
        # From the last frame to the first: beta(t) = logaddexp(leaves(t), beta(t + 1) + blank(t)).
        blanks = blank[:, :, number].flip(1)
        found[:, :, number] = _along(leaves.flip(1), _shifted(blanks)).flip(1)
    return found


def _shifted(blanks: Tensor) -> Tensor:
    """Blanks from the last frame, one place earlier: `_along` takes the one before each frame."""
    moved = torch.zeros_like(blanks)
    moved[:, :-1] = blanks[:, 1:]
    return moved
