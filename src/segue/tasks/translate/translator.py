"""`Translator`: translations from Python, by scikit-learn's habits."""

from typing import Any

import polars as pl

from segue.tasks.estimator import Estimator
from segue.tasks.translate.task import TranslateTask


class Translator(Estimator):
    """Translations of the texts of a frame.

    Example:
        >>> import polars as pl
        >>> words = [f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh"]
        >>> frame = pl.DataFrame({"word": words, "shout": [word.upper() for word in words]})
        >>> translator = Translator(source="word", target="shout", hidden=32).fit(frame)
        >>> translator.predict(pl.DataFrame({"word": ["ha", "be"]}))["translation"].to_list()
        ['HA', 'BE']
    """

    task = TranslateTask()

    def predict(self, frame: Any) -> pl.DataFrame:
        """Translate the texts of a frame.

        Returns:
            A row for each, in their order: `id`, `translation`, `score`.

        Raises:
            DataError: the frame does not fit the training.
        """
        rows = [
            {"id": each.id, "translation": each.made.texts[0], "score": each.made.found[0].score}
            for each in self._results(frame)
        ]
        return pl.DataFrame(rows)
