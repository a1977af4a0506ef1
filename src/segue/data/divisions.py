"""What a column or a folder calls the parts that data are divided into."""

import numpy as np

from segue.data.tables import Table
from segue.data.values import names
from segue.data.wording import shorten

PARTS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


def divisions(table: Table, column: str, rows: np.ndarray | None = None) -> np.ndarray:
    """The part of each row, or of those named: train, validation or test.

    Raises:
        DataError: a row has none, or another.

    >>> import polars as pl
    >>> from segue.data.tables import table_from_frame
    >>> divisions(table_from_frame(pl.DataFrame({"part": ["Train", "dev"]})), "part").tolist()
    ['train', 'validation']
    """
    rows = np.arange(table.frame.height) if rows is None else rows
    named = names(table, column, "division").gather(rows).str.to_lowercase().to_list()
    for row, name in zip(rows.tolist(), named, strict=True):
        if name not in PARTS:
            raise table.error(
                f"{shorten(name)} is no part; write train, validation or test", row, column
            )
    return np.array([PARTS[name] for name in named])
