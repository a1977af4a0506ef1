"""A grid of shares, each cell the darker the larger: where attention was."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segue.insight.markup import Attributes, Html, clean, element
from segue.insight.tables import scroller


def heatmap(
    label: str, columns: Sequence[str], rows: Sequence[str], shares: NDArray[np.floating]
) -> Html:
    """Rows of shares (0 to 1) under their columns; a cell's title has its figure.

    Args:
        label: what is shown.
        columns: names of the C columns.
        rows: names of the R rows.
        shares: `[R, C]`.

    >>> grid = heatmap("Attention", ["ein", "Hund"], ["a", "dog"], np.eye(2))
    >>> grid.text.count('fill-opacity="1"'), "a, ein: 100%" in grid.text
    (2, True)
    """
    head = [element("th", {"scope": "col"}, clean(name, 24)) for name in columns]
    body = []
    for name, row in zip(rows, shares, strict=True):
        cells = [
            _cell(f"{clean(name, 24)}, {clean(column, 24)}", float(share))
            for column, share in zip(columns, row, strict=True)
        ]
        body.append(element("tr", {}, element("th", {"scope": "row"}, clean(name, 24)), *cells))
    table = element(
        "table",
        {"class": "heatmap"},
        element("caption", {"class": "unseen"}, label),
        element("thead", {}, element("tr", {}, element("td", {}), *head)),
        element("tbody", {}, *body),
    )
    return scroller(label, table)


def _cell(name: str, share: float) -> Html:
    rect: Attributes = {
        "class": "fill model",
        "width": "100%",
        "height": "100%",
        "fill-opacity": round(min(max(share, 0.0), 1.0), 2),
    }
    title = element("title", {}, f"{name}: {100 * share:.0f}%")
    return element("td", {}, element("svg", {"role": "img"}, title, element("rect", rect)))
