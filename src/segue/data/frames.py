"""polars and pandas frames, taken as polars; pandas itself is never imported."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

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
    columns: dict[str, pl.Series] = {}
    index = frame.index
    if index.name is not None and str(index.name) not in map(str, frame.columns):
        frame = frame.reset_index()
    for position, name in enumerate(frame.columns):
        if not isinstance(name, str) or name in columns:
            raise DataError(
                f"{source}: the column name {name!r} is not text or appears twice; rename it"
            )
        columns[name] = _series(frame.iloc[:, position])
    return pl.DataFrame(columns)


def _series(column: Any) -> pl.Series:
    kind = str(column.dtype)
    if kind.startswith("datetime64"):
        if getattr(column.dt, "tz", None) is not None:
            utc = column.dt.tz_convert("UTC").dt.tz_localize(None)
            return pl.Series(utc.to_numpy()).dt.replace_time_zone("UTC")
        return pl.Series(column.to_numpy())
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        return pl.Series(column.to_numpy())
    values = [
        None if missing else value for value, missing in zip(column, column.isna(), strict=True)
    ]
    return pl.Series(values, strict=False)
