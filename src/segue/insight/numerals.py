"""Numbers as people read them: grouped thousands, a true minus sign, powers of ten."""

import math
from collections.abc import Sequence

TIMES = "\u00d7"
NO_VALUE = "\u2013"

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """A power of ten.

    >>> power_of_ten(-6)
    '10⁻⁶'
    """
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals.

    >>> fixed(-12345.678, 1)
    '−12,345.7'
    """
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else "\u2212" + text[1:]
    return text


def number(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, in the notation that is shortest to read.

    >>> number(0.123456), number(-1234567.0), number(5e-7), number(float("nan"))
    ('0.1235', '−1,234,567', '5×10⁻⁷', 'not finite')
    """
    if not math.isfinite(value):
        return "not finite"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -4 <= exponent < 9:
        text = fixed(value, max(0, digits - 1 - exponent))
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".").replace("-", "\u2212")
    return f"{mantissa}{TIMES}{power_of_ten(int(power))}"


def column(values: Sequence[float | None], digits: int = 4) -> tuple[str, ...]:
    """Numbers to stand below one another: the same decimals in each; "–" where there is none.

    The largest value has at least `digits` significant digits and the smallest two, down to the
    fourth decimal. A column of very large or very small values is written in one power of ten.

    >>> column([1.23456, 12.5, None]), column([2e9, 1e8])
    (('1.23', '12.50', '–'), ('2.000×10⁹', '0.100×10⁹'))
    """
    finite = [abs(v) for v in values if v is not None and math.isfinite(v) and v != 0]
    exponents = [math.floor(math.log10(v)) for v in finite] or [0]
    if max(exponents) >= 7 or max(exponents) < -3:
        power = max(exponents)
        scaled = column([v if v is None else v / 10.0**power for v in values], digits)
        return tuple(t + f"{TIMES}{power_of_ten(power)}" if t[-1].isdigit() else t for t in scaled)
    decimals = max(0, digits - 1 - max(exponents), min(digits, 1 - min(exponents)))
    return tuple(
        NO_VALUE if v is None else (fixed(v, decimals) if math.isfinite(v) else "not finite")
        for v in values
    )
