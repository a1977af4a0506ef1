"""Lines, bands, and noisy lines drawn as a median within a range."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue.insight.downsample import Indices, envelope, extremes, runs
from segue.insight.frame import HEIGHT, WIDTH, End, Frame, Mark, Reading, Tone, dot, key
from segue.insight.markup import Html, element, join
from segue.insight.scales import Floats

_DOTS = 60


@dataclass(frozen=True, eq=False)
class Line(Mark):
    """A line through `[N]` points. Values that have no place on the scale are marked at an edge."""

    name: str
    x: Floats
    y: Floats
    tone: Tone
    in_key: bool = True

    def shapes(self, frame: Frame) -> Html:
        """The line, and a mark at the edge for what cannot be drawn."""
        drawn = self.drawable(frame)
        kept = extremes(drawn, frame.buckets)
        path = frame.path(self.x[kept], drawn[kept])
        css = f"line {self.tone}" + (" dense" if len(kept) < len(drawn) else "")
        return join(
            [
                element("path", {"class": css, "d": path}) if path else "",
                _edge(frame, self.x, self.lost, 0),
                _edge(frame, self.x, self.below(frame), HEIGHT),
            ]
        )

    def labels(self, frame: Frame) -> Html:
        """A dot for each point that stands alone."""
        drawn = self.drawable(frame)
        alone = [a for a, b in runs(np.isfinite(drawn)) if a == b]
        if len(alone) > _DOTS:
            return Html("")
        return join(dot(frame, self.x[i], drawn[i], self.tone) for i in alone)

    def key(self) -> Html:
        """A short piece of the line with its name."""
        sample = element("path", {"class": f"line {self.tone}", "d": "M0 5h22"})
        return key(self.name, sample) if self.in_key else Html("")

    def ends(self, frame: Frame) -> tuple[End, ...]:
        """The name at the last point."""
        drawn = frame.y.fractions(self.drawable(frame))
        finite = np.flatnonzero(np.isfinite(drawn))
        if not self.in_key or not finite.size:
            return ()
        return (End(float(drawn[finite[-1]]), self.name, self.tone),)

    def readings(self, frame: Frame) -> tuple[Reading, ...]:
        """The value at each point that is drawn."""
        kept = extremes(self.drawable(frame), frame.buckets)
        return (Reading(self.name, self.tone, self.x[kept], self.y[kept]),)

    def notes(self, frame: Frame) -> tuple[str, ...]:
        """How many values are not drawn, and where the first is."""
        notes = []
        total, lost, below = len(self.y), self.lost, self.below(frame)
        if lost.any():
            notes.append(
                f"{self.name}: {lost.sum():,} of {total:,} values missing or not finite, the first"
                f" at {frame.x.say(float(self.x[lost][0]))}; marked along the top edge."
            )
        if below.any():
            notes.append(
                f"{self.name}: {below.sum():,} of {total:,} values are zero or negative, which a"
                " logarithmic scale cannot hold; marked along the bottom edge."
            )
        return tuple(notes)

    @property
    def lost(self) -> NDArray[np.bool_]:
        """Which values are missing or not finite: `[N]`."""
        return ~np.isfinite(self.y)

    def below(self, frame: Frame) -> NDArray[np.bool_]:
        """Which finite values have no place on the vertical scale: `[N]`."""
        return np.isfinite(self.y) & ~np.isfinite(frame.y.fractions(self.y))

    def drawable(self, frame: Frame) -> Floats:
        """The values with NaN for what has no place on the vertical scale: `[N]`."""
        return np.where(np.isfinite(frame.y.fractions(self.y)), self.y, np.nan)


@dataclass(frozen=True, eq=False)
class Band(Mark):
    """The area between `[N]` lower and upper values; it lies on `under` wider ones."""

    name: str
    x: Floats
    low: Floats
    high: Floats
    tone: Tone
    under: int = 0

    def shapes(self, frame: Frame) -> Html:
        """An area for each stretch without a gap; a lone point is an upright bar."""
        kept = self._kept(frame)
        x, low, high = self.x[kept], self.low[kept], self.high[kept]
        whole = np.isfinite(frame.y.fractions(low)) & np.isfinite(frame.y.fractions(high))
        shapes = []
        for first, last in runs(whole):
            part = slice(first, last + 1)
            if first == last:
                upright = np.array([low[first], high[first]])
                path = frame.path(np.repeat(x[part], 2), upright)
                shapes.append(element("path", {"class": f"bar {self.tone}", "d": path}))
                continue
            path = frame.path(
                np.concatenate([x[part], x[part][::-1]]),
                np.concatenate([high[part], low[part][::-1]]),
            )
            shapes.append(element("path", {"class": f"band {self.tone}", "d": path + "z"}))
        return join(shapes)

    def key(self) -> Html:
        """A patch of the band, over the patches of those it lies on, with its name."""
        patch = element("rect", {"class": f"band {self.tone}", "width": 22, "height": 10})
        return key(self.name, *[patch] * (self.under + 1))

    def readings(self, frame: Frame) -> tuple[Reading, ...]:
        """The range at each place."""
        kept = self._kept(frame)
        return (Reading(self.name, self.tone, self.x[kept], self.low[kept], self.high[kept]),)

    def _kept(self, frame: Frame) -> Indices:
        half = max(1, frame.buckets // 2)
        return np.union1d(extremes(self.low, half), extremes(self.high, half))


@dataclass(frozen=True, eq=False)
class Spread(Mark):
    """A noisy line of `[N]` points: where they are too many, their median within their range."""

    name: str
    x: Floats
    y: Floats
    tone: Tone

    def shapes(self, frame: Frame) -> Html:
        """The range and the median, or the line."""
        raw, drawn = self._raw, self._drawn(frame)
        edges = [_edge(frame, self.x, raw.lost, 0), _edge(frame, self.x, raw.below(frame), HEIGHT)]
        return join([*(mark.shapes(frame) for mark in drawn), *edges])

    def labels(self, frame: Frame) -> Html:
        """A dot for each point that stands alone."""
        return join(mark.labels(frame) for mark in self._drawn(frame))

    def readings(self, frame: Frame) -> tuple[Reading, ...]:
        """The median and the range, or the value."""
        return tuple(r for mark in reversed(self._drawn(frame)) for r in mark.readings(frame))

    def notes(self, frame: Frame) -> tuple[str, ...]:
        """What is not drawn, and what the range is a range of."""
        notes = self._raw.notes(frame)
        if len(self._drawn(frame)) == 1:
            return notes
        size = -(-len(self.y) // (frame.buckets // 2))
        return (*notes, f"Line: median of every {size:,} values. Shade: smallest to largest.")

    @property
    def _raw(self) -> Line:
        return Line(self.name, self.x, self.y, self.tone, in_key=False)

    def _drawn(self, frame: Frame) -> tuple[Mark, ...]:
        if len(self.y) <= 2 * frame.buckets:
            return (self._raw,)
        cut = envelope(self.x, self._raw.drawable(frame), frame.buckets // 2)
        return (
            Band("range", cut.x, cut.low, cut.high, self.tone),
            Line(f"median {self.name}", cut.x, cut.middle, self.tone, in_key=False),
        )


def _edge(frame: Frame, x: Floats, flags: NDArray[np.bool_], y: int) -> Html:
    """Strokes along an edge over the places that are flagged."""
    if not flags.any():
        return Html("")
    size = -(-len(x) // (2 * frame.buckets))
    starts = np.arange(0, len(x), size)
    flags = np.logical_or.reduceat(flags, starts)
    left = np.rint(frame.x.fractions(x[starts]) * WIDTH)
    right = np.rint(frame.x.fractions(x[np.minimum(starts + size, len(x)) - 1]) * WIDTH)
    strokes = [
        f"M{left[a]:.0f} {y}h{max(6.0, right[b] - left[a]):.0f}"
        for a, b in runs(flags & np.isfinite(left) & np.isfinite(right))
    ]
    return element("path", {"class": "lost", "d": "".join(strokes)})
