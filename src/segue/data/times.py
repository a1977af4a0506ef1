"""A column of a table as times: dates, datetimes, months, quarters, years, or whole numbers."""

from __future__ import annotations

import numpy as np
import polars as pl

from segue.data.tables import Table
from segue.data.values import MISSING, is_text
from segue.data.wording import shorten

ISO_HINT = "write ISO dates such as 2024-01-31 or 2024-01-31 15:00"

_CLOCK = (
    r"(?:[T ] *(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp][Mm]))? ?(?P<zone>Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
WHOLE = r"^[+-]?[0-9]{1,18}(?:\.0*)?$"
YEAR_FIRST = r"^(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})" + _CLOCK
YEAR_LAST = r"^(?P<one>[0-9]{1,2})[-/.](?P<two>[0-9]{1,2})[-/.](?P<year>[0-9]{4})" + _CLOCK
MONTH = r"^(?P<year>[0-9]{4})[-/](?P<month>[0-9]{1,2})$"
QUARTER = r"^(?P<year>[0-9]{4})[- ]?[Qq](?P<quarter>[1-4])$"

# Whole numbers are years, months or dates only when every one of them is, within these years.
FIRST_YEAR, LAST_YEAR = 1500, 2200
LARGEST = 10**18  # of an index


def times(table: Table, name: str) -> np.ndarray:
    """The column as datetime64[us] [n], or int64 [n] where times are plain whole numbers.

    The form is decided from the whole column. Text: ISO dates and datetimes (`T` or a blank, with
    a fraction, `Z` or an offset), `2024-03`, `2024Q1`, day/month/year or month/day/year when some
    row proves which of the two it is. Whole numbers: 20240131, 202401 and 2024 when all are valid
    dates, months or years from 1500 to 2200; Unix time when all have 10 (s) or 13 (ms) digits;
    any others are an index. One offset for all rows is converted to UTC; several are an error.
    A typed column with a zone is UTC as well, or dates when all its times are midnight there.

    >>> import polars as pl
    >>> from segue.data.tables import table_from_frame
    >>> times(table_from_frame(pl.DataFrame({"t": ["2024-01", "2024-02"]})), "t")
    array(['2024-01-01T00:00:00.000000', '2024-02-01T00:00:00.000000'],
          dtype='datetime64[us]')
    """
    column = table.require(name, "time")
    if is_text(column):
        return _from_text(table, name, column.cast(pl.String).str.strip_chars())
    absent = column.is_null().arg_true()
    if len(absent):
        raise table.error("the time is missing; write it", int(absent[0]), name)
    if column.dtype == pl.Date:
        return _from_datetimes(table, name, column, "D")
    if isinstance(column.dtype, pl.Datetime):
        return _from_datetimes(table, name, column, column.dtype.time_unit)
    if column.dtype.is_integer():
        return _from_integers(table, name, column)
    if column.dtype.is_float():
        return _from_floats(table, name, column.cast(pl.Float64).to_numpy())
    kind = shorten(str(column.dtype))
    raise table.error(f"holds {kind}, not times; {ISO_HINT}", column=name)


def _from_datetimes(table: Table, name: str, column: pl.Series, unit: str) -> np.ndarray:
    """Dates and datetimes: in UTC if they have a zone, or dates if all are midnight there."""
    micro = _microseconds(table, name, column, unit)
    if getattr(column.dtype, "time_zone", None) is not None:
        local = column.dt.replace_time_zone(None)
        if (local.dt.truncate("1d") == local).all():
            return _microseconds(table, name, local, unit)
    return micro


def _microseconds(table: Table, name: str, column: pl.Series, unit: str) -> np.ndarray:
    """From the physical numbers, since polars cannot turn a time far outside into a date."""
    time = column.to_physical().cast(pl.Int64).to_numpy().astype(f"datetime64[{unit}]")
    micro = time.astype("datetime64[us]")
    if unit == "ns":
        finer = np.flatnonzero(micro.astype("datetime64[ns]") != time)
        if len(finer):
            raise table.error("is finer than a microsecond; round the times", int(finer[0]), name)
    else:
        low, high = np.datetime64("0001-01-02"), np.datetime64("9999-12-31")
        strange = np.flatnonzero((time < low) | (time > high))
        if len(strange):
            raise table.error("the year is not 1 to 9999; mend the time", int(strange[0]), name)
    return micro


def _from_integers(table: Table, name: str, column: pl.Series) -> np.ndarray:
    whole = column.cast(pl.Int64, strict=False)
    large = (whole.is_null() | ~whole.is_between(-LARGEST, LARGEST)).arg_true()
    if len(large):
        raise table.error("the number is too large for a time; mend it", int(large[0]), name)
    return _from_whole(whole.to_numpy())


def _from_floats(table: Table, name: str, values: np.ndarray) -> np.ndarray:
    whole = np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**53)
    if not whole.all():
        at = int(np.flatnonzero(~whole)[0])
        raise table.error(f"{values[at]} is not a whole number; {ISO_HINT}", at, name)
    return _from_whole(values.astype(np.int64))


def _from_whole(values: np.ndarray) -> np.ndarray:
    """Dates, months, years, Unix times, or the numbers themselves (see `times`)."""
    low, high = int(values.min()), int(values.max())
    if low >= 10**9 and high < 10**10:
        return values.astype("datetime64[s]").astype("datetime64[us]")
    if low >= 10**12 and high < 10**13:
        return values.astype("datetime64[ms]").astype("datetime64[us]")
    one = np.ones_like(values)
    if low >= FIRST_YEAR * 10000 and high < (LAST_YEAR + 1) * 10000:
        parts = (values // 10000, values // 100 % 100, values % 100)
    elif low >= FIRST_YEAR * 100 and high < (LAST_YEAR + 1) * 100:
        parts = (values // 100, values % 100, one)
    elif low >= FIRST_YEAR and high <= LAST_YEAR:
        parts = (values, one, one)
    else:
        return values
    dates, valid = _dates(*parts)
    return dates.astype("datetime64[us]") if valid.all() else values


def _dates(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """datetime64[D] of calendar parts, and which of them exist."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    length = ((months + 1).astype("datetime64[D]") - first).astype(np.int64)
    valid = (month >= 1) & (month <= 12) & (day >= 1) & (day <= length)
    return first + (day - 1), valid


def _from_text(table: Table, name: str, text: pl.Series) -> np.ndarray:
    absent = (text.is_null() | text.str.to_lowercase().is_in(MISSING)).fill_null(True).arg_true()
    if len(absent):
        raise table.error("the time is missing; write it", int(absent[0]), name)
    for form in (YEAR_FIRST, YEAR_LAST, MONTH, QUARTER, WHOLE):
        matches = text.str.contains(form)
        if matches[0]:
            break
    else:
        raise table.error(f"{shorten(text[0])} is not a time; {ISO_HINT}", 0, name)
    if not matches.all():
        at = int((~matches).arg_true()[0])
        raise table.error(
            f"{shorten(text[at])} is not a time of the same form as {shorten(text[0])} in row "
            f"{table.rows[0]}; {ISO_HINT}",
            at,
            name,
        )
    if form == WHOLE:
        return _from_whole(text.str.split(".").list.first().cast(pl.Int64).to_numpy())
    parts = text.str.extract_groups(form).struct.unnest()
    return _from_parts(table, name, text, parts)


def _number(parts: pl.DataFrame, field: str, absent: int) -> np.ndarray:
    if field not in parts.columns:
        return np.full(parts.height, absent)
    return parts[field].cast(pl.Int64).fill_null(absent).to_numpy()


def _from_parts(table: Table, name: str, text: pl.Series, parts: pl.DataFrame) -> np.ndarray:
    if "one" in parts.columns:
        month, day = _day_and_month(table, name, text, parts)
    elif "quarter" in parts.columns:
        month, day = _number(parts, "quarter", 1) * 3 - 2, np.ones(parts.height, np.int64)
    else:
        month, day = _number(parts, "month", 1), _number(parts, "day", 1)
    dates, valid = _dates(_number(parts, "year", 1970), month, day)
    hour, minute, second = (_number(parts, field, 0) for field in ("hour", "minute", "second"))
    valid &= (hour < 24) & (minute < 60) & (second < 60)
    if "half" in parts.columns:
        half = parts["half"].str.to_lowercase().fill_null("").to_numpy()
        valid &= (half == "") | ((hour >= 1) & (hour <= 12))
        hour = np.where(half == "", hour, hour % 12 + np.where(half == "pm", 12, 0))
    if not valid.all():
        at = int(np.flatnonzero(~valid)[0])
        raise table.error(f"{shorten(text[at])} is no date or time that exists; mend it", at, name)
    micro = (hour * 3600 + minute * 60 + second) * 1_000_000 + _fraction(table, name, parts)
    return np.asarray(dates.astype("datetime64[us]") + micro - _offset(table, name, text, parts))


def _fraction(table: Table, name: str, parts: pl.DataFrame) -> np.ndarray:
    """Microseconds of the fraction of a second."""
    if "fraction" not in parts.columns or parts["fraction"].null_count() == parts.height:
        return np.zeros(parts.height, np.int64)
    nano = parts["fraction"].fill_null("0").str.pad_end(9, "0").cast(pl.Int64).to_numpy()
    finer = np.flatnonzero(nano % 1000)
    if len(finer):
        raise table.error("is finer than a microsecond; round the times", int(finer[0]), name)
    return np.asarray(nano // 1000)


def _day_and_month(
    table: Table, name: str, text: pl.Series, parts: pl.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Which of the two leading numbers is the month: only what some row proves."""
    one, two = _number(parts, "one", 1), _number(parts, "two", 1)
    day_first = np.flatnonzero((one > 12) & (two <= 12))
    month_first = np.flatnonzero((two > 12) & (one <= 12))
    if len(day_first) and len(month_first):
        first, other = sorted((int(day_first[0]), int(month_first[0])))
        raise table.error(
            f"{shorten(text[other])} and {shorten(text[first])} in row {table.rows[first]} mix "
            f"day/month/year and month/day/year; {ISO_HINT}",
            other,
            name,
        )
    if not len(day_first) and not len(month_first) and (one <= 12).all():
        raise table.error(
            f"{shorten(text[0])} may be day/month/year or month/day/year and no row tells which; "
            f"{ISO_HINT}",
            0,
            name,
        )
    return (two, one) if len(day_first) else (one, two)


def _offset(table: Table, name: str, text: pl.Series, parts: pl.DataFrame) -> np.ndarray:
    """Microseconds to subtract for UTC: one offset for the whole column, or none."""
    if "zone" not in parts.columns or parts["zone"].null_count() == parts.height:
        return np.zeros(parts.height, np.int64)
    zones = parts["zone"].fill_null("none")
    minutes = {zone: _minutes(zone) for zone in zones.unique().to_list()}
    codes = zones.replace_strict(minutes, return_dtype=pl.Int64, default=None)
    values = codes.fill_null(np.iinfo(np.int64).max).to_numpy()
    other = np.flatnonzero(values != values[0])
    if len(other):
        at = int(other[0])
        raise table.error(
            f"{shorten(text[at])} is in another time zone than {shorten(text[0])} in row "
            f"{table.rows[0]}; convert all times to UTC (for daily rows, write the date alone)",
            at,
            name,
        )
    return np.asarray(values * 60_000_000)


def _minutes(zone: str) -> int | None:
    """Offset from UTC in minutes; None for a time without a zone."""
    if zone == "none":
        return None
    digits = zone.lstrip("+-").replace(":", "")
    if not digits.isdigit():
        return 0
    size = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return -size if zone.startswith("-") else size
