"""The forms in which programs and people write times: patterns, and the names of the months."""

from __future__ import annotations

import unicodedata

_FRACTION = r"(?:[.,](?P<fraction>[0-9]{1,9}))?"
_ZONE = r" ?(?P<zone>Z|z|UTC|GMT|(?:UTC|GMT)?[+-][0-9]{2}(?::?[0-9]{2})?)?(?: ?[\[(][^\])]*[\])])?"
_CLOCK = (
    r"(?:(?:,? +|T *|:)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    rf"(?::(?P<second>[0-9]{{2}}){_FRACTION})?"
    rf"(?: ?(?P<half>[AaPp]\.? ?[Mm]\.?))?{_ZONE})?$"
)
_YEAR = r"(?P<year>[0-9]{4})"
_NAME = r"(?P<name>\p{L}{3,12})\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|\.)?"
_WEEKDAY = r"(?:\p{L}{2,12}\.?,? +)?"

WHOLE = r"^[+-]?[0-9]{1,19}(?:\.0*)?$"
DECIMAL = r"^[+-]?[0-9]{1,18}(?:\.[0-9]+)?$"

# Dates with the year first, as polars reads them much faster than any pattern.
EXACT = (
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "%Y-%m-%d"),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$", "%Y-%m-%d %H:%M"),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]$", "%Y-%m-%d %H:%M:%S"),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]$", "%Y-%m-%dT%H:%M:%S"),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z$", "%Y-%m-%dT%H:%M:%SZ"),
)

# The form of the first time of a column decides; the first one that fits it.
FORMS = (
    rf"^{_YEAR}[-/.] ?(?P<month>[0-9]{{1,2}})[-/.] ?(?P<day>[0-9]{{1,2}})\.?" + _CLOCK,
    rf"^{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})[T ](?P<hour>[0-9]{{2}}):?"
    rf"(?P<minute>[0-9]{{2}})(?::?(?P<second>[0-9]{{2}}){_FRACTION})?{_ZONE}$",
    rf"^(?P<one>[0-9]{{1,2}})[-/.] ?(?P<two>[0-9]{{1,2}})[-/.] ?{_YEAR}" + _CLOCK,
    r"^(?P<one>[0-9]{1,2})[-/.] ?(?P<two>[0-9]{1,2})[-/.] ?(?P<three>[0-9]{2})" + _CLOCK,
    rf"^{_WEEKDAY}{_DAY}[-/ ]*(?:of |de )?{_NAME}[-/, ]*(?:de |del )?{_YEAR}" + _CLOCK,
    rf"^{_WEEKDAY}{_DAY}[-/ ]+{_NAME}[-/ ](?P<short>[0-9]{{2}})" + _CLOCK,
    rf"^{_WEEKDAY}{_NAME}[-/ ]{_DAY},?[-/ ]+{_YEAR}" + _CLOCK,
    rf"^{_YEAR}[-/ ]{_NAME}[-/ ](?P<day>[0-9]{{1,2}})" + _CLOCK,
    rf"^{_WEEKDAY}{_NAME} +(?P<day>[0-9]{{1,2}}) (?P<hour>[0-9]{{2}}):(?P<minute>[0-9]{{2}}):"
    rf"(?P<second>[0-9]{{2}})(?: (?P<zone>UTC|GMT))? {_YEAR}$",
    rf"^{_NAME}[-/, ]*(?:de )?{_YEAR}$",
    rf"^{_YEAR}[-/, ]*{_NAME}$",
    rf"^{_NAME}[-/ ]'?(?P<short>[0-9]{{2}})$",
    rf"^{_YEAR}[-/. :]?[Mm](?P<month>[0-9]{{1,2}})$",
    rf"^{_YEAR}[-/](?P<month>[0-9]{{1,2}})$",
    rf"^[Mm]?(?P<month>[0-9]{{1,2}})[-/. ]{_YEAR}$",
    rf"^{_YEAR}[-/. :]?[Qq](?P<quarter>[1-4])$",
    rf"^(?:[Qq](?P<quarter>[1-4])|(?P<quarter_>[1-4])[Qq])[-/. ]?{_YEAR}$",
    rf"^{_YEAR}[-/. :]?[SsHh](?P<semester>[12])$",
    rf"^{_YEAR}-?W(?P<week>[0-9]{{2}})(?:-?(?P<weekday>[1-7]))?$",
    rf"^{_YEAR}-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})/[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$",
)

_LANGUAGES = """
january february march april may june july august september october november december
januar februar märz april mai juni juli august september oktober november dezember
jänner feber märz april mai juni juli august september oktober november dezember
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar mars april mai juni juli august september oktober november desember
januar februar marts april maj juni juli august september oktober november december
"""
_ABBREVIATED = {"mrt": 3, "mrz": 3, "sept": 9, "janv": 1, "févr": 2, "juil": 7, "avr": 4, "set": 9}


def _plain(name: str) -> str:
    """Lower case without accents."""
    split = unicodedata.normalize("NFKD", name.lower())
    return "".join(c for c in split if not unicodedata.combining(c))


def _months() -> dict[str, int]:
    """Names and their first three or four letters, as far as those are one month's alone."""
    found: dict[str, set[int]] = {}
    for line in _LANGUAGES.strip().splitlines():
        for number, name in enumerate(line.split(), start=1):
            for short in {name, name[:3], name[:4]}:
                found.setdefault(_plain(short), set()).add(number)
    for name, number in _ABBREVIATED.items():
        found.setdefault(_plain(name), set()).add(number)
    return {name: months.pop() for name, months in found.items() if len(months) == 1}


MONTHS = _months()


def month_number(name: str) -> int | None:
    """The month called `name` in English or in one of nine other languages; None for none.

    >>> month_number("Sept"), month_number("März"), month_number("fevrier"), month_number("Moon")
    (9, 3, 2, None)
    """
    return MONTHS.get(_plain(name))
