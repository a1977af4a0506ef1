"""A chart as an HTML figure with an SVG inside: legible at any width, and with no script."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from segue.insight.frame import HEIGHT, WIDTH, End, Frame, Mark, Reading, percent
from segue.insight.markup import Attributes, Html, clean, element, join
from segue.insight.scales import Floats, Scale, Tick

_LONGEST_END = 22
_WIDEST_GUTTER = 14


class Size(StrEnum):
    """How large a chart stands on the page."""

    LARGE = "large"
    WIDE = "wide"
    SMALL = "small"

    @property
    def height(self) -> int:
        """Its least height in pixels, as the style sheet sets it."""
        return {Size.LARGE: 280, Size.WIDE: 220, Size.SMALL: 130}[self]

    @property
    def rows(self) -> int:
        """How many ticks its height has room for."""
        return 4 if self is Size.SMALL else 5


@dataclass(frozen=True, eq=False)
class Chart:
    """One chart.

    Attributes:
        title: heading of the figure.
        summary: what it shows, in words, for those who cannot see it.
        x: horizontal scale.
        y: vertical scale.
        marks: what is drawn, from back to front.
        size: how large it stands.
        buckets: how many groups of points its width is cut into at most.
        x_label: what the horizontal axis counts, such as "epoch"; "" for dates.
        caption: a line below the title.
        name_ends: name lines at their ends where there is room, in place of the legend.
    """

    title: str
    summary: str
    x: Scale
    y: Scale
    marks: tuple[Mark, ...]
    size: Size = Size.WIDE
    buckets: int = 600
    x_label: str = ""
    caption: str = ""
    name_ends: bool = False

    @property
    def frame(self) -> Frame:
        """What the marks are drawn in."""
        return Frame(self.x, self.y, max(2, self.buckets))


def figure(chart: Chart, key: str, *extra: Html) -> Html:
    """The chart as a `<figure>`; `key` tells it from every other on the page.

    Example:
        >>> from segue.insight.frame import Tone
        >>> from segue.insight.lines import Line
        >>> from segue.insight.scales import Linear
        >>> x = np.arange(3.0)
        >>> chart = Chart("Loss", "It falls.", Linear(0, 2), Linear(0, 1),
        ...               (Line("loss", x, 1 / (x + 1), Tone.MODEL),))
        >>> figure(chart, "loss").text.startswith('<figure class="chart wide')
        True
    """
    frame = chart.frame
    ticks = chart.y.ticks(chart.size.rows)
    ends = _apart(tuple(e for m in chart.marks for e in m.ends(frame)), chart.size.height)
    ends = ends if chart.name_ends else ()
    gutter = min(_WIDEST_GUTTER, max((len(t.label) for t in ticks), default=1))
    room = max((len(_short(end.text)) for end in ends), default=0)
    css = f"chart {chart.size} g{gutter}" + (f" named r{room}" if ends else "")
    # What is drawn last, on top, is named first.
    keys = join(mark.key() for mark in reversed(chart.marks))
    notes = [note for mark in chart.marks for note in mark.notes(frame)]
    caption = element("p", {"class": "caption"}, chart.caption) if chart.caption else Html("")
    return element(
        "figure",
        {"class": css},
        element("figcaption", {}, *extra, element("h3", {}, chart.title), caption),
        element("ul", {"class": "legend"}, keys) if keys.text else "",
        element("p", {"class": "unit"}, chart.y.unit) if chart.y.unit else "",
        element("div", {"class": "plot"}, _drawing(chart, key, ticks, ends)),
        *(element("p", {"class": "note"}, note) for note in dict.fromkeys(notes)),
        _readout(chart),
    )


def _drawing(chart: Chart, key: str, ticks: tuple[Tick, ...], ends: tuple[End, ...]) -> Html:
    frame = chart.frame
    box: Attributes = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "none"}
    shapes = join(mark.shapes(frame) for mark in chart.marks)
    return element(
        "svg",
        {"class": "canvas", "role": "img", "aria-labelledby": f"{key}-title {key}-desc"},
        element("title", {"id": f"{key}-title"}, chart.title),
        element("desc", {"id": f"{key}-desc"}, chart.summary),
        _rows(chart, ticks),
        _columns(chart),
        element("svg", {"class": "shapes", **box, "width": "100%", "height": "100%"}, shapes),
        join(mark.labels(frame) for mark in chart.marks),
        join(
            element(
                "text",
                {"class": f"end {end.tone}", "x": "100%", "dx": 9, "dy": ".34em",
                 "y": percent(1 - end.height)},
                _short(end.text),
            )
            for end in ends
        ),
    )  # fmt: skip


def _rows(chart: Chart, ticks: tuple[Tick, ...]) -> Html:
    """Grid lines with the labels of the vertical axis."""
    places = 1 - chart.y.fractions(np.array([tick.value for tick in ticks], dtype=np.float64))
    parts = []
    for tick, place in zip(ticks, places, strict=True):
        zero = " zero" if tick.value == 0 else ""
        at = percent(place)
        line: Attributes = {"class": f"rung{zero}", "x1": 0, "x2": "100%", "y1": at, "y2": at}
        parts.append(element("line", line))
        text: Attributes = {"class": "tick right", "x": 0, "dx": -8, "y": at, "dy": ".34em"}
        parts.append(element("text", text, tick.label))
    return join(parts)


def _columns(chart: Chart) -> Html:
    """Ticks and labels of the horizontal axis: one set for narrow charts, one for roomy ones."""
    narrow, roomy = chart.x.ticks(5), chart.x.ticks(8)
    base = element("line", {"class": "base", "x1": 0, "x2": "100%", "y1": "100%", "y2": "100%"})
    label = (
        element("text", {"class": "tick right", "x": "100%", "y": "100%", "dy": "2.9em"},
                f"{chart.x_label} →")
        if chart.x_label
        else Html("")
    )  # fmt: skip
    if narrow == roomy:
        return join([base, _column_set(chart, roomy), label])
    sets = (("narrow", narrow), ("roomy", roomy))
    groups = [element("g", {"class": css}, _column_set(chart, ticks)) for css, ticks in sets]
    return join([base, *groups, label])


def _column_set(chart: Chart, ticks: tuple[Tick, ...]) -> Html:
    places = chart.x.fractions(np.array([tick.value for tick in ticks], dtype=np.float64))
    parts = []
    for tick, place in zip(ticks, places, strict=True):
        at = percent(place)
        line: Attributes = {"class": "base", "x1": at, "x2": at, "y1": "100%", "y2": "100%"}
        parts.append(element("line", {**line, "transform": "translate(0 4)"}))
        side = "right" if place > 0.96 else "left" if place < 0.02 else "middle"
        css = f"tick {side}"
        parts.append(
            element("text", {"class": css, "x": at, "y": "100%", "dy": "1.55em"}, tick.label)
        )
        if tick.context:
            parts.append(
                element("text", {"class": f"{css} faint", "x": at, "y": "100%", "dy": "2.75em"},
                        tick.context)
            )  # fmt: skip
    return join(parts)


def _apart(ends: tuple[End, ...], height: int) -> tuple[End, ...]:
    """Move labels up and down until none covers another."""
    gap = 15 / height
    ordered = sorted(ends, key=lambda end: -end.height)
    places: list[float] = []
    for end in ordered:
        places.append(end.height if not places else min(end.height, places[-1] - gap))
    floor = 0.0
    for k in range(len(places) - 1, -1, -1):
        places[k] = max(places[k], floor)
        floor = places[k] + gap
    return tuple(End(p, e.text, e.tone) for p, e in zip(places, ordered, strict=True))


def _short(text: str) -> str:
    return clean(text, _LONGEST_END)


def _readout(chart: Chart) -> Html:
    """What the page's script shows under the pointer, as JSON that holds no markup."""
    readings = [r for mark in reversed(chart.marks) for r in mark.readings(chart.frame)]
    if not readings:
        return Html("")
    places: dict[str, int] = {}
    series = []
    for reading in readings:
        index = places.setdefault(_places(reading.x, chart.x.low), len(places))
        low, high = _json(reading.y), _json(reading.high)
        series.append(f"[{_text(reading)},{index},{low},{high}]")
    head = json.dumps(
        {
            "x": [chart.x.low, chart.x.high, chart.x.kind],
            "y": [chart.y.low, chart.y.high, chart.y.kind],
            "label": clean(chart.x_label, 60),
        }
    )
    body = f'{head[:-1]},"places":[{",".join(places)}],"series":[{",".join(series)}]}}'
    safe = body.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Html(f'<script type="application/json" class="readout">{safe}</script>')


def _text(reading: Reading) -> str:
    return f"{json.dumps(clean(reading.name, 60))},{json.dumps(reading.tone.value)}"


def _places(x: Floats, low: float) -> str:
    values: list[Any] = np.where(np.isfinite(x), x - low, 0).tolist()
    return "[" + ",".join(f"{v:.10g}" for v in values) + "]"


def _json(values: Floats | None) -> str:
    if values is None:
        return "0"
    return "[" + ",".join(f"{v:.5g}" if abs(v) < 1e300 else "null" for v in values.tolist()) + "]"
