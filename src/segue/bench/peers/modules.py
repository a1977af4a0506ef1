"""torch.nn's own LSTM, GRU and RNN; on rows that end early, with packed sequences."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from segue.bench.configs import Pass, Rows, Work
from segue.bench.peers.autograd import leaves, ready
from segue.bench.peers.contestant import LeftOut, Ready

_MODULES: Mapping[str, Callable[[int, int], nn.RNNBase]] = MappingProxyType(
    {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
)
_NAMES = MappingProxyType(
    {
        "weight_ih": "weight_ih_l0",
        "weight_hh": "weight_hh_l0",
        "bias": "bias_ih_l0",
        "bias_ih": "bias_ih_l0",
        "bias_hh": "bias_hh_l0",
    }
)


def module(work: Work, task: Pass, threads: int) -> Ready:
    """The layer of torch.nn with the work's weights."""
    kind = _MODULES.get(work.cell.name)
    if kind is None:
        raise LeftOut(f"torch.nn has no {work.cell.name}")
    if work.config.rows is Rows.RESETS:
        raise LeftOut("it has no resets")
    layer = kind(work.config.input, work.config.hidden).requires_grad_(task is Pass.TRAINING)
    xs, params = leaves(work, task)
    weights = {_NAMES[name]: param for name, param in params.items()}
    own = dict(layer.named_parameters())
    # Where the cell has one bias, torch's second one is zero; it costs what it costs.
    spare = [name for name in own if name not in weights]
    layer.load_state_dict(weights | {name: torch.zeros_like(own[name]) for name in spare})

    def run() -> Tensor:
        if work.lengths is None:
            ys: Tensor = layer(xs)[0]
            return ys
        packed = pack_padded_sequence(xs, work.lengths, enforce_sorted=False)
        return pad_packed_sequence(layer(packed)[0], total_length=len(xs))[0]

    return ready(work, task, run, (xs, *(own[name] for name in (*weights, *spare))))
