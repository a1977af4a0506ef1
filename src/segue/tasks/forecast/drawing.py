"""The sections of a forecast's report: what they hold, and how they are drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.insight.annotations import Moment, Region
from segue.insight.calendar import axis, positions
from segue.insight.charts import Chart, Size, figure
from segue.insight.coverage import coverage_section
from segue.insight.curves import FAR, Curve, near, step_chart
from segue.insight.fan_chart import fan, intervals, median
from segue.insight.frame import Mark, Tone
from segue.insight.lines import Line
from segue.insight.markup import Html, clean, element
from segue.insight.numerals import column, number
from segue.insight.page import (
    enlarge_button,
    grid,
    left_out,
    nothing,
    section,
    thinned,
)
from segue.insight.report import Section
from segue.insight.scales import Floats, number_scale
from segue.insight.tables import share

_MOST_WINDOWS, _MOST_SERIES, _MOST_CURVES = 24, 60, 12


@dataclass(frozen=True, eq=False)
class DataSeries:
    """One series of the data and where its parts begin.

    Attributes:
        name: of the series or its target.
        time: `[T]` datetime64 or int64, rising.
        value: `[T]` numbers in the unit of the file.
        val_start: first time of the validation part, or None when there is none.
        test_start: first time of the test part, or None when there is none.
    """

    name: str
    time: NDArray[Any]
    value: NDArray[Any]
    val_start: np.datetime64 | int | None
    test_start: np.datetime64 | int | None


@dataclass(frozen=True, eq=False)
class ForecastWindow:
    """One forecast beside what happened.

    Attributes:
        title: series or target, and the time of the forecast.
        context_time: `[L]` datetime64 or int64.
        context: `[L]` values that the model saw.
        time: `[H]` datetime64 or int64.
        truth: `[H]` what happened; NaN where it is not known.
        levels: the quantile levels, between 0 and 1.
        quantiles: `[H, Q]`, a column for each level.
        baseline_name: the best baseline.
        baseline: `[H]` its forecast.
    """

    title: str
    context_time: NDArray[Any]
    context: NDArray[Any]
    time: NDArray[Any]
    truth: NDArray[Any]
    levels: tuple[float, ...]
    quantiles: NDArray[Any]
    baseline_name: str
    baseline: NDArray[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastPages:
    """What the report of a forecast shows beside what every report does. Any tuple may be empty.

    Attributes:
        model: its name among the curves of `error_by_step`.
        data: the series.
        windows: forecasts from several origins.
        window_note: how the windows were chosen.
        error_by_step: mean absolute error by horizon step, for the model and each baseline.
        coverage: for each interval the nominal and the observed share, from 0 to 1.
        coverage_by_step: for each interval the observed share of each horizon step.
    """

    model: str = ""
    data: tuple[DataSeries, ...] = ()
    windows: tuple[ForecastWindow, ...] = ()
    window_note: str = ""
    error_by_step: tuple[Curve, ...] = ()
    coverage: tuple[tuple[float, float], ...] = ()
    coverage_by_step: tuple[tuple[float, ...], ...] = ()

    def sections(self) -> tuple[Section, ...]:
        """The sections in their order."""
        return (
            lambda detail: _windows(self, detail),
            lambda detail: _error_by_step(self, max(8, int(600 * detail))),
            lambda detail: coverage_section(self.coverage, self.coverage_by_step, detail),
            lambda detail: _data(self, detail),
        )


def _windows(report: ForecastPages, detail: float) -> Html:
    windows = report.windows
    if not windows:
        return section("windows", "Forecasts", [], nothing("No forecasts to show."))
    picks = np.unique(np.linspace(0, len(windows) - 1, min(len(windows), _MOST_WINDOWS)).round())
    several, buckets = len(picks) > 1, max(8, int(400 * detail))
    items = []
    for rank, pick in enumerate(picks.astype(int)):
        chart = _window_chart(windows[pick], buckets)
        extra = [enlarge_button(chart.title)] if several else []
        item = figure(chart, f"window-{rank}", *extra)
        items.append(element("div", {"class": "focus" if rank == 0 else None}, item))
    words = [
        "Each forecast is made at the dotted line, from the past alone, and stands beside what"
        " then happened.",
        "Each window has its own vertical scale." if several else "",
        report.window_note,
        thinned(max(_seen(w) + len(w.time) for w in windows), buckets),
        left_out(len(windows), len(picks), "windows"),
    ]
    more = f"{len(items) - 9} more windows"
    return section(
        "windows", "Forecasts", words, grid(items, 9, "pairs" if several else "single", more)
    )


def _window_chart(window: ForecastWindow, buckets: int) -> Chart:
    horizon = len(window.time)
    quantiles = np.asarray(window.quantiles).astype(np.float64)
    if quantiles.shape != (horizon, len(window.levels)):
        raise ValueError(f"quantiles are {quantiles.shape}, not [H, Q] of {window.title!r}")
    seen = _seen(window)
    start = len(window.context) - seen
    past, past_time = _floats(window.context)[start:], window.context_time[start:]
    time, truth, baseline = positions(window.time), _floats(window.truth), _floats(window.baseline)
    observed_time = np.concatenate([positions(past_time), time])
    observed = np.concatenate([past, truth])
    marks: list[Mark] = [Moment(float(observed_time[seen - 1]), "forecast starts")] if seen else []
    marks += fan(time, window.levels, quantiles)
    marks.append(Line(window.baseline_name, time, baseline, Tone.BASELINE))
    marks.append(Line("observed", observed_time, observed, Tone.TRUTH))
    caption = _window_words(window, truth, quantiles, baseline)
    return Chart(
        title=clean(window.title, 120),
        summary=f"{caption} {seen} of {len(window.context)} values seen are drawn.",
        x=axis([past_time, window.time]),
        y=number_scale([observed, baseline, quantiles]),
        marks=tuple(marks),
        size=Size.LARGE,
        buckets=buckets,
        caption=caption,
    )


def _seen(window: ForecastWindow) -> int:
    """How many values of the context are drawn: enough to see a pattern, no more."""
    return min(len(window.context), max(2 * len(window.time), 48))


def _window_words(
    window: ForecastWindow, truth: Floats, quantiles: Floats, baseline: Floats
) -> str:
    known = np.isfinite(truth)
    if not known.any():
        return "What happened is not known."
    words = []
    middle = median(window.levels)
    if middle is not None:
        own = _mean_error(quantiles[:, middle], truth)
        ours, theirs = column([own, _mean_error(baseline, truth)], 3)
        name = clean(window.baseline_name, 60)
        words.append(f"Mean absolute error {ours}; {name} {theirs}.")
    for low, high in intervals(window.levels)[:1]:
        inside = (quantiles[:, low] <= truth) & (truth <= quantiles[:, high])
        width = share(window.levels[high] - window.levels[low])
        words.append(f"{inside.sum()} of {known.sum()} values inside the {width} interval.")
    return " ".join(words)


def _error_by_step(report: ForecastPages, buckets: int) -> Html:
    curves = report.error_by_step[:_MOST_CURVES]
    title = "Error by horizon step"
    if not curves:
        return section("steps", title, [], nothing("No errors were computed."))
    close = near(report.model, curves)
    far = ", ".join(clean(curve.name, 60) for curve in curves if curve not in close)
    words = [
        "Mean absolute error at each step ahead: how fast the forecast fades.",
        f"More than {FAR} times as wrong as the model, and not drawn: {far}." if far else "",
        left_out(len(report.error_by_step), len(curves), "curves"),
    ]
    tones = _tones(report, [curve.name for curve in close])
    chart = step_chart("Mean absolute error", close, tones, "steps ahead", buckets)
    return section("steps", title, words, figure(chart, "error-by-step"))


def _tones(report: ForecastPages, names: Sequence[str]) -> Mapping[str, Tone]:
    """The model's colour for the model, the best baseline's for it, and the others by turns."""
    models = {report.model} & set(names) or {names[0]}
    best = next((window.baseline_name for window in report.windows), None)
    others = [name for name in names if name not in models and name != best]
    turns = (Tone.OTHER_1, Tone.OTHER_2, Tone.OTHER_3, Tone.MUTED)
    tones = {name: turns[k % len(turns)] for k, name in enumerate(others)}
    if best is not None:
        tones[best] = Tone.BASELINE
    return tones | dict.fromkeys(models, Tone.MODEL)


def _data(report: ForecastPages, detail: float) -> Html:
    series = report.data[:_MOST_SERIES]
    if not series:
        return section("data", "The data", [], nothing("No series to show."))
    size = Size.WIDE if len(series) == 1 else Size.SMALL
    buckets = max(8, int((900 if size is Size.WIDE else 300) * detail))
    charts = [figure(_data_chart(s, size, buckets), f"data-{k}") for k, s in enumerate(series)]
    parts = ["No shade: training."]
    parts += ["Light shade: validation."] * any(s.val_start is not None for s in series)
    tested = any(s.test_start is not None for s in series)
    parts += ["Darker shade: test, the part that is scored here."] * tested
    words = [
        " ".join(parts) if len(parts) > 1 else "",
        thinned(max(len(s.value) for s in series), buckets),
        left_out(len(report.data), len(series), "series"),
    ]
    more = f"{len(charts) - 9} more series"
    return section(
        "data", "The data", words, grid(charts, 9, "many" if len(charts) > 1 else "single", more)
    )


def _data_chart(series: DataSeries, size: Size, buckets: int) -> Chart:
    time, value = positions(series.time), _floats(series.value)
    x = axis([series.time])
    test = x.high if series.test_start is None else _place(series.test_start)
    starts = [x.low, test if series.val_start is None else _place(series.val_start), test]
    stops = [*starts[1:], x.high]
    names = (("training", "train"), ("validation", "val."), ("test", "test"))
    regions: list[Mark] = [
        Region(start, stop, *name, depth)
        for depth, (start, stop, name) in enumerate(zip(starts, stops, names, strict=True))
        if start < stop
    ]
    finite = value[np.isfinite(value)]
    reach = f", {number(finite.min())} to {number(finite.max())}" if finite.size else ""
    ends = f", {x.say(time[0])} to {x.say(time[-1])}" if len(time) else ""
    return Chart(
        title=clean(series.name, 120) or "The series",
        summary=f"{len(value):,} values{ends}{reach}.",
        x=x,
        y=number_scale([value]),
        marks=(*(regions if len(regions) > 1 else []),
               Line("value", time, value, Tone.TRUTH, in_key=False)),
        size=size,
        buckets=buckets,
        caption=f"{len(value):,} values{ends}",
    )  # fmt: skip


def _place(time: np.datetime64 | int) -> float:
    return float(positions(np.array([time]))[0])


def _mean_error(forecast: Floats, truth: Floats) -> float:
    errors = np.abs(forecast - truth)[np.isfinite(forecast) & np.isfinite(truth)]
    return float(errors.mean()) if errors.size else float("nan")


def _floats(values: NDArray[Any]) -> Floats:
    return np.asarray(values).astype(np.float64)
