"""Tables of counts and of words: confusions, and rows worth reading."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segue.insight.markup import Attributes, Html, clean, element
from segue.insight.tables import scroller


def confusion_table(names: Sequence[str], counts: NDArray[np.int64]) -> Html:
    """How often each class (row) was taken for each class (column); bars are shares of a row.

    Args:
        names: of the K classes.
        counts: `[K, K]`.

    >>> "<td>" in confusion_table(["cat", "dog"], np.array([[9, 1], [0, 5]])).text
    True
    """
    head = [element("th", {"scope": "col"}, "true class")]
    head += [element("th", {"scope": "col"}, clean(name, 24)) for name in names]
    body = []
    for row, name in enumerate(names):
        total = max(int(counts[row].sum()), 1)
        cells = [
            element(
                "td",
                {},
                element("span", {"class": "number"}, f"{counts[row, column]:,}"),
                _bar(counts[row, column] / total, row == column),
            )
            for column in range(len(names))
        ]
        body.append(element("tr", {}, element("th", {"scope": "row"}, clean(name, 60)), *cells))
    caption = "Rows are true classes, columns what the model said"
    return _table("Confusion matrix", caption, head, body, "scores confusion")


def word_table(label: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    """Rows of words under their heads; the first column names the row.

    >>> "<td>b</td>" in word_table("Mistakes", ["id", "said"], [["a", "b"]]).text
    True
    """
    head = [element("th", {"scope": "col"}, text) for text in heads]
    body = [
        element(
            "tr",
            {},
            element("th", {"scope": "row"}, clean(row[0], 160)),
            *(element("td", {}, clean(text, 60)) for text in row[1:]),
        )
        for row in rows
    ]
    return _table(label, label, head, body, "scores")


def _table(label: str, caption: str, head: Sequence[Html], body: Sequence[Html], css: str) -> Html:
    table = element(
        "table",
        {"class": css},
        element("caption", {"class": "unseen"}, caption),
        element("thead", {}, element("tr", {}, *head)),
        element("tbody", {}, *body),
    )
    return scroller(label, table)


def _bar(fraction: float, right: bool) -> Html:
    rect: Attributes = {
        "class": f"fill {'model' if right else 'muted'}",
        "width": f"{round(100 * fraction, 1):g}%",
        "height": "100%",
    }
    return element("svg", {"class": "bar-cell", "aria-hidden": "true"}, element("rect", rect))
