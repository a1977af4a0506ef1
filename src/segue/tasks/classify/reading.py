"""Examples from a file or a folder, whatever its form."""

from __future__ import annotations

from pathlib import Path

from segue.tasks.classify.columns import Missing, Reading
from segue.tasks.classify.examples import Examples
from segue.tasks.classify.tables import examples_from_table, open_table

__all__ = ["Missing", "Reading", "read_examples"]


def read_examples(
    path: str | Path,
    reading: Reading,
    *,
    classes: tuple[str, ...] | None = None,
    labelled: bool = True,
) -> Examples:
    r"""Read examples from a file or a folder; its content shows which form it has.

    Args:
        path: a table (CSV, TSV, JSON Lines, Parquet), a `.ts` file, NumPy arrays (`.npy` with
            labels beside it, `.npz`), MNIST's IDX files, a folder of a folder for each class with
            text files or images in it, or a folder of a text file for each class with an example
            in each line.
        reading: what the columns of a table are.
        classes: those of the model, when there is one; None takes those of the file.
        labelled: False leaves labels out, as for a prediction.

    Raises:
        DataError: the first defect found: file, row, column and remedy in one line.
        OptionError: `reading` does not fit the form.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "reviews.csv"
    >>> _ = path.write_text("review,mood\nfine film,good\ndull,bad\n")
    >>> found = read_examples(path, Reading(text="review", label="mood"))
    >>> found.texts, found.classes, found.labels.tolist(), found.where
    (('fine film', 'dull'), ('bad', 'good'), [1, 0], ('row 2', 'row 3'))
    """
    return examples_from_table(
        open_table(Path(path), reading, json_lines=False), reading, classes, labelled=labelled
    )
