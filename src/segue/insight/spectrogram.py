"""A spectrogram with the words over it, each where it was heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.insight.frame import percent
from segue.insight.markup import Attributes, Html, clean, element

_LEVELS, _COLUMNS, _ROWS = 7, 360, 32


class Heard(NamedTuple):
    """A word and its place, in seconds."""

    word: str
    start: float
    end: float


def spectrogram(
    label: str, frames: NDArray[np.floating], seconds: float, words: Sequence[Heard]
) -> Html:
    """Energy over time, low bands at the bottom, the darker the louder.

    Args:
        label: what is shown.
        frames: `[T, F]`.
        seconds: how long T frames last.
        words: what was heard.

    >>> shown = spectrogram("one", np.eye(8), 0.08, [Heard("one", 0.02, 0.05)])
    >>> shown.text.count("<path"), ">one<" in shown.text
    (1, True)
    """
    cells = _averaged(_averaged(frames, _COLUMNS).T, _ROWS)[::-1]  # rows from high to low
    low, high = np.quantile(cells, [0.05, 0.99])
    shares = np.clip((cells - low) / max(float(high - low), 1e-9), 0, 1)
    levels = np.minimum((shares * _LEVELS).astype(np.int64), _LEVELS - 1)
    box: Attributes = {
        "viewBox": f"0 0 {levels.shape[1]} {levels.shape[0]}",
        "preserveAspectRatio": "none",
        "y": 22,
        "width": "100%",
        "height": 118,
    }
    shapes = [
        element(
            "path",
            {"class": "fill model", "d": path, "fill-opacity": round(level / (_LEVELS - 1), 2)},
        )
        for level in range(1, _LEVELS)
        if (path := _cells(levels == level))
    ]
    return element(
        "svg",
        {"class": "spectrogram", "role": "img", "width": "100%", "height": 142},
        element("title", {}, label),
        element("svg", box, *shapes),
        *(mark for one in words for mark in _word(one, seconds)),
    )


def _averaged(values: NDArray[np.floating], most: int) -> NDArray[np.float64]:
    """At most so many rows, each the mean of its neighbours."""
    count = min(most, len(values))
    starts = np.linspace(0, len(values), count, endpoint=False).astype(np.int64)
    sums = np.add.reduceat(values.astype(np.float64), starts, axis=0)
    found: NDArray[np.float64] = sums / np.diff(np.append(starts, len(values)))[:, None]
    return found


def _cells(where: NDArray[np.bool_]) -> str:
    """The path of all cells that are marked, each run of a row being one rectangle."""
    parts = []
    for row, marked in enumerate(where):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            parts.append(f"M{first} {row}h{last - first}v1h{first - last}z")
    return "".join(parts)


def _word(one: Heard, seconds: float) -> tuple[Html, Html]:
    left, right = (percent(min(max(at / seconds, 0.0), 1.0)) for at in (one.start, one.end))
    line: Attributes = {"x1": left, "x2": right, "y1": 18, "y2": 18, "class": "under"}
    return (
        element("line", line),
        element("text", {"x": left, "y": 13}, clean(one.word, 24)),
    )
