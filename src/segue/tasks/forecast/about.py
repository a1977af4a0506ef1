"""What people are told of forecasts, and what they can ask."""

from segue.tasks.about import About, Demo
from segue.tasks.forecast.settings import ForecastPredict, ForecastSettings

ABOUT = About(
    name="forecast",
    summary="Time series: prices, weather, sales.",
    description=(
        "Trains one model on all series of FILE, scores it on held-back rows beside the mean,"
        " naive, drift, seasonal naive, Theta and STL with ETS, and writes weights, metrics and"
        " report.html to the run's folder."
    ),
    example="segue train forecast sales.csv --time day --target sold --series shop --horizon 14",
    data="Table: CSV, TSV, JSON lines or Parquet, plain or compressed.",
    verb="Forecast",
    predicting="Forecast what comes next",
    prediction=(
        "Writes CSV to stdout: series, target, time, and a column for each quantile, q0.5 being the"
        " median. Without FILE the forecast goes on from the rows of the training. Columns known in"
        " the future (--known in training) must reach over the whole horizon: append rows with them"
        " to FILE and leave the target empty there. Times that have a zone in FILE are written in"
        " UTC."
    ),
    evaluating="Score it on newer rows",
    demo=Demo(
        "mauna_loa_co2.csv",
        "CO2 at Mauna Loa, weekly, 1958 to 2001 (Keeling and Whorf 2004).",
        {"time": "week", "target": ["co2"], "horizon": 52, "fill": "linear"},
    ),
    settings=ForecastSettings,
    predict=ForecastPredict,
)
