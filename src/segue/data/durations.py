"""Spans of time as people write them: 30m, 1h, 7d."""

import re

from segue.data.wording import shorten
from segue.errors import OptionError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def seconds(text: str, name: str) -> float:
    """The seconds of a span of time.

    Args:
        text: a number with s, m, h, d or w behind it.
        name: of the option, for the error.

    Raises:
        OptionError: it is none.

    >>> seconds("30m", "gap"), seconds("1.5 h", "gap")
    (1800.0, 5400.0)
    """
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([smhdw])", text.strip())
    value = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not value:
        raise OptionError(
            f"{name}: {shorten(text)} is no span of time; write 30m, 1h or 7d (s, m, h, d, w)"
        )
    return value
