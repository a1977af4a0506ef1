"""Marks that help to read: shaded regions, reference lines, single points."""

from dataclasses import dataclass

import numpy as np

from segue.insight.frame import HEIGHT, WIDTH, Frame, Mark, Tone, dot, percent
from segue.insight.markup import Attributes, Html, element, join

# Widths in pixels that a label has to fit in, and of a letter.
_NARROW, _ROOMY, _LETTER = 300, 760, 6.6


@dataclass(frozen=True)
class Region(Mark):
    """A stretch of the horizontal axis with its label above; `depth` 0 is no shade."""

    start: float
    stop: float
    label: str
    short: str
    depth: int

    def shapes(self, frame: Frame) -> Html:
        """The shade."""
        if not self.depth:
            return Html("")
        left, right = self._edges(frame)
        box: Attributes = {"x": round(left * WIDTH), "y": 0, "height": HEIGHT}
        width = round((right - left) * WIDTH)
        return element("rect", {"class": f"region depth{self.depth}", **box, "width": width})

    def labels(self, frame: Frame) -> Html:
        """The label in full where it fits, else the short one, else none."""
        left, right = self._edges(frame)
        texts = []
        for css, width in (("narrow", _NARROW), ("roomy", _ROOMY)):
            room = (right - left) * width
            text = next((t for t in (self.label, self.short) if len(t) * _LETTER <= room), "")
            place: Attributes = {"class": f"over {css}", "x": percent(left), "y": 0, "dy": "-.55em"}
            texts.append(element("text", place, text) if text else "")
        return join(texts)

    def _edges(self, frame: Frame) -> tuple[float, float]:
        edges = frame.x.fractions(np.array([self.start, self.stop])).clip(0, 1)
        return float(edges[0]), float(edges[1])


@dataclass(frozen=True)
class Level(Mark):
    """A horizontal reference line with its label."""

    value: float
    label: str

    def shapes(self, frame: Frame) -> Html:
        """The line from edge to edge."""
        ends = np.array([frame.x.low, frame.x.high])
        return element("path", {"class": "rule", "d": frame.path(ends, np.array([self.value] * 2))})

    def labels(self, frame: Frame) -> Html:
        """The label on the line's right end."""
        _, y = frame.place(frame.x.high, self.value)
        place: Attributes = {"class": "halo right", "x": "100%", "y": y, "dy": "-.4em"}
        return element("text", place, self.label)


@dataclass(frozen=True)
class Moment(Mark):
    """A vertical reference line with its label above."""

    at: float
    label: str

    def shapes(self, frame: Frame) -> Html:
        """The line from top to bottom."""
        x = round(float(frame.x.fractions(np.array([self.at]))[0]) * WIDTH)
        return element("path", {"class": "rule", "d": f"M{x} 0v{HEIGHT}"})

    def labels(self, frame: Frame) -> Html:
        """The label, on the side where there is more room."""
        fraction = float(frame.x.fractions(np.array([self.at]))[0])
        side = " right" if fraction > 0.55 else ""
        place: Attributes = {"class": f"over{side}", "x": percent(fraction), "y": 0, "dy": "-.55em"}
        return element("text", place, self.label)


@dataclass(frozen=True)
class Dot(Mark):
    """One point of a line that the words are about."""

    x: float
    y: float
    tone: Tone

    def labels(self, frame: Frame) -> Html:
        """The dot."""
        return dot(frame, self.x, self.y, self.tone)
