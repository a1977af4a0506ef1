"""Charts of policies: what episodes are worth, and one of them step by step."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from segue.insight.calendar import axis
from segue.insight.charts import Chart, Size, figure
from segue.insight.curves import Curve, describe
from segue.insight.frame import Tone
from segue.insight.lines import Line
from segue.insight.markup import Html
from segue.insight.page import grid, nothing, section
from segue.insight.scales import number_scale

_TONES = (Tone.MODEL, Tone.BASELINE, Tone.OTHER_1, Tone.OTHER_2, Tone.OTHER_3)
_VISIBLE = 6

Shown = tuple[str, NDArray[np.floating], Sequence[str]]
"""A title, values `[T, C]`, and what the columns are called."""


def returns_section(returns: Mapping[str, NDArray[np.float64]], model: str, detail: float) -> Html:
    """The returns of all episodes, from the worst to the best, of the policy and of others."""
    words = [
        "Each curve is all episodes of one method, from the worst to the best: where it is flat,"
        " episodes are worth the same."
    ]
    names = [model, *(name for name in returns if name != model)][: len(_TONES)]
    curves = [
        Curve(name, np.arange(1, len(returns[name]) + 1), np.sort(returns[name])) for name in names
    ]
    chart = _chart("Returns, sorted", curves, "episode", detail, "returns")
    return section("returns", "Returns", words, chart)


def episode_section(shown: Sequence[Shown], detail: float) -> Html:
    """One episode: what was seen, done and expected at each step."""
    words = ["The first episode that was scored; the memory is empty at its start."]
    charts = []
    for number, (title, values, names) in enumerate(shown):
        columns = list(zip(names, values.T, strict=True))[: len(_TONES)]
        curves = [Curve(name, np.arange(len(values)), column) for name, column in columns]
        charts.append(_chart(title.capitalize(), curves, "step", detail, f"episode-{number}"))
    if not charts:
        return section("episode", "An episode", words, nothing("None was played."))
    return section("episode", "An episode", words, grid(charts, _VISIBLE, "wide", "more"))


def _chart(title: str, curves: Sequence[Curve], x_label: str, detail: float, key: str) -> Html:
    marks = tuple(
        Line(curve.name, curve.places, curve.values, tone)
        for curve, tone in zip(curves, _TONES, strict=False)
    )
    y = number_scale([curve.values for curve in curves])
    chart = Chart(
        title, describe(curves), axis([curve.x for curve in curves]), y, marks, Size.WIDE,
        max(8, int(600 * detail)), x_label=x_label, name_ends=len(curves) > 1,
    )  # fmt: skip
    return figure(chart, key)
