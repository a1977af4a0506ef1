"""Charts of dynamic systems: outputs over time, residuals, frequency and step responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segue.insight.annotations import Level
from segue.insight.calendar import axis
from segue.insight.charts import Chart, Size, figure
from segue.insight.curves import Curve, describe
from segue.insight.frame import Mark, Tone
from segue.insight.lines import Line
from segue.insight.markup import Html
from segue.insight.page import grid, nothing, section
from segue.insight.scales import number_scale, ratio_scale

Floats = NDArray[np.float64]
_VISIBLE = 6


@dataclass(frozen=True, eq=False)
class Compared:
    """One output of one record.

    Attributes:
        title: of the chart.
        time: `[T]`.
        truth: `[T]` what was measured.
        said: `[T]` what the model says.
        baseline: name of the best baseline.
        other: `[T]` what that says.
    """

    title: str
    time: Floats
    truth: Floats
    said: Floats
    baseline: str
    other: Floats


@dataclass(frozen=True, eq=False)
class Gain:
    """A frequency response.

    Attributes:
        title: of the chart.
        frequency: `[F]`, rising.
        model: `[F]` of the linearised model.
        measured: `[F]` as it was measured; NaN where the input has no power.
    """

    title: str
    frequency: Floats
    model: Floats
    measured: Floats


def comparison_section(compared: Sequence[Compared], detail: float) -> Html:
    """Measured and simulated over time, with the error under them."""
    words = ["The beginning of the first held-back records, none chosen by its result."]
    if not compared:
        return section("outputs", "Outputs", words, nothing("Nothing was scored."))
    charts = []
    for number, one in enumerate(compared):
        lines = [
            (Curve(one.baseline, one.time, one.other), Tone.BASELINE),
            (Curve("measured", one.time, one.truth), Tone.TRUTH),
            (Curve("model", one.time, one.said), Tone.MODEL),
        ]
        charts.append(_chart(one.title, lines, "time", detail, f"output-{number}"))
        error = [(Curve("measured less model", one.time, one.truth - one.said), Tone.MODEL)]
        charts.append(_chart(f"{one.title}: error", error, "time", detail, f"error-{number}"))
    return section("outputs", "Outputs", words, grid(charts, _VISIBLE, "wide", "more outputs"))


def autocorrelation(residual: Floats, lags: int) -> Floats:
    """The correlation `[lags + 1]` of residuals `[T]` with themselves, from lag 0, which is 1.

    >>> autocorrelation(np.array([1.0, -1.0, 1.0, -1.0]), 1).tolist()
    [1.0, -0.75]
    """
    centred = residual - residual.mean()
    power = float((centred**2).sum())
    lags = min(lags, len(centred) - 1)
    if power <= 0:
        return np.zeros(lags + 1)
    found = [float((centred[k:] * centred[: len(centred) - k]).sum()) for k in range(lags + 1)]
    return np.array(found) / power


def autocorrelation_section(residuals: Mapping[str, Floats], lags: int, detail: float) -> Html:
    """What the residuals of each output `[T]` still hold."""
    words = [
        "Residuals that remember themselves hold dynamics that the model has not learned. Of white"
        " noise 99 in 100 correlations lie between the dotted rules.",
        "A simulation that is free of the measured output keeps the noise of the system in its"
        " residuals, so that they may be coloured though the model is right.",
    ]
    charts = []
    for number, (name, residual) in enumerate(residuals.items()):
        if len(residual) < 3:
            continue
        values = autocorrelation(residual, lags)[1:]
        band = 2.58 / np.sqrt(len(residual))
        outside = int((np.abs(values) > band).sum())
        curve = Curve(name, np.arange(1, len(values) + 1), values)
        marks: list[Mark] = [Level(band, ""), Level(-band, ""), _line(curve, Tone.MODEL)]
        reach = [values, np.array([band, -band])]
        caption = f"{outside} of {len(values)} lags lie outside the band of ±{band:.3f}."
        charts.append(
            figure(
                Chart(
                    f"Autocorrelation of the residuals of {name}", describe([curve]),
                    axis([curve.x]), number_scale(reach, zero=True), tuple(marks), Size.WIDE,
                    _buckets(detail), x_label="lag in samples", caption=caption,
                ),
                f"residuals-{number}",
            )
        )  # fmt: skip
    if not charts:
        return section("residuals", "Residuals", words, nothing("Too few samples were scored."))
    return section("residuals", "Residuals", words, grid(charts, _VISIBLE, "wide", "more outputs"))


def frequency_section(gains: Sequence[Gain], detail: float) -> Html:
    """The gain of the linearised model beside the measured one."""
    words = [
        "The model, for small inputs around rest, beside the ratio of spectra that was measured on"
        " held-back records. Where the system is not linear they may differ.",
    ]
    if not gains:
        return section("frequency", "Frequency response", words, nothing("There is none."))
    charts = []
    for number, one in enumerate(gains):
        lines = [
            (Curve("measured", one.frequency, one.measured), Tone.TRUTH),
            (Curve("model", one.frequency, one.model), Tone.MODEL),
        ]
        marks = tuple(_line(curve, tone) for curve, tone in lines)
        curves = [curve for curve, _ in lines]
        y = ratio_scale([curve.values[np.isfinite(curve.values)] for curve in curves])
        charts.append(
            figure(
                Chart(
                    f"Gain from {one.title}", describe(curves), axis([one.frequency]), y, marks,
                    Size.WIDE, _buckets(detail), x_label="cycles a second", name_ends=True,
                ),
                f"gain-{number}",
            )
        )  # fmt: skip
    words_ = grid(charts, _VISIBLE, "wide", "more responses")
    return section("frequency", "Frequency response", words, words_)


def step_section(steps: Mapping[str, Mapping[str, Floats]], period: float, detail: float) -> Html:
    """Responses to a step of an input by one standard deviation, by title and by method."""
    words = ["What follows a step of one standard deviation of an input, from rest at its mean."]
    charts = []
    for number, (title, responses) in enumerate(steps.items()):
        tones = (Tone.MODEL, Tone.BASELINE)
        lines = [
            (Curve(name, period * np.arange(len(values)), values), tone)
            for (name, values), tone in zip(responses.items(), tones, strict=True)
        ]
        charts.append(_chart(title, lines[::-1], "time", detail, f"step-{number}"))
    if not charts:
        return section("steps", "Step response", words, nothing("There is none."))
    return section("steps", "Step response", words, grid(charts, _VISIBLE, "wide", "more steps"))


def _chart(
    title: str, lines: Sequence[tuple[Curve, Tone]], x_label: str, detail: float, key: str
) -> Html:
    curves = [curve for curve, _ in lines]
    marks = tuple(_line(curve, tone) for curve, tone in lines)
    y = number_scale([curve.values for curve in curves])
    chart = Chart(
        title, describe(curves), axis([curve.x for curve in curves]), y, marks, Size.WIDE,
        _buckets(detail), x_label=x_label, name_ends=len(curves) > 1,
    )  # fmt: skip
    return figure(chart, key)


def _line(curve: Curve, tone: Tone) -> Line:
    return Line(curve.name, curve.places, curve.values, tone)


def _buckets(detail: float) -> int:
    return max(8, int(600 * detail))
