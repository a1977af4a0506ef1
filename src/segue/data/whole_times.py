"""Plain numbers as times: dates without separators, Unix time, a spreadsheet's days, an index."""

from __future__ import annotations

import numpy as np

# Whole numbers are years, months or dates only when every one of them is, within these years.
FIRST_YEAR, LAST_YEAR = 1500, 2200

# Unix time by the digits that all numbers have, now and in the last twenty years.
UNIX_DIGITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}
EXCEL_DAYS = (61, 2_958_465)  # 1 March 1900, since Excel has a 29 February 1900, to the year 9999


def dates_of(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """datetime64[D] of calendar parts [n], and which of them exist [n]."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    length = ((months + 1).astype("datetime64[D]") - first).astype(np.int64)
    valid = (month >= 1) & (month <= 12) & (day >= 1) & (day <= length)
    return first + (day - 1), valid


def by_digits(values: np.ndarray) -> list[np.ndarray]:
    """The times [n] that whole numbers [n] can be by the digits they have: none, one or two.

    20240131, 202401 and 2024 are a date, a month and a year, 202401311530 and 20240131153000 have
    a clock. 1706659200 and that with three, six or nine more digits is Unix time; ten digits may
    also be a date with its hour.

    >>> [str(time[0]) for time in by_digits(np.array([2024013115]))]
    ['2034-02-20T01:51:55', '2024-01-31T15:00:00.000000']
    >>> by_digits(np.array([7, 8]))
    []
    """
    low, high = int(values.min()), int(values.max())
    digits = len(str(high))
    if low < 10 ** (digits - 1):
        return []
    found = []
    if digits in UNIX_DIGITS:
        unit = UNIX_DIGITS[digits]
        found.append(values.astype(f"datetime64[{unit}]"))
    if digits in {4, 6, 8, 10, 12, 14}:
        calendar = _calendar(values, digits)
        if calendar is not None:
            found.append(calendar)
    return found


def _calendar(values: np.ndarray, digits: int) -> np.ndarray | None:
    """Year, month, day, hour, minute, second, as far as the digits reach; None if one is none."""
    parts = [values // 10 ** (digits - 4)]
    for place in range(digits - 6, -1, -2):
        parts.append(values // 10**place % 100)
    least = (1, 1, 0, 0, 0)[len(parts) - 1 :]
    month, day, hour, minute, second = parts[1:] + [np.full_like(values, part) for part in least]
    date, valid = dates_of(parts[0], month, day)
    valid &= (parts[0] >= FIRST_YEAR) & (parts[0] <= LAST_YEAR)
    valid &= (hour < 24) & (minute < 60) & (second < 60)
    clock = (hour * 3600 + minute * 60 + second).astype("timedelta64[s]")
    return np.asarray(date.astype("datetime64[us]") + clock) if valid.all() else None


def from_unix(values: np.ndarray) -> np.ndarray:
    """Seconds since 1970 [n] as datetime64[us]; milli-, micro- or nanoseconds by their size.

    >>> from_unix(np.array([1706659200.25]))
    array(['2024-01-31T00:00:00.250000'], dtype='datetime64[us]')
    """
    largest = float(np.abs(values).max())
    steps = 0 if largest < 1e11 else 1 if largest < 1e14 else 2 if largest < 1e17 else 3
    micro = values * 10.0 ** (6 - 3 * steps) if values.dtype.kind == "f" else None
    if micro is not None:
        return np.asarray(np.round(micro).astype(np.int64).astype("datetime64[us]"))
    return np.asarray(values.astype(f"datetime64[{('s', 'ms', 'us', 'ns')[steps]}]"))


def from_excel(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days of a spreadsheet [n] as datetime64[us], to the millisecond, and which can be [n].

    >>> from_excel(np.array([45322.625]))[0]
    array(['2024-01-31T15:00:00.000000'], dtype='datetime64[us]')
    """
    valid = (values >= EXCEL_DAYS[0]) & (values < EXCEL_DAYS[1] + 1)
    milli = np.round(np.where(valid, values, 0.0) * 86_400_000).astype(np.int64)
    start = np.datetime64("1899-12-30", "us")
    return np.asarray(start + milli.astype("timedelta64[ms]")), np.asarray(valid)
