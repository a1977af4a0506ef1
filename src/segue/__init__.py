"""segue: recurrent neural networks whose cells are their equations."""

from typing import TYPE_CHECKING

from segue.version import __version__

if TYPE_CHECKING:
    from segue import cells, insight, nn
    from segue.engine.explain import explain
    from segue.engine.run.scan import scan
    from segue.engine.step.cell import Cell, cell
    from segue.engine.step.factory import factory
    from segue.engine.step.start import context, fixed
    from segue.tasks.classify.classifier import Classifier
    from segue.tasks.forecast.forecaster import Forecaster
    from segue.tasks.recommend.recommender import Recommender
    from segue.tasks.tag.tagger import Tagger
    from segue.tasks.translate.translator import Translator

__all__ = [
    "Cell",
    "Classifier",
    "Forecaster",
    "Recommender",
    "Tagger",
    "Translator",
    "__version__",
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


def __getattr__(name: str) -> object:
    # What a name needs is imported when it is first asked for: the engine needs torch, which takes
    # seconds, and an application brings its own libraries.
    if name == "Forecaster":
        from segue.tasks.forecast.forecaster import Forecaster

        return Forecaster
    if name == "Classifier":
        from segue.tasks.classify.classifier import Classifier

        return Classifier
    if name == "Tagger":
        from segue.tasks.tag.tagger import Tagger

        return Tagger
    if name == "Translator":
        from segue.tasks.translate.translator import Translator

        return Translator
    if name == "Recommender":
        from segue.tasks.recommend.recommender import Recommender

        return Recommender
    if name in __all__:
        from segue import api

        return getattr(api, name)
    raise AttributeError(f"module 'segue' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
