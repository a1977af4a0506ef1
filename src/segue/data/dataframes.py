"""polars and pandas frames, taken as polars; pandas itself is never imported."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

import numpy as np
import polars as pl

from segue.data.wording import shorten
from segue.errors import DataError


def to_polars(frame: object, source: str) -> pl.DataFrame:
    """`frame` as a polars frame; one of pandas is converted column by column, without pyarrow.

    >>> import polars as pl
    >>> to_polars(pl.LazyFrame({"y": [1, 2]}), "sales").shape
    (2, 1)
    """
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame
    kind = type(frame)
    if kind.__module__.split(".")[0] != "pandas" or kind.__name__ != "DataFrame":
        raise DataError(
            f"{source}: a polars or pandas DataFrame is needed, not {kind.__name__}; "
            "for example polars.DataFrame(...)"
        )
    return _from_pandas(frame, source)


def _from_pandas(frame: Any, source: str) -> pl.DataFrame:
    """An index that has a name or holds times becomes columns; without a name it is "index"."""
    index = frame.index
    named = any(name is not None for name in index.names)
    timed = str(index.dtype).startswith(("datetime64", "period"))
    if (named or timed) and not set(index.names) & set(frame.columns):
        frame = frame.reset_index()
    columns: dict[str, pl.Series] = {}
    for position, name in enumerate(frame.columns):
        if not isinstance(name, str) or name in columns:
            shown = shorten(str(name))
            raise DataError(
                f"{source}: the column name {shown} is not text or appears twice; rename it"
            )
        columns[name] = _series(frame.iloc[:, position], f"{source}: column {shorten(name)}")
    return pl.DataFrame(columns)


def _series(column: Any, place: str) -> pl.Series:
    kind = str(column.dtype)
    if kind.startswith("period"):
        column, kind = column.dt.to_timestamp(), "datetime64"
    if kind.startswith("datetime64"):
        if getattr(column.dt, "tz", None) is not None:
            zone, utc = str(column.dt.tz), column.dt.tz_convert("UTC").dt.tz_localize(None)
            times = _datetimes(utc.to_numpy()).dt.replace_time_zone("UTC")
            return times.dt.convert_time_zone(zone) if zone in available_timezones() else times
        return _datetimes(column.to_numpy())
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        return pl.Series(column.to_numpy())
    absent = column.isna()
    values = [None if gone else value for value, gone in zip(column, absent, strict=True)]
    try:
        return pl.Series(values)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{place}: mixes kinds of values; convert it to one kind") from error


def _datetimes(values: np.ndarray) -> pl.Series:
    """Polars knows no whole seconds."""
    return pl.Series(values.astype("datetime64[us]") if values.dtype == "datetime64[s]" else values)
