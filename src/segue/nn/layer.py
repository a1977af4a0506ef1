"""What all layers agree on: how they are called, and what `lengths` and `reset` mean."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from segue.engine.run.lengths import Lengths, as_lengths, tensor_of
from segue.errors import ScanError

Steps = Tensor | PackedSequence
"""What a layer reads and writes: padded steps, or packed ones."""

State = Any
"""A layer's state: a tensor or (nested) tuples of tensors; every layer says which."""


class Layer(Protocol):
    """Anything called as `layer(x, state, lengths, reset) -> (y, state)`.

    `x` is `[T, B, D]`, or `[B, T, D]` where `batch_first`, or a packed sequence, which brings its
    lengths with it. `lengths` `[B]` counts the real steps of each row, or marks them: `[T, B]` (or
    `[B, T]`) of bool, True from a row's first step to its last. A tensor, an array or lists will
    do; layers that hold others pass them a tensor `[B]`. `reset` `[T, B]` (or `[B, T]`) is True
    where a new sequence starts: what comes before and after it know nothing of each other,
    whichever way the layer reads them.
    """

    batch_first: bool

    def __call__(
        self,
        x: Steps,
        state: State = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Steps, State]:
        """Return the outputs, laid out as `x`, and the state after the last step."""


def row_lengths(layer: nn.Module, given: Lengths | None, x: Steps) -> Tensor | None:
    """The lengths of the rows of x, as a tensor `[B]`, however they were given to a layer.

    Raises:
        ScanError: a mask that does not fit x or marks no prefixes, what no tensor can be made of,
            or lengths beside a packed sequence.
    """
    if given is None:
        return None
    name = type(layer).__name__
    if isinstance(x, PackedSequence):
        raise ScanError(f"{name}: a packed sequence brings its own lengths; leave lengths out")
    found = tensor_of(name, given)
    first, second = (*x.shape[:2], 0, 0)[:2]
    if not layer.batch_first:
        return as_lengths(name, found, first, second)
    turned = found.T if found.dim() == 2 else found
    return as_lengths(name, turned, second, first)


def sequence_ends(starts: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Turn the starts of sequences into their ends: the resets of a run in reverse.

    Args:
        starts: `[T, B]` of bool, True where a sequence starts.
        lengths: `[B]`, the real steps of each row; a start in the padding ends nothing.

    Returns:
        `[T, B]` of bool, True at the last step of every sequence that another one follows. A row's
        own last step is not marked, so that the initial state reaches the sequence that ends there.

    Example:
        >>> sequence_ends(torch.tensor([[True], [False], [True], [False]])).flatten().tolist()
        [False, True, False, False]
    """
    ends = torch.cat([starts[1:], torch.zeros_like(starts[:1])])
    if lengths is None:
        return ends
    return torch.where(
        real_steps(len(starts), lengths.to(starts.device) - 1), ends, torch.zeros_like(ends)
    )


def real_steps(steps: int, lengths: Tensor) -> Tensor:
    """Mark the steps within each row's length: `[T, B]` of bool from `lengths` `[B]`."""
    return torch.arange(steps, device=lengths.device)[:, None] < lengths


def on_features(f: Callable[..., Tensor], *xs: Steps) -> Steps:
    """Apply `f` to steps that are all padded or all packed alike, leaving time and batch alone."""
    first = xs[0]
    if isinstance(first, PackedSequence):
        _, sizes, order, back = first
        return PackedSequence(f(*(x.data for x in xs)), sizes, order, back)
    return f(*xs)


def common_batch_first(owner: str, layers: Iterable[nn.Module]) -> bool:
    """The one `batch_first` of all `layers`.

    Raises:
        ScanError: a part is no layer, or the parts disagree.
    """
    flags = {}
    for layer in layers:
        name = type(layer).__name__
        if type(layer) in (nn.RNN, nn.LSTM, nn.GRU):
            raise ScanError(f"{owner}: torch.nn.{name} takes no lengths; use segue.nn.{name}")
        flag = getattr(layer, "batch_first", None)
        if not isinstance(flag, bool):
            raise ScanError(
                f"{owner}: {name} has no batch_first, so it is no layer; give it one and"
                " forward(x, state, lengths, reset) -> (y, state)"
            )
        flags[flag] = name
    if len(flags) != 1:
        raise ScanError(
            f"{owner}: {flags[True]} has batch_first=True and {flags[False]} has"
            " batch_first=False; give all parts the same"
            if flags
            else f"{owner}: no layers; give at least one"
        )
    return flags.popitem()[0]
