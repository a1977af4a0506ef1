"""What `segue` itself offers of the engine and its layers."""

from segue import cells, insight, nn
from segue.engine.explain import explain
from segue.engine.run.scan import scan
from segue.engine.step.cell import Cell, cell
from segue.engine.step.factory import factory
from segue.engine.step.start import context, fixed

__all__ = [
    "Cell",
    "cell",
    "cells",
    "context",
    "explain",
    "factory",
    "fixed",
    "insight",
    "nn",
    "scan",
]
