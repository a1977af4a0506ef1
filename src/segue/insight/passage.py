"""A text whose parts are shaded: how surprised a model was by each, or how much each counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segue.insight.markup import Html, Node, element

SHADES = 5


def passage(parts: Sequence[str], shares: NDArray[np.floating], titles: Sequence[str]) -> Html:
    """A text in which each part is the darker the larger its share is.

    Args:
        parts: of the text, in order, blanks and line feeds included.
        shares: `[n]`, 0 to 1.
        titles: what a pointer over a part shows.

    >>> shaded = passage(["a ", "rose"], np.array([0.0, 0.9]), ["1 bit", "7 bits"])
    >>> shaded.text
    '<pre class="passage">a <span class="shade4" title="7 bits">rose</span></pre>'
    """
    levels = np.minimum((np.clip(shares, 0, 1) * SHADES).astype(int), SHADES - 1)
    nodes: list[Node] = [
        element("span", {"class": f"shade{level}", "title": title}, part) if level else part
        for part, level, title in zip(parts, levels.tolist(), titles, strict=True)
    ]
    return element("pre", {"class": "passage"}, *nodes)
