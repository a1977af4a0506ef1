"""What it brings to fit the smoothing path to all rows before a forecast: by rolling origin.

    python -m benchmarks.suites.last_fit [--data DIR] [--origins N]

Each series is cut at several origins, a horizon apart; a model is trained on the rows before, and
forecasts the horizon behind, once as it was scored (its path fitted to the training rows alone) and
once with its path fitted to all rows before the origin. Both forecasts have the same network.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.files import find
from segue.tasks.forecast.forecaster import Forecaster
from segue.tasks.forecast.settings import ForecastPredict


@dataclass(frozen=True)
class Case:
    """A series: file, target, horizon, season of MASE, rows of its end that are taken."""

    file: str
    target: str
    horizon: int
    season: int
    rows: int = 2000


CASES = (
    Case("classic_univariate/airline-passengers.csv", "Passengers", 12, 12),
    Case("classic_univariate/monthly-car-sales.csv", "Sales", 12, 12),
    Case("classic_univariate/monthly_champagne_sales.csv", "Sales", 12, 12),
    Case("classic_univariate/monthly-sunspots.csv", "Sunspots", 12, 12),
    Case("classic_univariate/daily-min-temperatures.csv", "Temp", 14, 7),
    Case("darts_small/monthly-milk.csv", "Pounds per cow", 12, 12),
    Case("darts_small/wineind.csv", "Y", 12, 12),
    Case("darts_small/ausbeer.csv", "Y", 8, 4),
    Case("darts_small/taxi_new_york_passengers.csv", "#Passengers", 48, 48),
    Case("seattle_weather/seattle-weather.csv", "temp_max", 14, 7),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.suites.last_fit", description=__doc__
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--origins", type=int, default=3)
    asked = parser.parse_args()
    root = find(CASES[0].file, asked.data, "forecasting", "the classic series").parents[1]
    print("| series | MASE as scored | MASE all rows | pinball ratio | 80% held, as scored | all |")
    print("|---|---|---|---|---|---|", flush=True)
    better = np.zeros(2, np.int64)
    for case in CASES:
        found = np.mean([origin(root, case, k) for k in range(asked.origins)], axis=0)
        (mase, loss, held), (mase_all, loss_all, held_all) = found
        better += [mase_all < mase, loss_all < loss]
        name = Path(case.file).stem
        print(
            f"| {name} | {mase:.3f} | {mase_all:.3f} | {loss_all / loss:.3f} |"
            f" {held:.0%} | {held_all:.0%} |",
            flush=True,
        )
    print(f"\nMASE is better in {better[0]} of {len(CASES)}, pinball in {better[1]}.")


def origin(root: Path, case: Case, number: int) -> NDArray[np.float64]:
    """MASE, pinball loss and what the 80% interval held: as scored, and with all rows, `[2, 3]`."""
    frame = pl.read_csv(root / case.file, columns=None)
    time = frame.columns[1] if frame.columns[0] == case.target else frame.columns[0]
    frame = frame.select(time, pl.col(case.target).cast(pl.Float64)).drop_nulls().tail(case.rows)
    cut = len(frame) - case.horizon * (number + 1)
    before, after = frame.head(cut), frame.slice(cut, case.horizon)
    model = Forecaster(
        case.horizon, time=time, target=case.target, season=case.season, fill="linear"
    )
    model.fit(before)
    loaded = model._model
    truth, past = after[case.target].to_numpy(), before[case.target].to_numpy()
    scale = np.abs(past[case.season :] - past[: -case.season]).mean()
    return np.array(
        [
            measures(forecast(each, before), truth, scale)
            for each in (replace(loaded, latest={}), loaded)
        ]
    )


def forecast(loaded: object, frame: pl.DataFrame) -> pl.DataFrame:
    task = Forecaster.task
    return pl.concat(task.predict(loaded, None, ForecastPredict(), print))


def measures(found: pl.DataFrame, truth: NDArray[np.float64], scale: float) -> list[float]:
    levels = [name for name in found.columns if name.startswith("q0")]
    quantiles = {float(name[1:]): found[name].to_numpy() for name in levels}
    loss = [
        np.maximum(level * (truth - each), (level - 1) * (truth - each)).mean()
        for level, each in quantiles.items()
    ]
    held = ((truth >= quantiles[0.1]) & (truth <= quantiles[0.9])).mean()
    return [float(np.abs(truth - quantiles[0.5]).mean() / scale), float(np.mean(loss)), float(held)]


if __name__ == "__main__":
    main()
