"""What `segue` itself offers of the engine and its layers."""

from segue import cells, nn
from segue.engine.cell import Cell, cell
from segue.engine.explain import explain
from segue.engine.scan import scan

__all__ = ["Cell", "cell", "cells", "explain", "nn", "scan"]
