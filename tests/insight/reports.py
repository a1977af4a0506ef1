"""Reports to draw: a usual one, and odd ones."""

from dataclasses import dataclass, fields, replace

import numpy as np

from segue.insight import report as report_module
from segue.insight.curves import Curve
from segue.insight.report import Report
from segue.insight.tables import ScoreRow
from segue.tasks.forecast.drawing import DataSeries, ForecastPages, ForecastWindow


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastReport(Report):
    """A report with the pages of a forecast, all parts side by side."""

    data: tuple[DataSeries, ...] = ()
    windows: tuple[ForecastWindow, ...] = ()
    window_note: str = ""
    error_by_step: tuple[Curve, ...] = ()
    coverage: tuple[tuple[float, float], ...] = ()
    coverage_by_step: tuple[tuple[float, ...], ...] = ()


def render(report: ForecastReport) -> str:
    names = [field.name for field in fields(ForecastPages) if field.name != "model"]
    parts = {name: getattr(report, name) for name in names}
    model = next((row.name for row in report.scores if row.is_model), "")
    return report_module.render(
        replace(report, sections=ForecastPages(model=model, **parts).sections())
    )


NAN = float("nan")
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
HOUR = np.timedelta64(1, "h")
EVIL = "<script>alert('x')</script>\"&]]>\u202e"


def hours(length: int) -> np.ndarray:
    return (np.datetime64("2023-12-20T00", "us") + np.arange(length) * HOUR).astype("M8[us]")


def window(
    time: np.ndarray, value: np.ndarray, origin: int, horizon: int, title: str = "load"
) -> ForecastWindow:
    after = slice(origin, origin + horizon)
    width = float(np.nanmax(value) / 20 - np.nanmin(value) / 20)
    spread = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) * max(1e-9, width)
    return ForecastWindow(
        title=title,
        context_time=time[:origin],
        context=value[:origin],
        time=time[after],
        truth=value[after],
        levels=LEVELS,
        quantiles=value[after][:, None] + spread,
        baseline_name="seasonal naive",
        baseline=value[after] * 0.9,
    )


def usual() -> ForecastReport:
    rng = np.random.default_rng(0)
    time = hours(600)
    value = 10 + np.sin(np.arange(600) / 24 * 2 * np.pi) + rng.normal(0, 0.1, 600)
    epochs, steps = np.arange(1, 11), np.arange(1, 25)
    return ForecastReport(
        task="forecast",
        title="Forecast of load in power.csv",
        verdict="The model beats the best baseline, seasonal naive, by 12%.",
        beats=True,
        facts=tuple((f"fact {k}", f"value {k}") for k in range(10)),
        data=(DataSeries("load", time, value, time[400], time[500]),),
        training=(
            Curve("training loss", epochs, 1 / epochs),
            Curve("validation loss", epochs, 1.2 / epochs + epochs / 100),
        ),
        gradient_norm=Curve("gradient norm", np.arange(1, 501), np.exp(rng.normal(size=500))),
        clip=1.0,
        windows=tuple(window(time, value, origin, 24) for origin in (500, 520, 540)),
        window_note="Spread evenly over the test part.",
        error_by_step=(
            Curve("LSTM", steps, np.sqrt(steps)),
            Curve("seasonal naive", steps, np.sqrt(steps) + 1),
            Curve("naive", steps, np.sqrt(steps) + 2),
        ),
        scores=(
            ScoreRow("LSTM", True, {"MAE": 1.0, "RMSE": 2.0, "skill": 0.1}),
            ScoreRow("seasonal naive", False, {"MAE": 1.1, "RMSE": 1.9}),
        ),
        score_note="In the unit of the data.",
        higher_is_better=frozenset({"skill"}),
        coverage=((0.5, 0.48), (0.9, 0.842)),
        coverage_by_step=(
            tuple(0.5 + steps / 1000),
            tuple(0.9 - steps / 500),
        ),
        recipe=(("Train again", "segue train forecast power.csv --horizon 24"),),
    )


def evil() -> ForecastReport:
    """Every text that may come from a file is an attack."""
    base = usual()
    return replace(
        base,
        title=EVIL,
        verdict=EVIL,
        facts=((EVIL, EVIL),),
        data=tuple(replace(series, name=EVIL) for series in base.data),
        training=tuple(replace(curve, name=EVIL) for curve in base.training),
        gradient_norm=Curve(EVIL, np.arange(3), np.array([1.0, NAN, 2.0])),
        windows=tuple(replace(w, title=EVIL, baseline_name=EVIL) for w in base.windows),
        window_note=EVIL,
        error_by_step=tuple(replace(curve, name=EVIL) for curve in base.error_by_step),
        scores=(ScoreRow(EVIL, True, {EVIL: 1.0}), ScoreRow(EVIL * 2, False, {EVIL: 2.0})),
        score_note=EVIL,
        higher_is_better=frozenset({EVIL}),
        recipe=((EVIL, EVIL),),
    )


def constant(value: float, horizon: int = 1) -> ForecastReport:
    """One window, an integer axis, no validation, one epoch, and never a change."""
    time, values = np.arange(100), np.full(100, value)
    one = np.array([1])
    return replace(
        usual(),
        data=(DataSeries("", time, values, None, 90),),
        training=(Curve("training loss", one, np.array([value])),),
        gradient_norm=Curve("gradient norm", one, np.array([abs(value)])),
        clip=None,
        windows=(window(time, values, 90, horizon),),
        error_by_step=(Curve("LSTM", one, np.array([abs(value)])),),
        coverage=((0.9, NAN),),
        coverage_by_step=((NAN,),),
    )


def gaps() -> ForecastReport:
    """Values that are missing or not finite wherever there may be some."""
    base = usual()
    broken = np.array([None, 1.0, NAN, np.inf, 0.0, 2.0, -np.inf, 3.0, 4.0, None], dtype=object)
    lost = np.full(10, NAN)
    time = hours(600)
    value = np.where(np.arange(600) % 7 == 0, NAN, np.arange(600.0))
    return replace(
        base,
        data=(
            DataSeries("gaps", time, value, time[400], None),
            DataSeries("lost", time, value * NAN, None, None),
            DataSeries("empty", time[:0], value[:0], None, None),
        ),
        training=(
            Curve("training loss", np.arange(10), broken),
            Curve("validation loss", np.arange(10), lost),
        ),
        gradient_norm=Curve("gradient norm", np.arange(10), broken),
        windows=(
            window(time, value, 500, 24),
            replace(window(time, value, 500, 24), truth=np.full(24, NAN)),
            replace(window(time, value, 0, 24), context_time=time[:0], context=value[:0]),
            replace(window(time, value, 9, 5), levels=(), quantiles=np.empty((5, 0))),
            replace(window(time, value, 9, 5), levels=(0.1, 0.5), quantiles=np.ones((5, 2))),
        ),
        scores=(
            ScoreRow("LSTM", True, {"MAE": NAN, "MASE": None}),
            ScoreRow("naive", False, {"MAE": np.inf, "RMSE": 1e-6}),
        ),
    )


def largest() -> ForecastReport:
    """More of everything than a page can hold."""
    rng = np.random.default_rng(0)
    time, value = hours(100_000), rng.normal(size=100_000)
    epochs, name = np.arange(2000), "a long name of a series " * 100
    one = replace(window(time, value, 5000, 720, name), baseline_name=name)
    return replace(
        usual(),
        title=name,
        facts=((name, name),) * 100,
        data=(DataSeries(name, time, value, time[70_000], time[80_000]),) * 50,
        training=tuple(Curve(name, epochs, rng.random(2000)) for _ in range(3)),
        gradient_norm=Curve("norm", np.arange(100_000), np.exp(value)),
        windows=(one,) * 60,
        error_by_step=tuple(Curve(f"{k}{name}", epochs, rng.random(2000)) for k in range(20)),
        scores=tuple(
            ScoreRow(f"{k}{name}", k == 0, {f"metric {m}": rng.random() for m in range(60)})
            for k in range(100)
        ),
        recipe=((name, name),) * 100,
    )
