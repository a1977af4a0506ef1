"""Columns of a table as numbers and as names."""

from __future__ import annotations

import numpy as np
import polars as pl

from segue.data.tables import Table
from segue.data.wording import shorten

# What counts as a missing value, whatever the case of its letters.
MISSING = ("", "na", "nan", "null", "none")

LARGEST = 1e100  # the square of a number, and the sum of many squares, must be finite


def is_text(column: pl.Series) -> bool:
    """Whether the values are text, to be parsed."""
    return column.dtype in (pl.String, pl.Categorical, pl.Enum)


def numbers(table: Table, name: str, role: str) -> np.ndarray:
    """The column as float64 [n], NaN where a value is missing.

    Numbers are plain decimals with an optional sign and exponent. A column that says nothing but
    true and false reads as 1 and 0. Any other text is a `DataError` with its row, and so is a
    value that is infinite or beyond 1e100, whose square a mean could not hold.

    >>> import polars as pl
    >>> from segue.data.tables import table_from_frame
    >>> table = table_from_frame(pl.DataFrame({"y": ["1.5", " -2e3 ", "NA"]}))
    >>> numbers(table, "y", "target")
    array([ 1.5e+00, -2.0e+03,      nan])
    """
    column = table.require(name, role)
    if is_text(column):
        values = _parse(table, name, column.cast(pl.String))
    elif column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null):
        values = column.cast(pl.Float64).to_numpy()
    else:
        kind = shorten(str(column.dtype))
        raise table.error(f"holds {kind}, not numbers ({role}); convert it", column=name)
    infinite = np.flatnonzero(np.abs(values) > LARGEST)
    if len(infinite):
        at = int(infinite[0])
        raise table.error(
            f"{shorten(str(column[at]))} is infinite or too large; write a finite number, "
            "or leave it empty if it is missing",
            at,
            name,
        )
    return np.where(np.isnan(values), np.nan, values)


def _parse(table: Table, name: str, column: pl.Series) -> np.ndarray:
    values = column.cast(pl.Float64, strict=False)
    unread = (values.is_null() & column.is_not_null()).arg_true()
    if len(unread) == 0:
        return values.to_numpy()
    text = column.gather(unread).str.strip_chars()
    again = text.cast(pl.Float64, strict=False)
    bad = again.is_null() & ~text.str.to_lowercase().is_in(MISSING)
    if bad.any():
        flags = _flags(column)
        if flags is not None:
            return flags
        at = int(bad.arg_true()[0])
        raise table.error(_no_number(text[at]), int(unread[at]), name)
    result = values.to_numpy().copy()
    result[unread.to_numpy()] = again.to_numpy()
    return result


def _flags(column: pl.Series) -> np.ndarray | None:
    """1 and 0 for a column of true and false; None for any other."""
    lower = column.str.strip_chars().str.to_lowercase()
    missing = lower.is_null() | lower.is_in(MISSING)
    if not (missing | lower.is_in(["true", "false"])).all():
        return None
    return np.where(missing.to_numpy(), np.nan, (lower == "true").fill_null(False).to_numpy())


def _no_number(text: str) -> str:
    shown = shorten(text)
    digits = sum(c.isdigit() for c in text) * 2 >= len(text)
    if digits and "," in text:
        return f"{shown} is written with a comma; write digits and a decimal point only"
    if digits and text.endswith("%"):
        return f"{shown} has a per cent sign; write the number alone"
    return f"{shown} is not a number; write a number, or leave it empty if it is missing"


def names(table: Table, name: str, role: str) -> pl.Series:
    """The column as text without surrounding blanks; an empty field is a `DataError`.

    "NA" and "null" are names like any other here: the country code of Namibia is NA.

    >>> import polars as pl
    >>> from segue.data.tables import table_from_frame
    >>> names(table_from_frame(pl.DataFrame({"shop": [7, 8]})), "shop", "series").to_list()
    ['7', '8']
    """
    column = table.require(name, role)
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        kind = shorten(str(column.dtype))
        raise table.error(f"holds {kind}, not names ({role}); convert it to text", column=name)
    text = column.cast(pl.String).str.strip_chars()
    absent = (text.is_null() | (text == "")).arg_true()
    if len(absent):
        raise table.error(f"the {role} value is missing; write it", int(absent[0]), name)
    return text
