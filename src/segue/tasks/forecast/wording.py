"""How channels, times and steps are called in what people read."""

import numpy as np

from segue.data.wording import count
from segue.tasks.forecast.data import Frequency, Panel, Unit


def channel_name(panel: Panel, series: int, column: int) -> str:
    """Series and target, as far as there are several."""
    target, name = panel.columns.targets[column], panel.series[series].id
    if not name:
        return target
    return f"{name}, {target}" if len(panel.columns.targets) > 1 else name


def time_text(time: np.datetime64 | np.int64) -> str:
    """A time as the file would write it: a date, a date with its time, or a number.

    >>> time_text(np.datetime64("2024-03-01T00:00:00.000000"))
    '2024-03-01'
    >>> time_text(np.datetime64("2024-03-01T06:30:00.000000"))
    '2024-03-01T06:30:00'
    """
    if not isinstance(time, np.datetime64):
        return str(int(time))
    day = time.astype("datetime64[D]")
    if day == time:
        return str(day)
    second = time.astype("datetime64[s]")
    return str(second if second == time else time.astype("datetime64[us]"))


def step_text(frequency: Frequency) -> str:
    """A step in time, in words.

    >>> step_text(Frequency(15, Unit.MINUTE)), step_text(Frequency(1, Unit.BUSINESS_DAY))
    ('15 minutes', '1 business day')
    """
    unit = "row" if frequency.unit is Unit.INDEX else frequency.unit.name.lower().replace("_", " ")
    return count(frequency.step, unit)
