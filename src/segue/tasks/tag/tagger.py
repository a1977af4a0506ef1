"""`Tagger`: tags of words from Python, by scikit-learn's habits."""

from typing import Any

import polars as pl

from segue.data.sentences import PREDICTED
from segue.tasks.estimator import Estimator
from segue.tasks.tag.task import TagTask


class Tagger(Estimator):
    """A tag for each word of the sentences of a frame, whose columns hold lists.

    Example:
        >>> import polars as pl
        >>> words = [["see", "Rome"], ["leave", "Rome", "now"], ["now", "see", "Oslo"]] * 8
        >>> tags = [["O", "B-LOC"], ["O", "B-LOC", "O"], ["O", "O", "B-LOC"]] * 8
        >>> frame = pl.DataFrame({"tokens": words, "tags": tags})
        >>> tagger = Tagger(hidden=8, epochs=20).fit(frame)
        >>> tagger.predict(pl.DataFrame({"tokens": [["see", "Oslo"]]}))["predicted"].to_list()
        [['O', 'B-LOC']]
    """

    task = TagTask()

    def predict(self, frame: Any) -> pl.DataFrame:
        """Tag the sentences of a frame.

        Returns:
            A row for each, in their order: `tokens`, `predicted`, and the label where the model
            gives one.

        Raises:
            DataError: the frame does not fit the training.
        """
        rows = []
        for found in self._results(frame):
            row: dict[str, Any] = {"tokens": list(found.sentence.tokens), PREDICTED: found.tags}
            if found.label is not None:
                row[f"{PREDICTED}_{found.label[1]}"] = found.label[0]
            rows.append(row)
        return pl.DataFrame(rows)
