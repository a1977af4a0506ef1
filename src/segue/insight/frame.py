"""What a mark is: something drawn in the frame of a chart.

A chart's shapes live in a box of `WIDTH` by `HEIGHT` units that the browser stretches to the space
there is; strokes keep their width. Text, dots and ticks are placed in percent of the same box and
keep their size. So one drawing is legible on a telephone and on a desk.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from segue.insight.downsample import runs
from segue.insight.markup import Attributes, Html, clean, element
from segue.insight.scales import Floats, Scale

WIDTH, HEIGHT = 3000, 1000


class Tone(StrEnum):
    """What a mark stands for; the style sheet gives each its colour, in light and in dark."""

    MODEL = "model"
    TRUTH = "truth"
    BASELINE = "baseline"
    OTHER_1 = "other1"
    OTHER_2 = "other2"
    OTHER_3 = "other3"
    MUTED = "muted"


@dataclass(frozen=True)
class Frame:
    """The chart a mark is drawn on: its scales, and how many buckets of points its width holds."""

    x: Scale
    y: Scale
    buckets: int

    def path(self, x: Floats, y: Floats) -> str:
        """The data of an SVG path through these points, in relative whole units; gaps break it."""
        fx, fy = self.x.fractions(x), 1 - self.y.fractions(y)
        kept = np.isfinite(fx) & np.isfinite(fy)
        px = np.rint(np.where(kept, fx, 0) * WIDTH).astype(np.int64).tolist()
        py = np.rint(np.where(kept, fy, 0) * HEIGHT).clip(-HEIGHT, 2 * HEIGHT)
        py = py.astype(np.int64).tolist()
        parts: list[str] = []
        for first, last in runs(kept):
            if first == last:  # a lone point is a short stroke
                parts.append(f"M{px[first] - 2} {py[first]}h4")
                continue
            steps = (f"{px[i + 1] - px[i]} {py[i + 1] - py[i]}" for i in range(first, last))
            parts.append(f"M{px[first]} {py[first]}l" + " ".join(steps).replace(" -", "-"))
        return "".join(parts)

    def place(self, x: float, y: float) -> tuple[str, str]:
        """A point in percent of the box."""
        fx = self.x.fractions(np.array([x]))[0]
        fy = 1 - self.y.fractions(np.array([y]))[0]
        return percent(fx), percent(fy)


@dataclass(frozen=True)
class End:
    """A label that stands beside the end of a line, at this height (0 bottom, 1 top)."""

    height: float
    text: str
    tone: Tone


@dataclass(frozen=True)
class Reading:
    """What the pointer reads off a mark: `[N]` places, values, and upper values of a range."""

    name: str
    tone: Tone
    x: Floats
    y: Floats
    high: Floats | None = None


class Mark:
    """Something drawn on a chart. Each method has nothing to add unless a mark says otherwise."""

    def shapes(self, frame: Frame) -> Html:
        """What stretches with the chart."""
        return Html("")

    def labels(self, frame: Frame) -> Html:
        """What keeps its size: text and dots."""
        return Html("")

    def key(self) -> Html:
        """Its entry in the legend."""
        return Html("")

    def ends(self, frame: Frame) -> tuple[End, ...]:
        """Its label beside the end of the line, which stands for the entry where there is room."""
        return ()

    def readings(self, frame: Frame) -> tuple[Reading, ...]:
        """What the pointer reads."""
        return ()

    def notes(self, frame: Frame) -> tuple[str, ...]:
        """What a reader has to be told about the drawing."""
        return ()


def dot(frame: Frame, x: float, y: float, tone: Tone) -> Html:
    """A round point that keeps its size."""
    cx, cy = frame.place(x, y)
    return element("circle", {"class": f"dot {tone}", "cx": cx, "cy": cy, "r": 3.5})


def key(name: str, *sample: Html) -> Html:
    """An entry of a legend: a sample of the mark, 22 by 10 pixels, and its name."""
    box: Attributes = {"class": "sample", "width": 22, "height": 10, "aria-hidden": "true"}
    return element("li", {}, element("svg", box, *sample), clean(name, 60))


def percent(fraction: float) -> str:
    """A fraction as SVG places it.

    >>> percent(0.25)
    '25%'
    """
    return f"{round(100 * float(fraction), 2):g}%"
