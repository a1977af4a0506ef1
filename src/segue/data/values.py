"""Columns of a table as numbers and as names."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import polars as pl

from segue.data.notation import Notation
from segue.data.number_forms import plain
from segue.data.tables import Table
from segue.data.wording import shorten

LARGEST = 1e100  # the square of a number, and the sum of many squares, must be finite

# Words for yes and no: programs, spreadsheets, PostgreSQL, people.
FLAGS = (("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"))

# A number with signs before or after it: currencies, %, units.
SIGNED = re.compile(r"[-+(]*([^\d\s.,'()+-]{0,4})\s*[-+(]*\d.*?([^\d\s.,'()+-]{0,4})\)?")

# Marks for decimals and for thousands that an error may recommend, the fewest first.
WAYS = (
    (".", None),
    (",", None),
    (".", ","),
    (".", " "),
    (".", "'"),
    (",", "."),
    (",", " "),
    (",", "'"),
)


def is_text(column: pl.Series) -> bool:
    """Whether the values are text, to be parsed."""
    return column.dtype in (pl.String, pl.Categorical, pl.Enum)


def numbers(table: Table, name: str, role: str) -> np.ndarray:
    """The column as float64 [n], NaN where a value is missing.

    Numbers are plain decimals with an optional sign and exponent, or written as the table's
    notation says; a negative number may be in parentheses. A column that says nothing but true
    and false (t and f, yes and no, y and n) reads as 1 and 0. Any other text is a `DataError` with
    its row, which names the option that would read it; so is a value that is infinite or beyond
    1e100, whose square a mean could not hold.

    >>> import polars as pl
    >>> from segue.data.tables import table_from_frame
    >>> table = table_from_frame(pl.DataFrame({"y": ["1.5", " -2e3 ", "NA", "(7)"]}))
    >>> numbers(table, "y", "target")
    array([ 1.5e+00, -2.0e+03,      nan, -7.0e+00])
    """
    column = table.require(name, role)
    if is_text(column):
        values = _parse(table, name, column.cast(pl.String))
    elif column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null):
        values = _marked(column.cast(pl.Float64).to_numpy(), table.notation)
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


def _marked(values: np.ndarray, notation: Notation) -> np.ndarray:
    """Numbers of a typed column without those that stand for a missing value, such as -999."""
    marks = pl.Series(notation.missing, dtype=pl.String).cast(pl.Float64, strict=False).drop_nulls()
    return np.where(np.isin(values, marks.to_numpy()), np.nan, values) if len(marks) else values


def _parse(table: Table, name: str, column: pl.Series) -> np.ndarray:
    notation = table.notation
    if notation.is_plain and not notation.missing:
        values = column.cast(pl.Float64, strict=False)
        unread = (values.is_null() & column.is_not_null()).arg_true()
        if len(unread) == 0:
            return values.to_numpy()
    else:
        values = pl.Series([None], dtype=pl.Float64).new_from_index(0, len(column))
        unread = column.is_not_null().arg_true()
    text = column.gather(unread).str.strip_chars()
    absent = text.str.to_lowercase().is_in(notation.absent)
    again = _read(text.set(absent, None), notation)
    bad = again.is_null() & ~absent
    if bad.any():
        flags = _flags(column, notation)
        if flags is not None:
            return flags
        at = int(bad.arg_true()[0])
        raise table.error(_no_number(table, column, text[at]), int(unread[at]), name)
    result = values.to_numpy().copy()
    result[unread.to_numpy()] = again.to_numpy()
    return result


def _read(text: pl.Series, notation: Notation) -> pl.Series:
    return plain(text, notation).cast(pl.Float64, strict=False)


def _flags(column: pl.Series, notation: Notation) -> np.ndarray | None:
    """1 and 0 for a column of two words for yes and no; None for any other."""
    lower = column.str.strip_chars().str.to_lowercase()
    missing = lower.is_null() | lower.is_in(notation.absent)
    for words in FLAGS:
        if (missing | lower.is_in(words)).all():
            yes = (lower == words[0]).fill_null(False).to_numpy()
            return np.where(missing.to_numpy(), np.nan, yes)
    return None


def _no_number(table: Table, column: pl.Series, bad: str) -> str:
    """What is wrong with `bad`, and the options that would read all of the column."""
    shown = shorten(bad)
    text = column.drop_nulls().str.strip_chars().unique()
    text = text.filter(~text.str.to_lowercase().is_in(table.notation.absent))
    readings = _readings(table, text, bad)
    if len({number for _, number in readings}) > 1:
        ways = " or ".join(f"{options} ({number:.15g})" for options, number in readings)
        return f"{shown} can be read in several ways; say which: {ways}"
    if readings:
        options, number = readings[0]
        return f"{shown} is no plain number; {options} reads it as {number:.15g}"
    what = f"{shown} is not a number"
    if not table.notation.is_plain:
        what += f" as {_written(table, table.notation)} has it"
    remedy = "write a number, or leave it empty if it is missing"
    if _stands_for_missing(text, bad, table.notation):
        return f"{what}; {remedy}, or give {table.option('missing', bad)}"
    return f"{what}; {remedy}"


def _readings(table: Table, text: pl.Series, bad: str) -> list[tuple[str, float]]:
    """The shortest options that read every number, each with what it makes of `bad`."""
    signs = SIGNED.fullmatch(bad)
    around = tuple(sign for sign in signs.groups() if sign) if signs else ()
    found: list[tuple[str, float]] = []
    for strip in ((), around) if around else ((),):
        for decimal, thousands in WAYS:
            notation = replace(
                table.notation,
                decimal=decimal,
                thousands=thousands,
                strip=table.notation.strip + strip,
            )
            if notation != table.notation and _read(text, notation).is_not_null().all():
                number = float(_read(pl.Series([bad]), notation)[0])
                if number not in (known for _, known in found):
                    found.append((_written(table, notation), number))
        if found:
            break
    return found


def _written(table: Table, notation: Notation) -> str:
    """The options of a way to write numbers."""
    options = [] if notation.decimal == "." else [table.option("decimal", notation.decimal)]
    if notation.thousands is not None:
        options.append(table.option("thousands", notation.thousands))
    if notation.strip:
        options.append(table.option("strip", *notation.strip))
    return " ".join(options) if table.counted == "" else ", ".join(options)


def _stands_for_missing(text: pl.Series, bad: str, notation: Notation) -> bool:
    """Whether `bad` looks like one of those signs: alone among numbers, short, without digits."""
    others = text.filter(text != bad)
    sign = len(bad) <= 20 and not any(c.isdigit() for c in bad)
    return sign and len(others) > 0 and bool(_read(others, notation).is_not_null().all())


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
