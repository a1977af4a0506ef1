"""JSON Lines as a table: an object on each line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import polars as pl

from segue.data.lines import read_lines
from segue.data.tables import Table
from segue.data.wording import one_line, shorten
from segue.errors import DataError


def read_json_lines(path: str | Path) -> Table:
    r"""Read JSON Lines; columns are the keys of all objects, and values become text.

    A key that an object lacks, and null, are a missing value. Values are text, numbers, true and
    false; a key that holds a list or an object anywhere is no column.

    Raises:
        DataError: a line is no JSON object, or nests too deep.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "train.jsonl"
    >>> _ = path.write_text('{"text": "fine", "label": 1}\n{"text": "dull"}\n')
    >>> read_json_lines(path).frame.rows()
    [('fine', '1'), ('dull', None)]
    """
    place = one_line(str(path))
    columns: dict[str, list[str | None]] = {}
    nested: set[str] = set()
    numbers: list[int] = []
    for number, line in read_lines(Path(path)):
        if not line.strip():
            continue
        for name, value in _object(line, f"{place}: row {number}").items():
            if isinstance(value, list | dict):
                nested.add(name)
                continue
            column = columns.setdefault(name, [])
            column.extend([None] * (len(numbers) - len(column)))
            column.append(_text(value, f"{place}: row {number}, key {shorten(name)}"))
        numbers.append(number)
    if not numbers:
        raise DataError(f"{place}: the file is empty; it needs an object on each line")
    whole = {
        name: column + [None] * (len(numbers) - len(column))
        for name, column in columns.items()
        if name not in nested
    }
    frame = pl.DataFrame(whole, dict.fromkeys(whole, pl.String))
    return Table(frame, str(path), np.array(numbers, np.int64))


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_constant=_refuse)
    except RecursionError:
        raise DataError(f"{place}: nests too deep; write a flat object") from None
    except ValueError as error:
        reason = getattr(error, "msg", "a number that is none")
        at = getattr(error, "colno", None)
        where = "" if at is None else f" at character {at}"
        raise DataError(f"{place}: no JSON ({reason}{where}); write an object on a line") from None
    if not isinstance(value, dict):
        raise DataError(f"{place}: no JSON object but {shorten(line)}; write an object on a line")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _text(value: str | float | bool | None, place: str) -> str | None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise DataError(f"{place}: half a surrogate pair, which is no character; correct it")
        if "\0" in value:
            raise DataError(f"{place}: a NUL character; remove it")
        return value
    return None if value is None else json.dumps(value)
