"""Times from the parts that a pattern finds in them: year, month, day, clock, offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from segue.data.notation import Dates
from segue.data.tables import Table
from segue.data.time_forms import month_number
from segue.data.whole_times import dates_of
from segue.data.wording import shorten
from segue.errors import DataError

ISO_HINT = "write ISO dates such as 2024-01-31 or 2024-01-31 15:00"

MICROSECONDS_A_MINUTE = 60_000_000
FIRST_OF_CENTURY = 69  # years of two digits are 1969 to 2068, as POSIX has it


@dataclass(frozen=True)
class TimeColumn:
    """A column that is being read; it makes the errors.

    Where only the different texts are read, `values` holds them and `text` those of all rows.
    """

    table: Table
    name: str
    text: pl.Series | None = None
    values: pl.Series | None = None

    def error(self, what: str, at: int) -> DataError:
        """The error for value number `at`."""
        return self.table.error(what, self._index(at), self.name)

    def row(self, at: int) -> int:
        """The row of value number `at`, as its file counts it."""
        return int(self.table.rows[self._index(at)])

    def _index(self, at: int) -> int:
        if self.text is None or self.values is None:
            return at
        return int(self.text.eq_missing(self.values[at]).arg_true()[0])

    def options(self, *dates: Dates) -> str:
        """How the error recommends readings."""
        return " or ".join(self.table.option("dates", reading) for reading in dates)


@dataclass(frozen=True)
class Parts:
    """What the groups of one form matched in each text."""

    where: TimeColumn
    text: pl.Series
    groups: pl.DataFrame

    def has(self, field: str) -> bool:
        """Whether the form has such a group and some text uses it."""
        return field in self.groups.columns and self.groups[field].null_count() < len(self.text)

    def number(self, field: str, absent: int) -> np.ndarray:
        """The group as int64 [n]; `absent` where there is none."""
        if field not in self.groups.columns:
            return np.full(len(self.text), absent)
        return self.groups[field].cast(pl.Int64).fill_null(absent).to_numpy()

    def first(self, bad: np.ndarray, what: str) -> DataError:
        """The error for the first text marked in `bad`."""
        at = int(np.flatnonzero(bad)[0])
        return self.where.error(f"{shorten(self.text[at])} {what}", at)


def from_parts(where: TimeColumn, text: pl.Series, form: str) -> np.ndarray:
    """datetime64[us] [n] of texts that all have this form."""
    parts = Parts(where, text, text.str.extract_groups(form).struct.unnest())
    dates, valid = _date(parts)
    hour, minute, second = (parts.number(field, 0) for field in ("hour", "minute", "second"))
    valid &= (hour < 24) & (minute < 60) & (second < 60)
    if parts.has("half"):
        half = parts.groups["half"].str.to_lowercase().str.head(1).fill_null("").to_numpy()
        valid &= (half == "") | ((hour >= 1) & (hour <= 12))
        hour = np.where(half == "", hour, hour % 12 + np.where(half == "p", 12, 0))
    if not valid.all():
        raise parts.first(~valid, "is no date or time that exists; mend it")
    clock = (hour * 3600 + minute * 60 + second) * 1_000_000 + _fraction(parts)
    return np.asarray(dates.astype("datetime64[us]") + clock - _offset(parts, clock))


def _date(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """datetime64[D] [n], and which exist."""
    fields = parts.groups.columns
    year, day = parts.number("year", 1970), parts.number("day", 1)
    if "week" in fields:
        return _week(year, parts.number("week", 1), parts.number("weekday", 1))
    if "three" in fields:
        year, month, day = _short_date(parts)
    elif "one" in fields:
        month, day = _day_and_month(parts)
    elif "quarter" in fields:
        month = np.maximum(parts.number("quarter", 0), parts.number("quarter_", 0)) * 3 - 2
    elif "semester" in fields:
        month = parts.number("semester", 1) * 6 - 5
    elif "name" in fields:
        month = _named_month(parts)
        if "short" in fields:
            year, day = _short_year(parts)
    else:
        month = parts.number("month", 1)
    return dates_of(year, month, day)


def _named_month(parts: Parts) -> np.ndarray:
    names = parts.groups["name"]
    known = {name: month_number(name) for name in names.unique().to_list()}
    month = names.replace_strict(known, return_dtype=pl.Int64).fill_null(0).to_numpy()
    if (month == 0).any():
        raise parts.first(month == 0, f"names no month that is known; {ISO_HINT}")
    return np.asarray(month)


def _week(year: np.ndarray, week: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The day of an ISO week: the first one has the year's first Thursday."""
    fourth, _ = dates_of(year, np.ones_like(year), np.full_like(year, 4))
    monday = fourth - (fourth.astype(np.int64) + 3) % 7 + (week - 1) * 7
    thursday = (monday + 3).astype("datetime64[Y]").astype(np.int64) + 1970
    return monday + (day - 1), (week >= 1) & (thursday == year)


def _century(year: np.ndarray) -> np.ndarray:
    return year + np.where(year < FIRST_OF_CENTURY, 2000, 1900)


def _short_date(parts: Parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month and day of three numbers of two digits: as `dates` says, and no guess."""
    one, two, three = (parts.number(field, 1) for field in ("one", "two", "three"))
    dates = parts.where.table.notation.dates
    if dates is Dates.DAY_FIRST:
        return _century(three), two, one
    if dates is Dates.MONTH_FIRST:
        return _century(three), one, two
    if dates is Dates.YEAR_FIRST:
        return _century(one), two, three
    ways = parts.where.options(Dates.DAY_FIRST, Dates.MONTH_FIRST, Dates.YEAR_FIRST)
    raise parts.where.error(
        f"{shorten(parts.text[0])} has a year of two digits; say what its numbers are: {ways}", 0
    )


def _short_year(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Year and day of 31-Jan-24 and of Jan-24, whose number may be a day or a year."""
    short, dates = parts.number("short", 1), parts.where.table.notation.dates
    proven = bool(((short > 31) | (short == 0)).any())
    if "day" not in parts.groups.columns:
        if proven or dates is Dates.MONTH_FIRST:
            return _century(short), np.ones_like(short)
        raise parts.where.error(
            f"{shorten(parts.text[0])} may be a month of a year or a day of a month; "
            f"{parts.where.options(Dates.MONTH_FIRST)} reads it as month and year",
            0,
        )
    day = parts.number("day", 1)
    if dates is Dates.YEAR_FIRST:
        return _century(day), short
    if proven or dates is Dates.DAY_FIRST:
        return _century(short), day
    raise parts.where.error(
        f"{shorten(parts.text[0])} has a year of two digits; say what its numbers are: "
        f"{parts.where.options(Dates.DAY_FIRST, Dates.YEAR_FIRST)}",
        0,
    )


def _fraction(parts: Parts) -> np.ndarray:
    """Microseconds of the fraction of a second."""
    if not parts.has("fraction"):
        return np.zeros(len(parts.text), np.int64)
    fraction = parts.groups["fraction"].fill_null("0")
    nano = fraction.str.pad_end(9, "0").cast(pl.Int64).to_numpy()
    finer = np.flatnonzero(nano % 1000)
    if len(finer):
        raise parts.where.error("is finer than a microsecond; round the times", int(finer[0]))
    return np.asarray(nano // 1000)


def _day_and_month(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Which of the two leading numbers is the month: what `dates` says, or some row proves."""
    one, two = parts.number("one", 1), parts.number("two", 1)
    where, text, dates = parts.where, parts.text, parts.where.table.notation.dates
    if dates in {Dates.DAY_FIRST, Dates.MONTH_FIRST}:
        return (two, one) if dates is Dates.DAY_FIRST else (one, two)
    day_first = np.flatnonzero((one > 12) & (two <= 12))
    month_first = np.flatnonzero((two > 12) & (one <= 12))
    if len(day_first) and len(month_first):
        first, other = sorted((int(day_first[0]), int(month_first[0])))
        raise where.error(
            f"{shorten(text[other])} and {shorten(text[first])} in row {where.row(first)} mix "
            f"day/month/year and month/day/year; {ISO_HINT}",
            other,
        )
    if not len(day_first) and not len(month_first) and (one <= 12).all():
        ways = where.options(Dates.DAY_FIRST, Dates.MONTH_FIRST)
        raise where.error(
            f"{shorten(text[0])} may be day/month/year or month/day/year and no row tells which; "
            f"give {ways}, or {ISO_HINT}",
            0,
        )
    return (two, one) if len(day_first) else (one, two)


def _offset(parts: Parts, clock: np.ndarray) -> np.ndarray:
    """Microseconds to subtract for UTC, an offset for every row or for none.

    Midnights whose offset changes, as daylight saving does it, are dates: nothing is subtracted.
    """
    if not parts.has("zone"):
        return np.zeros(len(parts.text), np.int64)
    zones = parts.groups["zone"]
    without = zones.is_null()
    if without.any():
        at = int((without != without[0]).arg_true()[0])
        raise parts.where.error(
            f"{shorten(parts.text[at])} is in another time zone than {shorten(parts.text[0])} in "
            f"row {parts.where.row(0)}, since one of them names none; write an offset everywhere "
            "or nowhere",
            at,
        )
    minutes = {zone: _minutes(zone) for zone in zones.unique().to_list()}
    values = zones.replace_strict(minutes, return_dtype=pl.Int64).to_numpy()
    if len(set(minutes.values())) > 1 and (clock == 0).all():
        return np.zeros(len(parts.text), np.int64)
    return np.asarray(values * MICROSECONDS_A_MINUTE)


def _minutes(zone: str) -> int:
    """Offset from UTC in minutes."""
    digits = zone.upper().removeprefix("UTC").removeprefix("GMT").lstrip("+-").replace(":", "")
    if not digits.isdigit():
        return 0
    size = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return -size if "-" in zone else size
