"""torch's RNN, LSTM and GRU, one layer, direction and step at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

Tap = Callable[[int, Tensor, Tensor | None], Tensor]
"""What is added to the state `[B, H]` of step t; which rows are real, or None for all."""


class _Padded(NamedTuple):
    """Steps `[T, B, D]`, and how they came."""

    x: Tensor
    lengths: Tensor | None
    packed: PackedSequence | None


def run_torch_layer(
    module: nn.RNNBase, x: Tensor | PackedSequence, hx: Any, begin: Callable[[bool], Tap]
) -> Any:
    """What `module(x, hx)` returns, with a tap added to the state of every step.

    Args:
        module: an `nn.RNN`, `nn.LSTM` or `nn.GRU`.
        x: as the module takes it.
        hx: likewise.
        begin: called for each layer and direction, with whether it goes in reverse.
    """
    data, sizes = (x.data, x.batch_sizes) if isinstance(x, PackedSequence) else (x, None)
    module.check_input(data, sizes)
    single = isinstance(x, Tensor) and x.dim() == 2
    if isinstance(x, Tensor) and single:
        x = x.unsqueeze(0 if module.batch_first else 1)
        hx = _each(hx, lambda h: h.unsqueeze(1))
    padded = _padded(module, x, hx)
    order = None if padded.packed is None else padded.packed.sorted_indices
    if order is not None:
        hx = _each(hx, lambda h: h.index_select(1, order))
    y, states = _layers(module, padded, hx, begin)
    after = tuple(torch.stack(each) for each in zip(*states, strict=True))
    return _as_given(module, padded, y, after, single=single)


def _padded(module: nn.RNNBase, x: Tensor | PackedSequence, hx: Any) -> _Padded:
    if isinstance(x, PackedSequence):
        data, sizes, *_ = x
        rows, steps = int(sizes[0]), len(sizes)
        filled = data.new_zeros(steps, rows, data.shape[-1])
        real = torch.arange(rows) < sizes[:, None]
        return _Padded(filled.masked_scatter(real[..., None].to(data.device), data), real.sum(0), x)
    return _Padded(x.transpose(0, 1) if module.batch_first else x, None, None)


def _layers(
    module: nn.RNNBase, padded: _Padded, hx: Any, begin: Callable[[bool], Tap]
) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    x = padded.x
    states: list[tuple[Tensor, ...]] = []
    directions = (False, True) if module.bidirectional else (False,)
    for layer in range(module.num_layers):
        outputs = []
        for reverse in directions:
            state = _initial(module, x, hx, len(states))
            tap = begin(reverse)
            y, after = _one(module, x, state, padded.lengths, tap, (layer, reverse))
            outputs.append(y)
            states.append(after)
        x = torch.cat(outputs, -1) if module.bidirectional else outputs[0]
        if layer < module.num_layers - 1:
            x = F.dropout(x, module.dropout, module.training)
    return x, states


def _one(
    module: nn.RNNBase,
    x: Tensor,
    state: tuple[Tensor, ...],
    lengths: Tensor | None,
    tap: Tap,
    place: tuple[int, bool],
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """One layer in one direction: outputs `[T, B, H]` and the final state."""
    step = _function(module, *place)
    steps, reverse = len(x), place[1]
    outputs: list[Tensor] = [x.new_zeros(0)] * steps
    for t in reversed(range(steps)) if reverse else range(steps):
        real = None if lengths is None else (lengths > t).to(x.device)
        h, *rest = step(x[t : t + 1], state)
        if real is not None:
            h, *rest = (
                torch.where(real[:, None], new, old)
                for new, old in zip((h, *rest), state, strict=True)
            )
        h = h + tap(t, h, real)
        state = (h, *rest)
        outputs[t] = h if real is None else torch.where(real[:, None], h, 0)
    return torch.stack(outputs), state


def _function(
    module: nn.RNNBase, layer: int, reverse: bool
) -> Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]:
    """One step `[1, B, D]` of a layer, by torch's own function."""
    suffix = f"_l{layer}{'_reverse' * reverse}"
    named = zip(module._flat_weights_names, module._flat_weights, strict=True)
    weights = [w for name, w in named if name.endswith(suffix) and isinstance(w, Tensor)]
    common = (module.bias, 1, 0.0, module.training, False, False)

    def step(x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        given = [each[None] for each in state]
        if isinstance(module, nn.LSTM):
            _, *after = torch.lstm(x, given, weights, *common)
        elif isinstance(module, nn.GRU):
            _, *after = torch.gru(x, given[0], weights, *common)
        else:
            run = torch.rnn_tanh if module.nonlinearity == "tanh" else torch.rnn_relu
            _, *after = run(x, given[0], weights, *common)
        return tuple(each[0] for each in after)

    return step


def _initial(module: nn.RNNBase, x: Tensor, hx: Any, number: int) -> tuple[Tensor, ...]:
    if hx is not None:
        return tuple(h[number] for h in (hx if isinstance(hx, tuple) else (hx,)))
    width = module.proj_size or module.hidden_size
    zeros = x.new_zeros(x.shape[1], width)
    if not isinstance(module, nn.LSTM):
        return (zeros,)
    return zeros, x.new_zeros(x.shape[1], module.hidden_size)


def _as_given(
    module: nn.RNNBase, padded: _Padded, y: Tensor, after: tuple[Tensor, ...], *, single: bool
) -> Any:
    if padded.packed is not None and padded.lengths is not None:
        _, sizes, order, back = padded.packed
        real = torch.arange(len(y))[:, None] < padded.lengths
        out: Any = PackedSequence(y[real.to(y.device)], sizes, order, back)
        if back is not None:
            after = tuple(h.index_select(1, back) for h in after)
    else:
        out = y.transpose(0, 1) if module.batch_first else y
    if single:
        out = out.squeeze(0 if module.batch_first else 1)
        after = tuple(h.squeeze(1) for h in after)
    return out, after if isinstance(module, nn.LSTM) else after[0]


def _each(hx: Any, change: Callable[[Tensor], Tensor]) -> Any:
    if hx is None:
        return None
    return tuple(map(change, hx)) if isinstance(hx, tuple) else change(hx)
