"""`Recommender`: what comes next from Python, by scikit-learn's habits."""

from typing import Any

import polars as pl

from segue.tasks.estimator import Estimator
from segue.tasks.recommend.task import RecommendTask


class Recommender(Estimator):
    """What comes next in the sessions of a frame of events, or of a list of lists of items.

    Example:
        >>> visits = [["bread", "butter", "jam"], ["tea", "milk", "sugar"]] * 40
        >>> recommender = Recommender(sequences=True, hidden=16, epochs=40).fit(visits)
        >>> found = recommender.predict([["tea", "milk"]])
        >>> found["item"][0], found.columns
        ('sugar', ['session', 'item', 'score'])
    """

    task = RecommendTask()

    def predict(self, frame: Any) -> pl.DataFrame:
        """Recommend what comes next behind each session.

        Returns:
            A row for each session and item, the best first: `session`, `item`, `score`.

        Raises:
            DataError: the frame does not fit the training.
        """
        rows = [
            {"session": found["session"], **each}
            for found in self._results(frame)
            for each in found["items"]
        ]
        return pl.DataFrame(rows)
