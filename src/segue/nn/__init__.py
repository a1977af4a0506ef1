"""Layers. State goes in and comes out; it hides nowhere."""

from segue.nn.bidirectional import Bidirectional
from segue.nn.drop_in import GRU, LSTM, RNN
from segue.nn.recurrent import Recurrent
from segue.nn.residual import Residual
from segue.nn.stack import Stack
from segue.nn.stream import Stream

__all__ = ["GRU", "LSTM", "RNN", "Bidirectional", "Recurrent", "Residual", "Stack", "Stream"]
