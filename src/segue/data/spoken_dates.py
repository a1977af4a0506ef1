"""Dates as people write them, beside ISO 8601: pairs made by rule, for demos and trials."""

import datetime
import random
from collections.abc import Callable, Iterator

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
MONATE = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August"),
    *("September", "Oktober", "November", "Dezember"),
)
_SMALL = (
    *("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ODD = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
        "nine": "ninth", "twelve": "twelfth"}  # fmt: skip
_FIRST, _LAST = datetime.date(1800, 1, 1), datetime.date(2099, 12, 31)


def pairs(count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Different texts of dates from 1800 to 2099 in eight forms, each with its date.

    >>> list(pairs(3))
    [('den 2. 4. 1938', '1938-04-02'), ('July the thirteenth, eighteen fourteen', '1814-07-13'), \
('6/24/1983', '1983-06-24')]
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    seen: set[str] = set()
    span = (_LAST - _FIRST).days
    while len(seen) < count:
        day = _FIRST + datetime.timedelta(days=chance.randrange(span + 1))
        text = chance.choice(FORMS)(day)
        if text not in seen:
            seen.add(text)
            yield text, day.isoformat()


def number(value: int) -> str:
    """A number below 100 in words.

    >>> number(14), number(40), number(87)
    ('fourteen', 'forty', 'eighty-seven')
    """
    tens, ones = divmod(value, 10)
    if value < 20:
        return _SMALL[value]
    return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]


def ordinal(value: int) -> str:
    """A day of a month in words.

    >>> ordinal(3), ordinal(20), ordinal(21), ordinal(14)
    ('third', 'twentieth', 'twenty-first', 'fourteenth')
    """
    head, hyphen, last = number(value).rpartition("-")
    last = _ODD.get(last, f"{last}th") if not last.endswith("y") else f"{last[:-1]}ieth"
    return f"{head}{hyphen}{last}"


def year(value: int) -> str:
    """A year in words.

    >>> year(1814), year(1905), year(1900), year(2004), year(2000)
    ('eighteen fourteen', 'nineteen oh five', 'nineteen hundred', 'two thousand and four', \
'two thousand')
    """
    century, rest = divmod(value, 100)
    if century == 20 and rest < 10:
        return f"two thousand and {_SMALL[rest]}" if rest else "two thousand"
    if rest == 0:
        return f"{number(century)} hundred"
    return f"{number(century)} {'oh ' if rest < 10 else ''}{number(rest)}"


def _suffix(day: int) -> str:
    return "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


FORMS: tuple[Callable[[datetime.date], str], ...] = (
    lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{MONTHS[d.month - 1]} {d.day}{_suffix(d.day)}, {d.year}",
    lambda d: f"{MONTHS[d.month - 1][:3]} {d.day}, {d.year}",
    lambda d: f"the {ordinal(d.day)} of {MONTHS[d.month - 1]}, {year(d.year)}",
    lambda d: f"{MONTHS[d.month - 1]} the {ordinal(d.day)}, {year(d.year)}",
    lambda d: f"{d.day}. {MONATE[d.month - 1]} {d.year}",
    lambda d: f"den {d.day}. {d.month}. {d.year}",
    lambda d: f"{d.month}/{d.day}/{d.year}",
)
