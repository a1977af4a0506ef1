"""A piano roll: the notes of each instrument over time, high ones above, loud ones dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from segue.insight.markup import Attributes, Html, clean, element
from segue.insight.tables import scroller

_LEVELS = 4
_ROOM = 2  # pitches above the highest and below the lowest
_ROW = 5  # pixels of a pitch
_LEAST, _MOST = 40, 160  # pixels of a voice
_BEAT = 12  # pixels
_WIDEST = 6000


class Bar(NamedTuple):
    """A note: when it begins and how long it is, in beats; its pitch; how loud it is, 0 to 1."""

    start: float
    length: float
    pitch: int
    loudness: float


class Voice(NamedTuple):
    """What one instrument plays."""

    name: str
    notes: Sequence[Bar]


def piano_roll(label: str, voices: Sequence[Voice], beats: float, bar: int = 4) -> Html:
    """The notes of all voices, one strip above another.

    Args:
        label: what is shown.
        voices: at least one note each.
        beats: how long the piece is.
        bar: beats from one line to the next.

    >>> roll = piano_roll("A tune", [Voice("Flute", [Bar(0, 1, 60, 0.7), Bar(1, 3, 64, 0.7)])], 4)
    >>> roll.text.count("<svg"), "Flute" in roll.text, "M1 2h3v1h-3z" in roll.text
    (1, True, True)
    """
    width = min(max(beats * _BEAT, 320), _WIDEST)
    strips = [
        element(
            "figure", {"class": "roll"}, element("figcaption", {}, clean(voice.name, 60)), strip
        )
        for voice in voices
        for strip in [_strip(f"{label}: {voice.name}", voice.notes, beats, bar, width)]
    ]
    return scroller(label, element("div", {"class": "rolls"}, *strips))


def _strip(label: str, notes: Sequence[Bar], beats: float, bar: int, width: float) -> Html:
    top = max(note.pitch for note in notes) + _ROOM
    rows = top - min(note.pitch for note in notes) + _ROOM + 1
    lines = "".join(f"M{at} 0v{rows}" for at in range(0, int(beats) + 1, bar))
    levels: list[list[str]] = [[] for _ in range(_LEVELS)]
    for note in notes:
        level = min(int(max(note.loudness, 0) * _LEVELS), _LEVELS - 1)
        levels[level].append(
            f"M{note.start:g} {top - note.pitch}h{note.length:g}v1h{-note.length:g}z"
        )
    box: Attributes = {
        "viewBox": f"0 0 {beats:g} {rows}",
        "preserveAspectRatio": "none",
        "role": "img",
        "width": f"{width:g}",
        "height": min(max(rows * _ROW, _LEAST), _MOST),
    }
    shapes = [
        element(
            "path",
            {
                "class": "fill model",
                "d": "".join(paths),
                "fill-opacity": round((level + 1) / _LEVELS, 2),
            },
        )
        for level, paths in enumerate(levels)
        if paths
    ]
    grid = element("path", {"class": "bars", "d": lines})
    return element("svg", box, element("title", {}, label), grid, *shapes)
