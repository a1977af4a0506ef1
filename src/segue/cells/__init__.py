"""One file per cell: the equation and its citation, nothing else."""

from collections.abc import Mapping
from types import MappingProxyType

import torch

from segue.cells.gru import gru
from segue.cells.gru_original import gru_original
from segue.cells.lstm import lstm
from segue.cells.lstm_projection import lstm_projection
from segue.cells.rnn import rnn
from segue.engine.cell import Cell

__all__ = ["by_name", "gru", "gru_original", "lstm", "lstm_projection", "registered", "rnn"]

_REGISTERED = (rnn(), rnn(torch.relu), lstm, lstm_projection, gru, gru_original)


def registered() -> tuple[Cell, ...]:
    """Every cell that the laws are tested on; adding one here is all that a new cell needs."""
    return _REGISTERED


def by_name() -> Mapping[str, Cell]:
    """The cells that a command line offers, by name: those that need no size beside D and H.

    Example:
        >>> import segue.cells
        >>> sorted(segue.cells.by_name())
        ['gru', 'gru_original', 'lstm', 'rnn']
    """
    return MappingProxyType({cell.name: cell for cell in (_REGISTERED[0], lstm, gru, gru_original)})
