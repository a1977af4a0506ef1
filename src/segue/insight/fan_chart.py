"""A fan chart: quantiles of a forecast as nested intervals, and the median through them."""

from collections.abc import Sequence

from segue.insight.frame import Mark, Tone
from segue.insight.lines import Band, Line
from segue.insight.numerals import number
from segue.insight.scales import Floats
from segue.insight.tables import share

_SAME = 1e-6


def intervals(levels: Sequence[float]) -> list[tuple[int, int]]:
    """Pairs of levels that lie as far from 0 as from 1, by index, the widest first.

    >>> intervals((0.05, 0.25, 0.5, 0.75, 0.95))
    [(0, 4), (1, 3)]
    """
    pairs = [
        (low, high)
        for low, a in enumerate(levels)
        for high, b in enumerate(levels)
        if a < b and abs(a + b - 1) < _SAME
    ]
    return sorted(pairs, key=lambda pair: levels[pair[0]])


def median(levels: Sequence[float]) -> int | None:
    """The index of level 0.5, or None.

    >>> median((0.1, 0.5, 0.9))
    1
    """
    return next((k for k, level in enumerate(levels) if abs(level - 0.5) < _SAME), None)


def fan(x: Floats, levels: Sequence[float], quantiles: Floats) -> list[Mark]:
    """The marks of a fan chart, from back to front.

    Args:
        x: `[H]` places.
        levels: `Q` quantile levels, between 0 and 1. A level that has no partner at the other
            side of 0.5 is drawn as a line.
        quantiles: `[H, Q]`.
    """
    pairs, middle = intervals(levels), median(levels)
    marks: list[Mark] = [
        Band(
            f"{share(levels[high] - levels[low])} interval",
            x,
            quantiles[:, low],
            quantiles[:, high],
            Tone.MODEL,
            under,
        )
        for under, (low, high) in enumerate(pairs)
    ]
    paired = {k for pair in pairs for k in pair} | {middle}
    marks += [
        Line(f"quantile {number(level)}", x, quantiles[:, k], Tone.MUTED)
        for k, level in enumerate(levels)
        if k not in paired
    ]
    if middle is not None:
        marks.append(Line("median forecast", x, quantiles[:, middle], Tone.MODEL))
    return marks
