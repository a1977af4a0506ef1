"""Examples from a file or a folder, whatever its form."""

from __future__ import annotations

from pathlib import Path

from segue.data.arrays import is_idx
from segue.data.notation import PLAIN, Notation
from segue.data.raw import open_raw, uncompressed
from segue.data.tables import table_from_frame
from segue.data.wording import one_line
from segue.errors import OptionError
from segue.tasks.examples.columns import Missing, Reading
from segue.tasks.examples.examples import Examples
from segue.tasks.examples.folders import examples_from_folder, examples_from_lines
from segue.tasks.examples.numbers import (
    examples_from_idx,
    examples_from_npy,
    examples_from_npz,
    examples_from_ts,
)
from segue.tasks.examples.tables import examples_from_table, open_table

__all__ = ["Missing", "Reading", "examples_from_frame", "read_examples"]


def read_examples(
    path: str | Path,
    reading: Reading,
    *,
    classes: tuple[str, ...] | None = None,
    labelled: bool = True,
    notation: Notation = PLAIN,
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
        notation: how text is encoded, and how the numbers of a table are written.

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
    place = Path(path)
    name = uncompressed(place.name).lower()
    if place.is_dir():
        _refuse_columns(reading, "a folder names classes by its folders or files", classes)
        return examples_from_folder(path, classes, labelled=labelled, encoding=notation.encoding)
    if name.endswith(".npz"):
        return examples_from_npz(path, reading, classes, labelled=labelled)
    if name.endswith(".npy"):
        return examples_from_npy(path, reading, classes, labelled=labelled)
    if name.endswith(".ts"):
        _refuse_columns(reading, "a .ts file has no columns", classes)
        return examples_from_ts(path, reading.fill, classes, labelled=labelled)
    return _by_content(place, reading, classes, labelled, notation)


def examples_from_frame(
    frame: object,
    reading: Reading,
    *,
    classes: tuple[str, ...] | None = None,
    labelled: bool = True,
) -> Examples:
    """Read examples from a polars or pandas frame, as `read_examples` does from a table.

    Raises:
        DataError: the first defect found; rows are counted from 0.
        OptionError: `reading` does not fit the frame.

    >>> import polars as pl
    >>> frame = pl.DataFrame({"text": ["fine", "dull"], "label": [1, 0]})
    >>> examples_from_frame(frame, Reading(text="text", label="label")).where
    ('row 0 (counted from 0)', 'row 1 (counted from 0)')
    """
    return examples_from_table(table_from_frame(frame), reading, classes, labelled=labelled)


def _by_content(
    path: Path,
    reading: Reading,
    classes: tuple[str, ...] | None,
    labelled: bool,
    notation: Notation,
) -> Examples:
    """Read a file whose name does not tell its form."""
    if path.is_file():  # a pipe, which is read once, has no labels beside it, as IDX files have
        with open_raw(path, one_line(str(path))) as raw:
            head = raw.head
        if is_idx(head):
            _refuse_columns(reading, "an IDX file has no columns", classes)
            return examples_from_idx(path, classes, labelled=labelled)
    if uncompressed(path.name).lower().endswith(".txt") and not labelled:
        return examples_from_lines(path, notation.encoding)
    table = open_table(path, reading, notation)
    return examples_from_table(table, reading, classes, labelled=labelled)


def _refuse_columns(reading: Reading, why: str, classes: tuple[str, ...] | None) -> None:
    """Names of columns that a training was given for a form without columns.

    A trained model keeps the names; what it reads later may have another form.
    """
    for name in ("text", "label", "id", "division", "series", "time", "channel"):
        if getattr(reading, name) and classes is None:
            raise OptionError(f"--{name}: {why}; leave it out")
