"""Small panels whose numbers are known."""

import numpy as np

from segue.tasks.forecast.data import Columns, Frequency, Panel, Series
from segue.tasks.forecast.frequency import Unit
from segue.tasks.forecast.model import ForecastModel, ModelConfig
from segue.tasks.forecast.windows import Cut, Shape, Table, Vocabulary, Windows

HOUR = Frequency(1, Unit.HOUR)


def hours(count: int) -> np.ndarray:
    return np.datetime64("2024-01-01T00", "us") + np.arange(count) * np.timedelta64(1, "h")


def panel(*lengths: int, known: int = 0, ahead: int = 0, seed: int = 0) -> Panel:
    """Series of random walks; `known` columns reach `ahead` rows beyond the target."""
    draw = np.random.default_rng(seed)
    names = tuple(f"k{i}" for i in range(known))
    series = tuple(
        Series(
            id=f"s{i}",
            time=hours(length + ahead),
            target=draw.normal(size=(length, 1)).cumsum(0),
            known=draw.normal(size=(length + ahead, known)),
            past=np.zeros((length, 0)),
            static=(),
        )
        for i, length in enumerate(lengths)
    )
    return Panel(Columns("time", ("y",), series="id", known=names), HOUR, series)


def ramp(length: int) -> Panel:
    """One series that counts its rows from 0."""
    values = np.arange(float(length))[:, None]
    nothing = np.zeros((length, 0))
    series = Series("", hours(length), values, nothing, nothing, ())
    return Panel(Columns("time", ("y",)), HOUR, (series,))


def words(data: Panel) -> Vocabulary:
    return Vocabulary(tuple(s.id for s in data.series), (), ())


def windows_of(data: Panel, shape: Shape, first: int, last: int) -> Windows:
    count = len(data.series)
    table = Table(data, words(data), shape.horizon)
    return Windows(table, shape, np.full(count, first), np.full(count, last))


def model_of(data: Panel, shape: Shape, cuts: list[Cut], cell: str = "gru") -> ForecastModel:
    config = ModelConfig(
        shape=shape,
        vocabulary=words(data),
        known=len(data.columns.known),
        hidden=8,
        cell=cell,
        dropout=0.1,
    )
    model = ForecastModel(config)
    model.prepare(Table(data, words(data), shape.horizon), cuts)
    return model.eval()
