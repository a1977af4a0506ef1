"""polars and pandas frames go through the checks of files; their rows are counted from 0."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from segue.errors import DataError
from segue.tasks.forecast.data import Columns, Fill, panel_from_frame

COLUMNS = Columns("t", ("y",))
HOURS = pd.date_range("2024-01-01", periods=4, freq="h")


def first(frame: object, **options: object):
    return panel_from_frame(frame, COLUMNS, **options).series[0]


@pytest.mark.parametrize(
    "t",
    [
        HOURS,
        HOURS.astype("datetime64[s]"),
        HOURS.astype("datetime64[ns]"),
        HOURS.tz_localize("UTC"),
        HOURS.tz_localize("Europe/London"),
        pd.Series(HOURS.astype(str)),
        pd.Series(HOURS.astype(str), dtype=object),
        pd.Series(HOURS.to_pydatetime(), dtype=object),
    ],
)
def test_pandas_times(t):
    series = first(pd.DataFrame({"t": t, "y": [1, 2, 3, 4]}))
    assert series.time.astype(str)[3] == "2024-01-01T03:00:00.000000"
    assert series.target[:, 0].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "y",
    [
        pd.Series([1.0, None, 3.0, 4.0]),
        pd.Series([1, None, 3, 4], dtype="Int64"),
        pd.Series(["1", None, "3", "4"]),
        pd.Series([1, None, 3, 4], dtype=object),
    ],
)
def test_pandas_missing_values(y):
    frame = pd.DataFrame({"t": HOURS, "y": y})
    panel = panel_from_frame(frame, COLUMNS, fill=Fill.LINEAR)
    assert panel.filled == 1
    assert panel.series[0].target[:, 0].tolist() == [1, 2, 3, 4]
    with pytest.raises(DataError) as caught:
        panel_from_frame(frame, COLUMNS, source="sales")
    assert str(caught.value) == (
        "sales: row 1 (counted from 0), column 'y': the value is missing (1 missing value in "
        "all); write it, or fill with fill='forward'|'linear'|'zero'"
    )


def test_pandas_index_as_time():
    frame = pd.DataFrame({"y": [1, 2, 3, 4]}, index=HOURS)
    assert len(first(frame.rename_axis("t")).time) == 4
    unnamed = panel_from_frame(frame, Columns("index", ("y",)))
    assert unnamed.frequency.label == "1h"
    periods = pd.DataFrame({"y": [1, 2]}, index=pd.period_range("2024-01", periods=2, freq="M"))
    assert panel_from_frame(periods, Columns("index", ("y",))).frequency.label == "1mo"
    both = frame.assign(t=range(4)).rename_axis("t")
    assert first(both).time.tolist() == [0, 1, 2, 3]
    levels = pd.DataFrame({"s": ["a", "a"], "t": [1, 2], "y": [1.0, 2.0]}).set_index(["s", "t"])
    assert panel_from_frame(levels, Columns("t", ("y",), series="s")).series[0].id == "a"


def test_pandas_categories_and_plain_rows():
    frame = pd.DataFrame({"s": pd.Categorical(["b", "b"]), "t": [1, 2], "y": [1.0, 2.0]})
    panel = panel_from_frame(frame.set_index(pd.Index([7, 8])), Columns("t", ("y",), series="s"))
    assert panel.series[0].id == "b"


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        ({"t": [1]}, "frame: a polars or pandas DataFrame is needed, not dict; for example polars"),
        (pl.DataFrame({"t": []}), "frame: the frame has no rows; give it at least one"),
        (
            pd.DataFrame({"t": [1], 5: [1]}),
            "frame: the column name '5' is not text or appears twice",
        ),
        (
            pd.DataFrame({"t": [1, 2], "y": [1, "a"]}),
            "frame: column 'y': mixes kinds of values; convert it to one kind",
        ),
        (
            pl.DataFrame({"t": [1, 2, 4], "y": [1, 2, 3]}),
            "frame: row 1 (counted from 0), column 't': a gap after 2: 3 should follow and 4 does "
            "(1 step of 1 missing); add the rows, fill them with fill='forward'|'linear'|'zero', "
            "or take the rows as consecutive observations, as trading days are, with "
            "observed=True",
        ),
        (
            pl.DataFrame({"t": [1, 1, 2, 2], "id": [5, 6, 5, 6], "y": [1.0, 2.0, 3.0, 4.0]}),
            "frame: row 1 (counted from 0), column 't': the time 1 is there twice, in row 0 as "
            "well; if the rows are several series, name their column: series='id'",
        ),
        (
            pl.DataFrame({"t": [1, 2], "y": [[1], [2]]}),
            "frame: column 'y': holds 'List(Int64)', not numbers (target); convert it",
        ),
        (
            pl.DataFrame({"t": [1, 2], "y": [1.0, float("-inf")]}),
            "frame: row 1 (counted from 0), column 'y': '-inf' is infinite or too large",
        ),
    ],
)
def test_refusals(frame, line):
    with pytest.raises(DataError) as caught:
        panel_from_frame(frame, COLUMNS)
    assert str(caught.value).startswith(line)
    assert str(caught.value).isprintable()


def test_midnights_in_a_zone_are_dates():
    """Daily rows of a place with daylight saving, as stock prices come."""
    days = pd.date_range("2024-03-07", periods=8, freq="D", tz="America/New_York")
    frame = pd.DataFrame({"t": days, "y": range(8)})
    series = first(frame)
    assert series.time[0] == np.datetime64("2024-03-07")
    typed = pl.Series(days.tz_localize(None)).dt.replace_time_zone("America/New_York")
    assert first(pl.DataFrame({"t": typed, "y": range(8)})).time.tolist() == series.time.tolist()
    hours = first(frame.assign(t=days + pd.Timedelta("1h")).head(3))
    assert hours.time[0] == np.datetime64("2024-03-07T06:00")


def test_options_may_be_written_as_text():
    frame = pl.DataFrame({"t": [1, 3], "y": [1.0, 2.0]})
    assert panel_from_frame(frame, COLUMNS, fill="zero", grid="observed").filled == 0
    with pytest.raises(DataError, match="'mean' is not a valid Fill; fill is forward"):
        panel_from_frame(frame, COLUMNS, fill="mean")


def test_frames_stay_as_they_are():
    frame = pl.DataFrame({"t": [1, 3, 4], "y": [1.0, None, 3.0]})
    before = frame.clone()
    panel_from_frame(frame, COLUMNS, fill=Fill.LINEAR)
    assert frame.equals(before)
