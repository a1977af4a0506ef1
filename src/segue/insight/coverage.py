"""How often intervals held the truth, over all and by step."""

from collections.abc import Sequence

import numpy as np

from segue.insight.annotations import Level
from segue.insight.calendar import axis
from segue.insight.charts import Chart, figure
from segue.insight.curves import Curve, describe
from segue.insight.frame import Mark, Tone
from segue.insight.lines import Line
from segue.insight.markup import Html, join
from segue.insight.page import nothing, section
from segue.insight.scales import number_scale
from segue.insight.tables import coverage_table

_MOST_ROWS, _MOST_CURVES = 40, 3
_TITLE = "Coverage of the intervals"


def coverage_section(
    pairs: Sequence[tuple[float, float]], by_step: Sequence[Sequence[float]], detail: float
) -> Html:
    """The part of a page about intervals; the chart needs two steps or more.

    Args:
        pairs: for each interval the nominal and the observed share, from 0 to 1.
        by_step: for each interval the observed share of each step; may be empty.
        detail: how finely lines are drawn, 1 for in full.
    """
    if not pairs:
        return section("coverage", _TITLE, [], nothing("The model gives no intervals."))
    words = [
        "A 90% interval should hold the truth 90 times in 100.",
        "The upright tick is the promise, the dot is what was observed on held-back data.",
    ]
    table = coverage_table(pairs[:_MOST_ROWS])
    curves = [
        Curve(f"{nominal:.0%} interval", np.arange(1, len(shares) + 1), np.array(shares))
        for (nominal, _), shares in zip(pairs, by_step[:_MOST_CURVES], strict=False)
    ]
    if not curves or len(curves[0].y) < 2:
        return section("coverage", _TITLE, words, table)
    chart = coverage_chart(curves, [nominal for nominal, _ in pairs], max(8, int(600 * detail)))
    return section("coverage", _TITLE, words, join([table, figure(chart, "coverage-by-step")]))


def coverage_chart(curves: Sequence[Curve], promised: Sequence[float], buckets: int) -> Chart:
    """Observed shares in percent by step, a rule at what each interval promises.

    Args:
        curves: at most three intervals, from narrow to wide, shares from 0 to 1.
        promised: their nominal shares.
        buckets: see `Chart`.
    """
    tones = (Tone.OTHER_3, Tone.OTHER_2, Tone.MODEL)[-len(curves) :]
    rules = [100 * share for share, _ in zip(promised, curves, strict=False)]
    percents = [Curve(c.name, c.x, 100 * c.values) for c in curves]
    marks: list[Mark] = [Level(rule, "") for rule in rules]
    marks += [Line(c.name, c.places, c.values, t) for c, t in zip(percents, tones, strict=True)]
    return Chart(
        title="Coverage by step, percent",
        summary=describe(percents),
        x=axis([curve.x for curve in curves]),
        y=number_scale([*(c.values for c in percents), np.array(rules)], zero=True),
        marks=tuple(marks),
        buckets=buckets,
        x_label="steps ahead",
        caption="Each curve should lie on its dotted rule at every step.",
        name_ends=True,
    )
