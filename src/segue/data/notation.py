"""How a file writes numbers and dates: what a reader must be told where it cannot see it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from segue.data.wording import shorten
from segue.errors import OptionError

# What counts as a missing value, whatever the case of its letters: what spreadsheets, databases,
# R and pandas write for it.
MISSING = (
    *("", "na", "n/a", "#n/a", "nan", "-nan", "null", "(null)", "none"),
    *("<na>", "nat", "\\n"),
)

BLANKS = "[ \u00a0\u2007\u2009\u202f]"  # plain, no-break, figure, thin, narrow

# Marks before the decimals and between groups of digits, as patterns.
DECIMALS = {".": r"\.", ",": ","}
GROUPS = {",": ",", ".": r"\.", " ": BLANKS, "'": "['\u2019]"}

ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be"),
    *("windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254"),
    *("windows-1255", "windows-1256", "windows-1257", "windows-1258"),
    *("iso-8859-1", "iso-8859-2", "iso-8859-15", "mac-roman", "cp437", "cp850"),
    *("shift-jis", "cp932", "euc-jp", "gb18030", "big5", "euc-kr", "cp949", "koi8-r"),
)


class Dates(StrEnum):
    """What the numbers of a date are, where more than one reading is possible.

    `DAY_FIRST`, `MONTH_FIRST` and `YEAR_FIRST` say it of dates such as 01/02/2020 and 01/02/03;
    years of two digits are 1969 to 2068. `EXCEL` reads numbers as a spreadsheet's days since 1900,
    `UNIX` as seconds since 1970.
    """

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    YEAR_FIRST = "year-first"
    EXCEL = "excel"
    UNIX = "unix"


def check_encoding(encoding: str | None) -> None:
    """Raise `OptionError` unless it is None or one of `ENCODINGS`."""
    if encoding is not None and encoding not in ENCODINGS:
        raise OptionError(f"encoding: {shorten(encoding)} is none of {', '.join(ENCODINGS)}")


@dataclass(frozen=True)
class Notation:
    """How the text of a table is to be read.

    Args:
        decimal: the mark before the decimals, "." or ",".
        thousands: the mark between groups of digits: ",", ".", " " or "'".
        strip: signs around numbers that are left out, such as % and $.
        missing: words that stand for a missing value, beside the usual ones.
        dates: what the numbers of a date are.
        encoding: of the file, one of `ENCODINGS`; None is UTF-8, or what its first bytes say.

    Raises:
        OptionError: a mark or an encoding that is not known, or one mark for both purposes.

    >>> Notation(decimal=",").is_plain
    False
    """

    decimal: str = "."
    thousands: str | None = None
    strip: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    dates: Dates | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in DECIMALS:
            raise OptionError(f"decimal: must be '.' or ',', not {shorten(self.decimal)}")
        if self.thousands is not None and self.thousands not in GROUPS:
            marks = "',', '.', ' ' or \"'\""
            raise OptionError(f"thousands: must be {marks}, not {shorten(self.thousands)}")
        if self.decimal == self.thousands:
            raise OptionError(
                f"thousands: {shorten(self.decimal)} is the decimal mark as well; "
                f"give decimal {shorten(',' if self.decimal == '.' else '.')} too"
            )
        if not all(sign.strip() for sign in self.strip):
            raise OptionError("strip: an empty sign; name what stands around the numbers")
        check_encoding(self.encoding)

    @property
    def is_plain(self) -> bool:
        """Whether numbers are digits with a decimal point."""
        return self.decimal == "." and self.thousands is None

    @property
    def absent(self) -> tuple[str, ...]:
        """What stands for a missing value, in lower case."""
        return MISSING + tuple(word.strip().lower() for word in self.missing)


PLAIN = Notation()
