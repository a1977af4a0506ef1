"""JSON lines: an object a line, whose keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from segue.data import memory
from segue.data.delimited import LINE_LIMIT, check_bytes
from segue.data.lines import line_too_long, whole_lines
from segue.data.wording import one_line, shorten
from segue.errors import DataError

SCALARS = {bool: "a truth value", int: "a number", float: "a number", str: "text"}
KINDS = {**SCALARS, list: "a list", dict: "an object"}


@dataclass
class _Columns:
    """What has been read so far: for each column, a series for every block."""

    place: str
    parts: dict[str, list[pl.Series]] = field(default_factory=dict)
    rows: list[np.ndarray] = field(default_factory=list)
    height: int = 0

    def add(self, objects: list[dict[str, Any]], rows: list[int]) -> None:
        """The objects of a block, and the numbers of their lines."""
        for name in dict.fromkeys(key for one in objects for key in one):
            values = [one.get(name) for one in objects]
            before = [pl.Series([None] * self.height, dtype=pl.Null)] if self.height else []
            self.parts.setdefault(name, before).append(self._series(name, values, rows))
        self.height += len(objects)
        self.rows.append(np.array(rows))
        for parts in self.parts.values():
            short = self.height - sum(map(len, parts))
            if short:
                parts.append(pl.Series([None] * short, dtype=pl.Null))

    def _series(self, name: str, values: list[Any], rows: list[int]) -> pl.Series:
        kinds = {type(value) for value in values} - {type(None)}
        if not kinds:
            return pl.Series([None] * len(values), dtype=pl.Null)
        if kinds <= set(SCALARS):
            return _scalars(values, kinds)
        series = _nested(values)
        if series is not None:
            return series
        first = next(type(value) for value in values if value is not None)
        at = next((i for i, v in enumerate(values) if type(v) not in {first, type(None)}), None)
        what = "its lists or objects do not all hold the same kinds of values"
        if at is not None:
            what = f"holds {KINDS[type(values[at])]} where a row before holds {KINDS[first]}"
        raise self._mixed(name, what, rows[at or 0])

    def _mixed(self, name: str, what: str, row: int | None = None) -> DataError:
        where = "" if row is None else f"row {row}, "
        return DataError(
            f"{self.place}: {where}column {shorten(name)}: {what}; write one kind of value"
        )

    def frame(self) -> pl.DataFrame:
        """All blocks as one frame."""
        joined = {}
        for name in list(self.parts):
            parts = self.parts.pop(name)
            kinds = {part.dtype for part in parts} - {pl.Null}
            if len(kinds) > 1 and not any(kind.is_nested() for kind in kinds):
                number = all(kind.is_numeric() for kind in kinds)
                parts = [part.cast(pl.Float64 if number else pl.String) for part in parts]
            elif len(kinds) == 1:
                parts = [part.cast(next(iter(kinds))) for part in parts]
            try:
                column = pl.concat([p.rename("").to_frame() for p in parts], how="vertical_relaxed")
            except pl.exceptions.PolarsError as error:
                raise self._mixed(name, "mixes kinds of values") from error
            joined[name] = column.to_series()
        return pl.DataFrame(joined)


def read_jsonl(chunks: Iterator[bytes], place: str) -> tuple[pl.DataFrame, np.ndarray]:
    r"""The frame of JSON lines, and the number of the line of each of its rows.

    A key that a line lacks is missing there. Numbers stay numbers; where a column has text as
    well, they are text as JSON writes it. Lists and objects become polars' own. Blank lines are
    passed over and count.

    Raises:
        DataError: a line is no JSON object, names a key twice, is longer than 1 MiB or not UTF-8.

    >>> read_jsonl(iter([b'{"y": 1}\n{"y": null, "z": "a"}\n']), "a.jsonl")[0].rows()
    [(1, None), (None, 'a')]
    """
    found = _Columns(place)
    taken = 0
    for row, block in whole_lines(chunks, place):
        check_bytes(block, place, row)
        objects, rows = [], []
        for number, line in enumerate(block.split(b"\n")[:-1], start=row):
            if line.strip():
                objects.append(object_of_line(line, place, number))
                rows.append(number)
        if objects:
            found.add(objects, rows)
            taken += len(block)
            memory.require(taken, place, f"{memory.size(taken)} are read to row {rows[-1]}")
    if not found.height:
        raise DataError(f"{place}: the file has no rows; it needs a JSON object a line")
    frame = found.frame()
    if not frame.width:
        raise DataError(f"{place}: no line names a column; write objects with keys")
    return frame, np.concatenate(found.rows)


def object_of_line(line: bytes, place: str, row: int) -> dict[str, Any]:
    """The JSON object of a line, NaN taken as null.

    Raises:
        DataError: it is none, names a key twice, or is longer than 1 MiB.
    """
    where = f"{place}: row {row}"
    if len(line) > LINE_LIMIT:
        raise line_too_long(place, row)
    try:
        value = json.loads(line, object_pairs_hook=_distinct, parse_constant=_constant)
    except _TwiceError as error:
        raise DataError(f"{where}: names {shorten(str(error))} twice; keep one") from error
    except (ValueError, RecursionError) as error:
        what = one_line(getattr(error, "msg", "nested too deeply or a number too long"))
        at = f" at byte {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        hint = "a JSON object a line is needed, such as made by `jq -c '.[]'` from an array"
        raise DataError(f"{where}: not JSON ({what}{at}); {hint}") from error
    if not isinstance(value, dict):
        kind = KINDS.get(type(value), "null")
        raise DataError(
            f"{where}: holds {kind} where a JSON object is needed; name the values, as in "
            '{"text": ...}'
        )
    return value


class _TwiceError(Exception):
    """A key that an object has twice."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        raise _TwiceError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return value


def _constant(name: str) -> float | None:
    """NaN, which Python writes for a missing value; infinity stays for the checks to see."""
    return None if name == "NaN" else float(name.lower().replace("infinity", "inf"))


def _nested(values: list[Any]) -> pl.Series | None:
    """Lists or objects; None where polars cannot hold them as they are.

    It takes the kind of the first value and would cut 0.5 to 0, hence the look at the result.
    """
    for candidate in (values, [_floated(value) for value in values]):
        try:
            series = pl.Series(candidate)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            continue
        if all(map(_same, series.to_list(), values)):
            return series
    return None


def _floated(value: Any) -> Any:
    """`value` with every number in it as a float."""
    if isinstance(value, list):
        return [_floated(one) for one in value]
    if isinstance(value, dict):
        return {key: _floated(one) for key, one in value.items()}
    return float(value) if type(value) is int else value


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; a key that is absent is null."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_same(one.get(key), other.get(key)) for key in {*one, *other})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    numbers = {type(one), type(other)} <= {int, float}
    return (numbers or type(one) is type(other)) and bool(one == other)


def _scalars(values: list[Any], kinds: set[type]) -> pl.Series:
    """Numbers, truth values or text; several kinds, and integers too large, become text."""
    large = int in kinds and any(type(v) is int and not -(2**63) <= v < 2**63 for v in values)
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    if kinds == {int} and not large:
        return pl.Series(values, dtype=pl.Int64)
    if kinds <= {int, float} and not large:
        return pl.Series([None if v is None else float(v) for v in values], dtype=pl.Float64)
    return pl.Series(
        [v if v is None or isinstance(v, str) else json.dumps(v) for v in values], dtype=pl.String
    )
