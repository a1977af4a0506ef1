"""Numbers as a notation writes them, brought to plain digits with a decimal point."""

from __future__ import annotations

import polars as pl

from segue.data.notation import DECIMALS, GROUPS, Notation


def plain(text: pl.Series, notation: Notation) -> pl.Series:
    """Digits with a decimal point; null for what the notation does not write.

    A minus sign may also be the typographic one or stand behind the number, and a negative number
    may be in parentheses, as accounts have it.

    >>> plain(pl.Series(["1.234,5", "-7"]), Notation(decimal=",", thousands=".")).to_list()
    ['1234.5', '-7']
    """
    for sign in notation.strip:
        text = text.str.replace_all(sign, "", literal=True)
    text = text.str.replace_all("\u2212", "-", literal=True).str.strip_chars()
    text = text.str.replace(r"^\(\s*([^-+()]+?)\s*\)$", "-$1")
    text = text.str.replace(r"^([^-+]+)-$", "-$1").str.replace(r"^([+-])\s+", "$1")
    if notation.is_plain:
        return text
    fits = text.str.contains(_form(notation))
    if notation.thousands is not None:
        text = text.str.replace_all(GROUPS[notation.thousands], "")
    if notation.decimal != ".":
        text = text.str.replace(notation.decimal, ".", literal=True)
    return text.set(~fits, None)


def _form(notation: Notation) -> str:
    point, whole = DECIMALS[notation.decimal], "[0-9]+"
    if notation.thousands is not None:
        group = GROUPS[notation.thousands]  # India writes 12,34,567
        whole = rf"(?:[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+"
        whole += rf"|[0-9]{{1,2}}(?:{group}[0-9]{{2}})*{group}[0-9]{{3}})"
    number = rf"(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)"
    return rf"^[+-]?{number}(?:[eE][+-]?[0-9]+)?$"
