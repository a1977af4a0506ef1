"""Charts of training: loss by epoch, gradient norm by step; and curves to compare by a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.insight.annotations import Dot, Level
from segue.insight.calendar import axis, positions
from segue.insight.charts import Chart, Size, figure
from segue.insight.frame import Mark, Tone
from segue.insight.lines import Line, Spread
from segue.insight.markup import Html
from segue.insight.numerals import number
from segue.insight.page import nothing, section
from segue.insight.scales import Floats, number_scale, ratio_scale

_WORTH = 10.0
"""How far a reference line may stretch the vertical axis: further off, words must do."""


FAR = 3
"""Times the model's largest error: curves beyond are named, not drawn."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A named curve.

    Attributes:
        name: what it is called on the chart.
        x: `[N]` places, rising; datetime64 or numbers.
        y: `[N]` values; NaN, infinity and None are shown as gaps and counted.
    """

    name: str
    x: NDArray[Any]
    y: NDArray[Any]

    @property
    def places(self) -> Floats:
        """`[N]` places as float64."""
        return positions(self.x)

    @property
    def values(self) -> Floats:
        """`[N]` values as float64, with NaN for None."""
        return np.asarray(self.y).astype(np.float64)


def loss_chart(curves: Sequence[Curve], buckets: int) -> Chart:
    """Loss by epoch; the lowest point of the last curve is marked when there are several.

    Args:
        curves: the training loss, then the validation loss if there is one.
        buckets: see `Chart`.
    """
    tones = [Tone.MUTED, Tone.MODEL] if len(curves) > 1 else [Tone.MODEL]
    tones += [Tone.OTHER_1, Tone.OTHER_2, Tone.OTHER_3] * len(curves)
    marks: list[Mark] = [
        Line(c.name, c.places, c.values, t) for c, t in zip(curves, tones, strict=False)
    ]
    x = axis([c.x for c in curves])
    caption = ""
    last = curves[-1]
    finite = np.isfinite(last.values)
    if len(curves) > 1 and finite.any():
        best = int(np.where(finite, last.values, np.inf).argmin())
        place, value = float(last.places[best]), float(last.values[best])
        marks.append(Dot(place, value, tones[len(curves) - 1]))
        caption = f"Lowest {last.name}: {number(value)}, at epoch {x.say(place)} (the dot)."
    y = ratio_scale([c.values for c in curves]) if _positive(curves) else number_scale(
        [c.values for c in curves]
    )  # fmt: skip
    words = f"{describe(curves)} {caption}"
    return Chart(
        _scaled("Loss by epoch", y.kind), words, x, y, tuple(marks), Size.WIDE, buckets,
        x_label="epoch", caption=caption, name_ends=True,
    )  # fmt: skip


def gradient_chart(curve: Curve, clip: float | None, buckets: int) -> Chart:
    """Gradient norm by step, with the norm it was clipped at as a line.

    Args:
        curve: the norm before clipping, by optimizer step.
        clip: the largest norm let through, or None.
        buckets: see `Chart`.
    """
    values = curve.values
    finite = values[np.isfinite(values)]
    marks: list[Mark] = [Spread(curve.name, curve.places, values, Tone.MODEL)]
    caption = ""
    reach = [values]
    if clip is not None and finite.size:
        above = int((finite > clip).sum())
        caption = (
            f"{above:,} of {len(values):,} steps ({number(100 * above / len(values), 2)}%)"
            f" were over {number(clip)} and clipped to it."
        )
        if finite.min() / _WORTH <= clip <= finite.max() * _WORTH:
            marks.append(Level(clip, f"clipped above {number(clip)}"))
            reach.append(np.array([clip]))
    x, y = axis([curve.x]), ratio_scale(reach)
    title = _scaled("Gradient norm by optimizer step, before clipping", y.kind)
    words = f"{describe([curve])} {caption}"
    return Chart(
        title, words, x, y, tuple(marks), Size.WIDE, buckets, x_label="step", caption=caption
    )


def loss_section(curves: Sequence[Curve], buckets: int) -> Html:
    """The part of a page about the loss; see `loss_chart`."""
    if not any(len(curve.y) for curve in curves):
        return section("training", "Training", [], nothing("No epoch was finished."))
    kept = "The weights kept are those of the best epoch." if len(curves) > 1 else ""
    chart = figure(loss_chart(curves, buckets), "training-loss")
    return section("training", "Training", [f"Loss at the end of each epoch. {kept}"], chart)


def measure_section(curves: Sequence[Curve], buckets: int) -> Html:
    """The part of a page about measures by epoch, on what the weights are chosen by."""
    if not any(len(curve.y) for curve in curves):
        return section("learning", "Learning", [], nothing("No epoch was finished."))
    tones = (Tone.MODEL, Tone.OTHER_1, Tone.OTHER_2, Tone.OTHER_3)
    marks = tuple(Line(c.name, c.places, c.values, t) for c, t in zip(curves, tones, strict=False))
    x, y = axis([c.x for c in curves]), number_scale([c.values for c in curves])
    chart = Chart(
        "Measures by epoch, on what the weights are chosen by", describe(curves), x, y, marks,
        Size.WIDE, buckets, x_label="epoch", name_ends=True,
    )  # fmt: skip
    words = ["Where they still rise at the end, more epochs or more data may help."]
    return section("learning", "Learning", words, figure(chart, "measures"))


def learning_section(
    metrics: Sequence[Mapping[str, Any]], names: Mapping[str, str], detail: float
) -> Html:
    """The same, of a run's lines of metrics.

    Args:
        metrics: the lines of `metrics.jsonl`.
        names: of the measures by key, as people read them; those that no epoch has are left out.
        detail: how finely to draw, 1 for all.
    """
    epochs = [line for line in metrics if line["kind"] == "epoch"]
    x = np.array([line["epoch"] for line in epochs])
    curves = tuple(
        Curve(label, x, np.array([line[key] for line in epochs], dtype=object))
        for key, label in names.items()
        if epochs and key in epochs[0]
    )
    return measure_section(curves, max(8, int(600 * detail)))


def gradient_section(curve: Curve | None, clip: float | None, buckets: int) -> Html:
    """The part of a page about the gradient norm; see `gradient_chart`."""
    if curve is None or not len(curve.y):
        return section("gradient", "Gradient norm", [], nothing("No step was recorded."))
    words = (
        "Length of the gradient at each optimizer step, before clipping. Single spikes are what"
        " clipping is for; a level that keeps growing, or falls to almost nothing, means trouble."
    )
    chart = figure(gradient_chart(curve, clip, buckets), "gradient-norm")
    return section("gradient", "Gradient norm", [words], chart)


def step_chart(
    title: str, curves: Sequence[Curve], tones: Mapping[str, Tone], x_label: str, buckets: int
) -> Chart:
    """Errors by step, from zero up: the model's curve is drawn last, over the others.

    Args:
        title: heading of the chart.
        curves: one for each forecaster.
        tones: the colour of each curve, by name.
        x_label: what a step is.
        buckets: see `Chart`.
    """
    back_to_front = sorted(curves, key=lambda c: tones[c.name] is Tone.MODEL)
    marks = tuple(Line(c.name, c.places, c.values, tones[c.name]) for c in back_to_front)
    x = axis([c.x for c in curves])
    y = number_scale([c.values for c in curves], zero=True)
    words = describe(curves)
    return Chart(title, words, x, y, marks, Size.WIDE, buckets, x_label=x_label, name_ends=True)


def near(model: str, curves: Sequence[Curve]) -> tuple[Curve, ...]:
    """The curves that leave the model's readable: others would press it to the ground.

    >>> curves = [Curve(name, np.arange(2), np.ones(2) * k) for k, name in enumerate("abc", 1)]
    >>> [curve.name for curve in near("a", [*curves, Curve("d", np.arange(2), np.ones(2) * 4)])]
    ['a', 'b', 'c']
    """
    most = FAR * max((_highest(curve) for curve in curves if curve.name == model), default=np.inf)
    return tuple(c for c in curves if not most > 0 or not _highest(c) > most)


def _highest(curve: Curve) -> float:
    return float(np.max(curve.values, initial=0.0, where=np.isfinite(curve.values)))


def describe(curves: Sequence[Curve]) -> str:
    """Curves in words: where each starts, where it ends, how far it reaches.

    >>> describe([Curve("loss", np.arange(2), np.array([2.0, 1.0]))])
    'loss: from 2 to 1.'
    """
    parts = []
    for curve in curves:
        finite = curve.values[np.isfinite(curve.values)]
        if not finite.size:
            parts.append(f"{curve.name}: no finite value.")
            continue
        low, high = float(finite.min()), float(finite.max())
        ends = {float(finite[0]), float(finite[-1])}
        reach = "" if {low, high} <= ends else f", between {number(low)} and {number(high)}"
        parts.append(
            f"{curve.name}: from {number(float(finite[0]))} to {number(float(finite[-1]))}{reach}."
        )
    return " ".join(parts)


def _positive(curves: Sequence[Curve]) -> bool:
    values = np.concatenate([c.values for c in curves])
    finite = values[np.isfinite(values)]
    return bool(finite.size) and bool((finite > 0).all())


def _scaled(title: str, kind: str) -> str:
    return f"{title} (logarithmic scale)" if kind == "log" else title
