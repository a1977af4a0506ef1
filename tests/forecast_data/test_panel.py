"""What a panel holds: series, covariates, future rows, filled values, observed grids."""

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.errors import DataError
from segue.tasks.forecast.data import (
    Columns,
    Fill,
    Frequency,
    Grid,
    Unit,
    panel_from_frame,
    read_panel,
)

LONG = """\
shop,day,sales,returns,price,visits,city,size
B,2024-01-03,1,0,9,5,Rome,1
A,2024-01-01,2,0,8,5,Oslo,10
B,2024-01-04,3,1,9,6,Rome,1
A,2024-01-02,4,2,7,,Oslo,10
B,2024-01-05,5,0,9,7,Rome,1
B,2024-01-06,,,8,,Rome,1
"""
ROLES = Columns(
    time="day",
    targets=("sales", "returns"),
    series="shop",
    known=("price",),
    past=("visits",),
    static=("city", "size"),
)


def test_long_format_with_every_role(write):
    panel = read_panel(write(LONG.replace("7,,O", "7,6,O")), ROLES)
    assert panel.columns == ROLES
    assert panel.frequency == Frequency(1, Unit.DAY)
    assert panel.filled == 0
    b, a = panel.series
    assert (b.id, a.id) == ("B", "A")
    assert b.time.astype("datetime64[D]").astype(str).tolist() == [
        f"2024-01-0{d}" for d in (3, 4, 5, 6)
    ]
    assert b.target.tolist() == [[1, 0], [3, 1], [5, 0]]
    assert b.known.tolist() == [[9], [9], [9], [8]]
    assert b.past.tolist() == [[5], [6], [7]]
    assert b.static == ("Rome", 1.0)
    assert a.target.tolist() == [[2, 0], [4, 2]]
    assert a.known.shape == (2, 1)
    assert a.static == ("Oslo", 10.0)
    assert all(
        array.dtype == np.float64 for array in (a.target, a.known, a.past, b.target, b.known)
    )


def test_without_covariates_the_arrays_are_empty(write):
    (series,) = read_panel(write("t,y\n1,2\n2,3\n"), Columns("t", ("y",))).series
    assert (series.id, series.static) == ("", ())
    assert (series.known.shape, series.past.shape) == ((2, 0), (2, 0))
    assert series.time.dtype == np.int64


def test_past_covariates_are_not_needed_ahead_but_needed_before(write):
    with pytest.raises(DataError, match=r"row 5, column 'visits': the value is missing"):
        read_panel(write(LONG), ROLES)


def test_future_rows_may_follow_for_some_series_only(write):
    panel = read_panel(write(LONG), ROLES, fill=Fill.FORWARD)
    assert panel.filled == 1
    assert [len(s.time) - len(s.target) for s in panel.series] == [1, 0]
    assert panel.series[1].past.tolist() == [[5], [5]]


def test_one_target_at_the_end_is_no_future_row(write):
    text = "t,y,z,k\n1,1,1,1\n2,2,2,2\n3,,3,3\n4,,,4\n"
    columns = Columns("t", ("y", "z"), known=("k",))
    with pytest.raises(DataError, match=r"row 4, column 'y': the value is missing \(1 missing"):
        read_panel(write(text), columns)
    (series,) = read_panel(write(text), columns, fill=Fill.FORWARD).series
    assert series.target.tolist() == [[1, 1], [2, 2], [2, 3]]
    assert series.known.tolist() == [[1], [2], [3], [4]]


HOLES = pl.DataFrame(
    {
        "t": [1, 2, 4, 5, 1, 2, 3],
        "s": ["a", "a", "a", "a", "b", "b", "b"],
        "y": [1.0, None, 4.0, None, None, None, 6.0],
    }
)


@pytest.mark.parametrize(
    ("fill", "a", "b"),
    [
        (Fill.LINEAR, [1, 2, 3, 4, 4], [6, 6, 6]),
        (Fill.ZERO, [1, 0, 0, 4, 0], [0, 0, 6]),
    ],
)
def test_fill_completes_the_grid_and_counts(fill, a, b):
    panel = panel_from_frame(HOLES, Columns("t", ("y",), series="s"), fill=fill)
    assert [series.target[:, 0].tolist() for series in panel.series] == [a, b]
    assert [series.time.tolist() for series in panel.series] == [[1, 2, 3, 4, 5], [1, 2, 3]]
    assert panel.filled == 5


def test_fill_forward_does_not_reach_into_another_series():
    head = HOLES.head(4)
    panel = panel_from_frame(head, Columns("t", ("y",), series="s"), fill=Fill.FORWARD)
    assert panel.series[0].target[:, 0].tolist() == [1, 1, 1, 4, 4]
    assert panel.filled == 3
    with pytest.raises(DataError, match=r"row 4 .*the first value of series 'b' is missing"):
        panel_from_frame(HOLES, Columns("t", ("y",), series="s"), fill=Fill.FORWARD)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=2, max_size=7), max_size=4),
    st.sampled_from(Fill),
)
def test_fill_is_the_same_for_each_series_alone(groups, fill):
    groups = [[1, 2, *group] for group in groups] or [[1, 2]]
    frame = pl.concat(
        pl.DataFrame({"t": range(len(group)), "y": group, "s": [str(i)] * len(group)})
        for i, group in enumerate(groups)
    )
    together = panel_from_frame(frame, Columns("t", ("y",), series="s"), fill=fill)
    alone = [
        panel_from_frame(part, Columns("t", ("y",)), fill=fill)
        for part in frame.partition_by("s", maintain_order=True)
    ]
    assert together.filled == sum(panel.filled for panel in alone) == frame["y"].null_count()
    for series, panel in zip(together.series, alone, strict=True):
        assert series.target.tolist() == panel.series[0].target.tolist()


def test_calendar_grids_are_completed_by_the_calendar(write):
    text = "t,y\n2024-01-31,1\n2024-03-31,3\n2024-04-30,4\n2024-05-31,5\n2024-06-30,6\n"
    panel = read_panel(write(text), Columns("t", ("y",)), fill=Fill.LINEAR)
    assert panel.series[0].time[1] == np.datetime64("2024-02-29")
    assert panel.series[0].target[:, 0].tolist() == [1, 2, 3, 4, 5, 6]
    assert panel.frequency.future(panel.series[0].time[-1], 1) == [np.datetime64("2024-07-31")]


def trading_days() -> str:
    """A month of weekdays without the 17th."""
    days = [d for d in np.busday_offset("2024-07-01", np.arange(23)) if str(d) != "2024-07-17"]
    return "day,close\n" + "".join(f"{day},{i}\n" for i, day in enumerate(days))


def test_trading_days_as_observed(write):
    path, columns = write(trading_days()), Columns("day", ("close",))
    panel = read_panel(path, columns, grid=Grid.OBSERVED)
    (series,) = panel.series
    assert panel.frequency == Frequency(1, Unit.BUSINESS_DAY)
    assert series.target[:, 0].tolist() == list(range(22))
    assert panel.frequency.future(series.time[-1], 2).tolist() == [
        np.datetime64("2024-08-01", "us").item(),
        np.datetime64("2024-08-02", "us").item(),
    ]
    filled = read_panel(path, columns, fill=Fill.FORWARD)
    assert (filled.filled, len(filled.series[0].target)) == (1, 23)


def test_observed_times_may_lie_anywhere_in_order(write):
    text = "t,y\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n2024-01-01 02:00,3\n2024-01-09 07:13,4\n"
    panel = read_panel(write(text), Columns("t", ("y",)), grid=Grid.OBSERVED)
    assert panel.frequency.label == "1h"
    assert len(panel.series[0].target) == 4


def test_a_constant_target_and_a_series_of_one_row_are_legal(write):
    panel = read_panel(write("s,t,y\na,1,5\na,2,5\nb,9,5\n"), Columns("t", ("y",), series="s"))
    assert [len(series.target) for series in panel.series] == [2, 1]


def test_static_columns_are_text_unless_all_are_numbers(write):
    text = "s,t,y,c,d\na,1,5,1,1\na,2,5,1,1\nb,1,5,x,2\n"
    panel = read_panel(write(text), Columns("t", ("y",), series="s", static=("c", "d")))
    assert [series.static for series in panel.series] == [("1", 1.0), ("x", 2.0)]


def test_text_and_typed_columns_give_the_same_panel(write, tmp_path):
    times = np.datetime64("2024-01-01", "us") + np.arange(50) * np.timedelta64(15, "m")
    rows = list(itertools.product(["x", "y"], range(50)))
    frame = pl.DataFrame(
        {
            "t": np.concatenate([times, times]),
            "s": [s for s, _ in rows],
            "y": np.random.default_rng(0).normal(size=100),
            "k": [i % 2 == 0 for _, i in rows],
        }
    )
    columns = Columns("t", ("y",), series="s", known=("k",))
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")
    frame.write_csv(tmp_path / "a.tsv", separator="\t", datetime_format="%Y-%m-%dT%H:%M:%SZ")
    panels = [read_panel(tmp_path / name, columns) for name in ("a.parquet", "a.csv", "a.tsv")]
    panels.append(panel_from_frame(frame, columns))
    panels.append(panel_from_frame(frame.lazy(), columns))
    for panel in panels:
        assert panel.frequency.label == "15min"
        for one, two in zip(panel.series, panels[0].series, strict=True):
            assert one.id == two.id
            for field in ("time", "target", "known", "past"):
                assert np.array_equal(getattr(one, field), getattr(two, field))
