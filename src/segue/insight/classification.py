"""Measures of a classification, as the literature and scikit-learn define them.

`truth` and `decided` are `[N]` classes by number; `probabilities` are `[N, K]`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Classes = NDArray[np.int64]


def confusion(truth: Classes, decided: Classes, classes: int) -> NDArray[np.int64]:
    """How often each class (row) was taken for each class (column), `[K, K]`.

    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    return np.bincount(truth * classes + decided, minlength=classes**2).reshape(classes, classes)


@dataclass(frozen=True)
class PerClass:
    """Precision, recall and F1 of each class, `[K]`, and the rows that have it.

    A class that was never decided has precision 0, one without rows recall 0.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: NDArray[np.int64]


def per_class(matrix: NDArray[np.int64]) -> PerClass:
    """The measures of each class, of a confusion matrix `[K, K]`.

    >>> per_class(np.array([[1, 1], [0, 1]])).f1.round(3)
    array([0.667, 0.667])
    """
    right = np.diag(matrix).astype(np.float64)
    support, decided = matrix.sum(1), matrix.sum(0)
    return PerClass(
        precision=_ratio(right, decided),
        recall=_ratio(right, support),
        f1=_ratio(2 * right, support + decided),
        support=support,
    )


def accuracy(matrix: NDArray[np.int64]) -> float:
    """Share of the rows that were decided rightly.

    >>> accuracy(np.array([[1, 1], [0, 2]]))
    0.75
    """
    return float(np.trace(matrix) / matrix.sum())


def macro_f1(matrix: NDArray[np.int64]) -> float:
    """Mean F1 over the classes that occur, in truth or among the decisions.

    >>> macro_f1(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]]))
    0.6666666666666666
    """
    occurs = (matrix.sum(0) + matrix.sum(1)) > 0
    return float(per_class(matrix).f1[occurs].mean())


def log_loss(truth: Classes, probabilities: Floats, weights: Floats | None = None) -> float:
    """Mean negative natural logarithm of the true class's probability, which counts as
    1e-15 at least.

    Args:
        truth: `[N]`.
        probabilities: `[N, K]`.
        weights: `[K]`, how much the rows of each class count; all alike when None.

    >>> log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]]))
    0.34657359027997264
    """
    terms = -np.log(np.clip(probabilities[np.arange(len(truth)), truth], 1e-15, 1.0))
    return float(np.average(terms, weights=None if weights is None else weights[truth]))


@dataclass(frozen=True)
class Reliability:
    """Bins of confidence that hold rows: mean confidence, accuracy and the rows, `[bins]`."""

    confidence: Floats
    accuracy: Floats
    rows: NDArray[np.int64]


def reliability(truth: Classes, probabilities: Floats, bins: int = 15) -> Reliability:
    """What a reliability diagram draws; bins are of equal width, open below and closed above.

    >>> reliability(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])).accuracy
    array([0.5])
    """
    sure = probabilities.max(1)
    right = probabilities.argmax(1) == truth
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    rows = np.bincount(place, minlength=bins)
    held = rows > 0
    confidence = np.bincount(place, weights=sure, minlength=bins)[held] / rows[held]
    hits = np.bincount(place, weights=right, minlength=bins)[held] / rows[held]
    return Reliability(confidence, hits, rows[held])


def calibration_error(truth: Classes, probabilities: Floats, bins: int = 15) -> float:
    """Expected calibration error: how far confidence is from accuracy.

    M. Naeini, G. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
    binning", AAAI 2015; with the 15 bins of equal width of C. Guo et al., "On calibration of modern
    neural networks", ICML 2017.

    >>> calibration_error(np.array([0, 0]), np.array([[0.8, 0.2], [0.2, 0.8]])).__round__(6)
    0.3
    """
    found = reliability(truth, probabilities, bins)
    gaps = np.abs(found.confidence - found.accuracy)
    return float((gaps * found.rows).sum() / len(truth))


def _ratio(part: Floats, whole: NDArray[np.int64]) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
