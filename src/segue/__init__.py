"""segue: recurrent neural networks whose cells are their equations."""

from typing import TYPE_CHECKING

from segue import nn
from segue.engine.cell import Cell, cell
from segue.engine.explain import explain
from segue.engine.scan import scan
from segue.version import __version__

if TYPE_CHECKING:
    from segue.tasks.forecast.forecaster import Forecaster

__all__ = ["Cell", "Forecaster", "__version__", "cell", "explain", "nn", "scan"]


def __getattr__(name: str) -> object:
    # An application brings its own libraries, so it is imported when it is first asked for.
    if name == "Forecaster":
        from segue.tasks.forecast.forecaster import Forecaster

        return Forecaster
    raise AttributeError(f"module 'segue' has no attribute {name!r}")
