"""`Classifier`: classes from Python, by scikit-learn's habits."""

from typing import Any

import polars as pl

from segue.tasks.classify.task import ClassifyTask
from segue.tasks.estimator import Estimator


class Classifier(Estimator):
    """One class for each text or series of a frame.

    Example:
        >>> import polars as pl
        >>> texts = ["fine", "very fine", "dull", "so dull"] * 10
        >>> frame = pl.DataFrame({"text": texts, "mood": ["good", "good", "bad", "bad"] * 10})
        >>> classifier = Classifier(text="text", label="mood", hidden=8).fit(frame)
        >>> classifier.predict(pl.DataFrame({"text": ["fine"]}))["label"].to_list()
        ['good']
    """

    task = ClassifyTask()

    def predict(self, frame: Any) -> pl.DataFrame:
        """Classify the examples of a frame.

        Returns:
            A row for each, in their order: `id`, `label`, `probability`, and a column of
            probabilities for each class.

        Raises:
            DataError: the frame does not fit the training.
        """
        rows = [
            {k: v for k, v in row.items() if k != "probabilities"} | row["probabilities"]
            for row in self._results(frame)
        ]
        return pl.DataFrame(rows)
