"""Layers. State goes in and comes out; it hides nowhere."""

from segue.nn.recurrent import Recurrent

__all__ = ["Recurrent"]
