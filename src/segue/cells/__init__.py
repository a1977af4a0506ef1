"""One file per cell: the equation, how its parameters start, and its citation; `start` helps."""

from collections.abc import Mapping
from types import MappingProxyType

import torch

from segue.cells import start
from segue.cells.antisymmetric import antisymmetric
from segue.cells.cornn import cornn
from segue.cells.gru import gru
from segue.cells.gru_layer_norm import gru_layer_norm
from segue.cells.gru_original import gru_original
from segue.cells.indrnn import indrnn
from segue.cells.ligru import ligru
from segue.cells.lstm import lstm
from segue.cells.lstm_coupled import lstm_coupled
from segue.cells.lstm_layer_norm import lstm_layer_norm
from segue.cells.lstm_peephole import lstm_peephole
from segue.cells.lstm_projection import lstm_projection
from segue.cells.mgu import mgu
from segue.cells.mingru import mingru
from segue.cells.minlstm import minlstm
from segue.cells.qrnn import qrnn
from segue.cells.rnn import rnn
from segue.cells.slstm import slstm
from segue.cells.sru import sru
from segue.cells.ugrnn import ugrnn
from segue.engine.step.cell import Cell

__all__ = [
    "antisymmetric",
    "by_name",
    "cornn",
    "gru",
    "gru_layer_norm",
    "gru_original",
    "indrnn",
    "ligru",
    "lstm",
    "lstm_coupled",
    "lstm_layer_norm",
    "lstm_peephole",
    "lstm_projection",
    "mgu",
    "mingru",
    "minlstm",
    "qrnn",
    "registered",
    "rnn",
    "slstm",
    "sru",
    "start",
    "ugrnn",
]

# Of several cells with one name, `by_name` offers the last.
_REGISTERED = (
    antisymmetric(),
    cornn(),
    gru,
    gru_layer_norm,
    gru_original,
    indrnn,
    ligru,
    lstm,
    lstm_coupled,
    lstm_layer_norm,
    lstm_peephole,
    lstm_projection,
    mgu,
    mingru,
    minlstm,
    qrnn,
    rnn(torch.relu),
    rnn(),
    slstm,
    sru,
    ugrnn,
)


def registered() -> tuple[Cell, ...]:
    """Every cell that the laws are tested on; adding one here is all that a new cell needs."""
    return _REGISTERED


def by_name() -> Mapping[str, Cell]:
    """The cells that a command line offers, by name: those that need no size beside D and H.

    Example:
        >>> import segue.cells
        >>> segue.cells.by_name()["indrnn"]
        indrnn(x: D, h: H | weight_ih: H D, weight_hh: H, bias: H)
    """
    return MappingProxyType(
        {cell.name: cell for cell in _REGISTERED if set(cell.symbols) == {"D", "H"}}
    )
