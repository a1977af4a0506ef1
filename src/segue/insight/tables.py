"""Tables: scores side by side, and intervals that promise against what they keep."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from segue.insight.markup import Attributes, Html, clean, element
from segue.insight.numerals import NO_VALUE, column, fixed


@dataclass(frozen=True)
class ScoreRow:
    """The scores of one forecaster, classifier, or whatever is compared.

    Attributes:
        name: what is scored.
        is_model: True for the trained model, False for what it is compared with.
        metrics: metric name to value; None, or no entry, where it was not computed.
    """

    name: str
    is_model: bool
    metrics: Mapping[str, float | None]


def score_table(rows: Sequence[ScoreRow], higher_is_better: Collection[str] = ()) -> Html:
    """The rows with every metric that any of them has; the best value of each column is marked.

    Args:
        rows: what is compared, in the order of the table.
        higher_is_better: metrics for which that is so; for every other, lower is better.

    Example:
        >>> rows = [ScoreRow("LSTM", True, {"MAE": 1.0}), ScoreRow("naive", False, {"MAE": 2.0})]
        >>> '<td class="best">' in score_table(rows).text
        True
    """
    names = list(dict.fromkeys(name for row in rows for name in row.metrics))
    columns = {name: _cells(rows, name, name in higher_is_better) for name in names}
    head = [element("th", {"scope": "col"}, "")]
    head += [element("th", {"scope": "col"}, clean(name, 40)) for name in names]
    body = [
        element(
            "tr",
            {"class": "is-model" if row.is_model else None},
            element("th", {"scope": "row"}, clean(row.name, 80)),
            *(columns[name][k] for name in names),
        )
        for k, row in enumerate(rows)
    ]
    table = element(
        "table",
        {"class": "scores"},
        element("caption", {"class": "unseen"}, "Scores of the model and what it is compared with"),
        element("thead", {}, element("tr", {}, *head)),
        element("tbody", {}, *body),
    )
    return scroller("Scores", table)


def coverage_table(pairs: Sequence[tuple[float, float]]) -> Html:
    """Intervals: the share of the truth they should hold, and the share they did hold (0 to 1).

    Example:
        >>> "84.2%" in coverage_table([(0.9, 0.842)]).text
        True
    """
    ends = element("span", {"class": "ends"}, *(element("span", {}, t) for t in ("0%", "100%")))
    heads = ("Interval", "Observed", ends, "Difference")
    head = [element("th", {"scope": "col"}, text) for text in heads]
    rows = [
        element(
            "tr",
            {},
            element("th", {"scope": "row"}, share(nominal)),
            element("td", {}, share(observed, 1)),
            element("td", {"class": "span"}, _dumbbell(nominal, observed)),
            element("td", {}, _points(observed - nominal)),
        )
        for nominal, observed in pairs
    ]
    caption = element("caption", {"class": "unseen"}, "Nominal and observed coverage")
    table = element(
        "table",
        {"class": "coverage"},
        caption,
        element("thead", {}, element("tr", {}, *head)),
        element("tbody", {}, *rows),
    )
    return scroller("Coverage", table)


def scroller(label: str, table: Html) -> Html:
    """A box in which a table wider than the page scrolls by itself."""
    box: Attributes = {"role": "region", "aria-label": label, "tabindex": 0}
    return element("div", {"class": "scroller", **box}, table)


def share(value: float, decimals: int = 0) -> str:
    """A fraction in percent.

    >>> share(0.5), share(0.842, 1)
    ('50%', '84.2%')
    """
    if not isfinite(value):
        return NO_VALUE
    exact = decimals or (0 if abs(value * 100 - round(value * 100)) < 1e-6 else 1)
    return f"{fixed(100 * value, exact)}%"


def _cells(rows: Sequence[ScoreRow], name: str, higher: bool) -> list[Html]:
    values = [row.metrics.get(name) for row in rows]
    texts = _aligned(column(values))
    finite = [v for v in values if v is not None and isfinite(v)]
    several = len(finite) > 1
    # A value that reads the same as the best is as good to a reader.
    best_text = texts[values.index(max(finite) if higher else min(finite))] if several else None
    bars = several and min(finite) >= 0 and max(finite) > 0
    cells = []
    for row, value, text in zip(rows, values, texts, strict=True):
        drawn = bars and value is not None and isfinite(value)
        bar = _bar(value / max(finite), row.is_model) if drawn and value is not None else ""
        good = text == best_text and value is not None and isfinite(value)
        unseen = element("span", {"class": "unseen"}, " (best)") if good else ""
        number = element("span", {"class": "number"}, text, unseen)
        cells.append(element("td", {"class": "best" if good else None}, number, bar))
    return cells


def _aligned(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Texts padded on the left, with spaces as wide as digits and points, to the longest one."""
    longest = max(texts, key=len, default="")
    pad = "".join("\u2008" if c in ".," else "\u2007" for c in longest)
    return tuple(
        t if t in (NO_VALUE, "not finite") else pad[: len(longest) - len(t)] + t for t in texts
    )


def _bar(fraction: float, is_model: bool) -> Html:
    tone = "model" if is_model else "muted"
    rect: Attributes = {
        "class": f"fill {tone}",
        "width": f"{round(100 * fraction, 1):g}%",
        "height": "100%",
    }
    return element("svg", {"class": "bar-cell", "aria-hidden": "true"}, element("rect", rect))


def _dumbbell(nominal: float, observed: float) -> Html:
    if not (isfinite(nominal) and isfinite(observed)):
        return Html("")
    ends = [f"{round(100 * min(1.0, max(0.0, v)), 2):g}%" for v in (nominal, observed)]
    return element(
        "svg",
        {"class": "dumbbell", "aria-hidden": "true"},
        element("line", {"class": "rung", "x1": 0, "x2": "100%", "y1": "50%", "y2": "50%"}),
        element(
            "line", {"class": "gap model", "x1": ends[0], "x2": ends[1], "y1": "50%", "y2": "50%"}
        ),
        element("line", {"class": "target", "x1": ends[0], "x2": ends[0], "y1": 3, "y2": 19}),
        element("circle", {"class": "dot model", "cx": ends[1], "cy": "50%", "r": 5}),
    )


def _points(difference: float) -> str:
    if not isfinite(difference):
        return NO_VALUE
    text = fixed(100 * difference, 1)
    return f"{'+' if difference > 0 and text != '0.0' else ''}{text} points"
