"""A column of a table as times: dates, datetimes, months, quarters, years, or whole numbers."""

from __future__ import annotations

import numpy as np
import polars as pl

from segue.data.notation import BLANKS, Dates
from segue.data.tables import Table
from segue.data.time_forms import DECIMAL, EXACT, FORMS, WHOLE
from segue.data.time_parts import ISO_HINT, TimeColumn, from_parts
from segue.data.values import is_text
from segue.data.whole_times import by_digits, from_excel, from_unix
from segue.data.wording import shorten

LARGEST = 10**18  # of an index


def times(table: Table, name: str) -> np.ndarray:
    """The column as datetime64[us] [n], or int64 [n] where times are plain whole numbers.

    The form is decided from the whole column. Text: dates and datetimes with the year first (`T`
    or a blank, with a fraction, `Z` or an offset); day/month/year or month/day/year when some row
    proves which of the two it is, or the notation's `dates` says it; months by name (`31 Jan 2024`,
    `January 31, 2024`, `Jan 1990`), in English or nine other languages; `2024-03`, `2024M03`,
    `2024Q1`, `Q1 2024`, `2024S1`, `2024-W05` (its Monday). Whole numbers: see
    `segue.data.whole_times`; those that are no dates are an index. Times with offsets are in UTC,
    but where the offsets differ and all are midnights they are dates. A typed column with a zone
    is UTC as well, or dates when all its times are midnight there.

    Raises:
        DataError: a time is missing, is none, or has two readings; the option that reads it is
            named.

    >>> import polars as pl
    >>> from segue.data.tables import table_from_frame
    >>> times(table_from_frame(pl.DataFrame({"t": ["Jan 2024", "Feb 2024"]})), "t")
    array(['2024-01-01T00:00:00.000000', '2024-02-01T00:00:00.000000'],
          dtype='datetime64[us]')
    """
    column = table.require(name, "time")
    where = TimeColumn(table, name)
    if is_text(column):
        return _from_text(where, column.cast(pl.String).str.strip_chars())
    absent = column.is_null().arg_true()
    if len(absent):
        raise where.error("the time is missing; write it", int(absent[0]))
    if column.dtype == pl.Date:
        return _from_datetimes(where, column, "D")
    if isinstance(column.dtype, pl.Datetime):
        return _from_datetimes(where, column, column.dtype.time_unit)
    if column.dtype.is_integer():
        return _from_integers(where, column)
    if column.dtype.is_float():
        return _from_floats(where, column.cast(pl.Float64).to_numpy())
    kind = shorten(str(column.dtype))
    raise table.error(f"holds {kind}, not times; {ISO_HINT}", column=name)


def _from_datetimes(where: TimeColumn, column: pl.Series, unit: str) -> np.ndarray:
    """Dates and datetimes: in UTC if they have a zone, or dates if all are midnight there."""
    micro = _microseconds(where, column, unit)
    if getattr(column.dtype, "time_zone", None) is not None:
        local = column.dt.replace_time_zone(None)
        if (local.dt.truncate("1d") == local).all():
            return _microseconds(where, local, unit)
    return micro


def _microseconds(where: TimeColumn, column: pl.Series, unit: str) -> np.ndarray:
    """From the physical numbers, since polars cannot turn a time far outside into a date."""
    time = column.to_physical().cast(pl.Int64).to_numpy().astype(f"datetime64[{unit}]")
    if unit == "ns":
        return _coarser(where, time)
    low, high = np.datetime64("0001-01-02"), np.datetime64("9999-12-31")
    strange = np.flatnonzero((time < low) | (time > high))
    if len(strange):
        raise where.error("the year is not 1 to 9999; mend the time", int(strange[0]))
    return time.astype("datetime64[us]")


def _coarser(where: TimeColumn, time: np.ndarray) -> np.ndarray:
    """Times of any unit as datetime64[us]; none may be finer."""
    micro = time.astype("datetime64[us]")
    finer = np.flatnonzero(micro.astype(time.dtype) != time)
    if len(finer):
        raise where.error("is finer than a microsecond; round the times", int(finer[0]))
    return micro


def _from_integers(where: TimeColumn, column: pl.Series) -> np.ndarray:
    whole = column.cast(pl.Int64, strict=False)
    absent = whole.is_null().arg_true()
    if len(absent):
        raise where.error("the number is too large for a time; mend it", int(absent[0]))
    return _from_whole(where, whole.to_numpy())


def _from_floats(where: TimeColumn, values: np.ndarray) -> np.ndarray:
    dates, finite = where.table.notation.dates, np.isfinite(values)
    if dates in {Dates.EXCEL, Dates.UNIX} and finite.all():
        return _counted(where, values, dates)
    whole = finite & (values == np.floor(values)) & (np.abs(values) < 2**53)
    if not whole.all():
        at = int(np.flatnonzero(~whole)[0])
        ways = where.options(Dates.EXCEL, Dates.UNIX)
        raise where.error(
            f"{values[at]} is not a whole number; {ISO_HINT}, or give {ways} if it counts days "
            "or seconds",
            at,
        )
    return _from_whole(where, values.astype(np.int64))


def _counted(where: TimeColumn, values: np.ndarray, dates: Dates) -> np.ndarray:
    """Numbers that count days or seconds."""
    if dates is Dates.EXCEL:
        time, valid = from_excel(values)
    else:
        time = _coarser(where, from_unix(values))
        valid = (time >= np.datetime64("0001-01-02")) & (time <= np.datetime64("9999-12-31"))
    if not valid.all():
        at = int(np.flatnonzero(~valid)[0])
        raise where.error(f"{values[at]} is no time as {where.options(dates)} has it", at)
    return time


def _from_whole(where: TimeColumn, values: np.ndarray) -> np.ndarray:
    """Dates, months, years, Unix times, or the numbers themselves (see `by_digits`)."""
    dates = where.table.notation.dates
    if dates in {Dates.EXCEL, Dates.UNIX}:
        return _counted(where, values, dates)
    readings = by_digits(values)
    if len(readings) > 1 and dates is not Dates.YEAR_FIRST:
        raise where.error(
            f"'{values[0]}' may be a date with its hour or Unix time; "
            f"give {where.options(Dates.YEAR_FIRST, Dates.UNIX)}",
            0,
        )
    if readings:
        return _coarser(where, readings[-1])
    large = np.flatnonzero((values > LARGEST) | (values < -LARGEST))
    if len(large):
        raise where.error("the number is too large for a time; mend it", int(large[0]))
    return values


def _from_text(where: TimeColumn, text: pl.Series) -> np.ndarray:
    different = text.to_frame().select(pl.all().approx_n_unique()).item()
    if different * 2 > len(text):
        return _parse(where, text)
    values = text.unique(maintain_order=True)
    time = _parse(TimeColumn(where.table, where.name, text, values), values)
    return np.asarray(time[text.cast(pl.Enum(values)).to_physical().to_numpy()])


def _parse(where: TimeColumn, text: pl.Series) -> np.ndarray:
    for form, written in EXACT:
        if text.str.contains(form).all() and text.null_count() == 0:
            exact = text.str.to_datetime(written, strict=False, time_unit="us")
            if exact.null_count() == 0:
                return exact.to_numpy()
    absent = text.is_null() | text.str.to_lowercase().is_in(where.table.notation.absent)
    if absent.any():
        raise where.error("the time is missing; write it", int(absent.arg_true()[0]))
    text = text.str.replace_all(BLANKS, " ")
    form, matches = _form(where, text)
    if not matches.all():
        at = int((~matches).arg_true()[0])
        raise where.error(
            f"{shorten(text[at])} is not a time of the same form as {shorten(text[0])} in row "
            f"{where.row(0)}; {ISO_HINT}, or remove the row if it is a heading or a total",
            at,
        )
    if form == DECIMAL:
        return _from_floats(where, text.cast(pl.Float64).to_numpy())
    if form == WHOLE:
        return _from_integers(where, text.str.split(".").list.first().cast(pl.Int64, strict=False))
    return from_parts(where, text, form)


def _form(where: TimeColumn, text: pl.Series) -> tuple[str, pl.Series]:
    """The form of the first time, and which of all have it."""
    counted = where.table.notation.dates in {Dates.EXCEL, Dates.UNIX}
    for form in ((DECIMAL,) if counted else ()) + (*FORMS, WHOLE):
        if text.head(1).str.contains(form)[0]:
            return form, text.str.contains(form)
    hint = ISO_HINT
    if text.head(1).str.contains(DECIMAL)[0]:
        ways = where.options(Dates.EXCEL, Dates.UNIX)
        hint += f", or give {ways} if it counts days or seconds"
    raise where.error(f"{shorten(text[0])} is not a time; {hint}", 0)
