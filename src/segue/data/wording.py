"""Text from files and users, made fit for a message of one line."""

from __future__ import annotations


def one_line(text: str) -> str:
    r"""`text` with every control character escaped, so that a message stays on one line.

    >>> one_line("sales\n2024.csv")
    'sales\\n2024.csv'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shorten(text: str, limit: int = 40) -> str:
    r"""`text` in quotes on one line, cut to `limit` characters.

    >>> shorten("twelve\nmonths"), shorten("abcdefgh", 6)
    ("'twelve\\nmonths'", "'abc...'")
    """
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return repr(cut)


def count(number: int, noun: str) -> str:
    """`number` and `noun`, in the plural unless it is one.

    >>> count(1, "field"), count(3, "field")
    ('1 field', '3 fields')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def all_of(number: int, noun: str, which: str = "") -> str:
    """All of them as the subject of a sentence, with its verb.

    >>> all_of(1, "example"), all_of(3, "value", " of row 2")
    ('the only example is', 'all 3 values of row 2 are')
    """
    return f"the only {noun}{which} is" if number == 1 else f"all {count(number, noun)}{which} are"
