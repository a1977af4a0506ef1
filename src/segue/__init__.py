"""segue: recurrent neural networks whose cells are their equations."""

from segue import nn
from segue.engine.cell import Cell, cell
from segue.engine.explain import explain
from segue.engine.scan import scan

__version__ = "0.1.0"
__all__ = ["Cell", "__version__", "cell", "explain", "nn", "scan"]
