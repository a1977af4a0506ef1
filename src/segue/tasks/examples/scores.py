"""How good a classifier is beside methods without a network, on the same examples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.insight import classification as measures
from segue.tasks.scores import Measure, Method, Scores, finite


@dataclass(frozen=True, eq=False)
class ClassifyScores(Scores):
    """A classifier beside the baselines.

    Attributes:
        classes: their names.
        truth: `[N]`, the classes by number.
        probabilities: `[N, K]`, the model's.
    """

    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    MEASURES = (
        Measure("accuracy", "accuracy", higher=True, perfect=1.0, percent=True),
        Measure("macro_f1", "macro F1", higher=True, perfect=1.0, percent=True),
        Measure("log_loss", "log loss"),
        Measure("ece", "ECE", percent=True),
    )
    UNIT = "held-back example"
    REMEDY = "give the model more examples, or another unit, pool or cell"

    @property
    def scored(self) -> int:
        """How many examples were scored."""
        return len(self.truth)

    @property
    def confusion(self) -> NDArray[np.int64]:
        """How often each class (row) was taken for each class (column), `[K, K]`."""
        return measures.confusion(self.truth, self.probabilities.argmax(1), len(self.classes))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the calibration error means."""
        error = self.model.metrics["ece"]
        return (
            f"Probabilities are off by {100 * error:.1f} points on average (ECE, expected"
            " calibration error).",
        )

    def extent(self) -> dict[str, Any]:
        """The figures of the model that are asked for most, for JSON."""
        of = self.model.metrics
        return {
            "examples": self.scored,
            "accuracy": of["accuracy"],
            "macro_f1": of["macro_f1"],
            "ece": of["ece"],
        }

    def details(self) -> dict[str, Any]:
        """The measures of each class and the confusion matrix, for JSON."""
        matrix = self.confusion
        each = measures.per_class(matrix)
        columns = zip(each.precision, each.recall, each.f1, each.support, strict=True)
        return {
            "per_class": {
                name: {
                    "precision": finite(float(p)),
                    "recall": finite(float(r)),
                    "f1": finite(float(f)),
                    "support": int(n),
                }
                for name, (p, r, f, n) in zip(self.classes, columns, strict=True)
            },
            "classes": list(self.classes),
            "confusion": matrix.tolist(),
        }


def method(name: str, truth: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Method:
    """The measures of one method, from its probabilities `[N, K]`."""
    matrix = measures.confusion(truth, probabilities.argmax(1), probabilities.shape[1])
    return Method(
        name,
        {
            "accuracy": measures.accuracy(matrix),
            "macro_f1": measures.macro_f1(matrix),
            "log_loss": measures.log_loss(truth, probabilities),
            "ece": measures.calibration_error(truth, probabilities),
        },
    )
