"""One file per cell: the equation and its citation, nothing else."""

from segue.cells.gru import gru
from segue.cells.gru_original import gru_original
from segue.cells.lstm import lstm
from segue.cells.rnn import rnn

__all__ = ["gru", "gru_original", "lstm", "rnn"]
