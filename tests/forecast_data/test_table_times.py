"""Which forms of a time column are read, as what, and what is refused."""

import datetime

import numpy as np
import polars as pl
import pytest

from segue.data.tables import table_from_frame
from segue.data.times import times
from segue.errors import DataError

ISO = "; write ISO dates such as 2024-01-31 or 2024-01-31 15:00"


def read(*values: object) -> list[str]:
    found = times(table_from_frame(pl.DataFrame({"t": list(values)})), "t")
    assert found.dtype in ("datetime64[us]", "int64")
    return [str(value).removesuffix(".000000") for value in found]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-01-31", "2024-01-31T00:00:00"),
        (" 2024-1-31 ", "2024-01-31T00:00:00"),
        ("2024/01/31", "2024-01-31T00:00:00"),
        ("2024-01-31 05:06", "2024-01-31T05:06:00"),
        ("2024-01-31T05:06:07", "2024-01-31T05:06:07"),
        ("2024-01-31T05:06:07.25", "2024-01-31T05:06:07.250000"),
        ("2024-01-31 05:06:07,123456000", "2024-01-31T05:06:07.123456"),
        ("2024-01-31T05:06Z", "2024-01-31T05:06:00"),
        ("2024-01-31 05:06:00 UTC", "2024-01-31T05:06:00"),
        ("2024-01-31T05:06:00+02:00", "2024-01-31T03:06:00"),
        ("2024-01-31 01:06:00 -0530", "2024-01-31T06:36:00"),
        ("2024-01-31 01:06:00+02", "2024-01-30T23:06:00"),
        ("31/1/2024", "2024-01-31T00:00:00"),
        ("1/31/2024", "2024-01-31T00:00:00"),
        ("31.01.2024 23:00", "2024-01-31T23:00:00"),
        ("1/31/2024 12:30 AM", "2024-01-31T00:30:00"),
        ("1/31/2024 12:30:00 PM", "2024-01-31T12:30:00"),
        ("2024-03", "2024-03-01T00:00:00"),
        ("2024Q3", "2024-07-01T00:00:00"),
        ("2024-q1", "2024-01-01T00:00:00"),
        ("20240229", "2024-02-29T00:00:00"),
        ("202402", "2024-02-01T00:00:00"),
        ("2024", "2024-01-01T00:00:00"),
        ("1700.0", "1700-01-01T00:00:00"),
        ("1700000000", "2023-11-14T22:13:20"),
        ("1700000000250", "2023-11-14T22:13:20.250000"),
        ("20240230", "20240230"),
        ("17", "17"),
        ("-4", "-4"),
        ("0001-01-01", "0001-01-01T00:00:00"),
    ],
)
def test_text(text, time):
    assert read(text) == [time]


def test_the_whole_column_decides():
    assert read("2023", "2024") == ["2023-01-01T00:00:00", "2024-01-01T00:00:00"]
    assert read("1023", "2024") == ["1023", "2024"]
    assert read("202411", "202412", "202413") == ["202411", "202412", "202413"]
    assert read("1/2/2024", "13/2/2024") == ["2024-02-01T00:00:00", "2024-02-13T00:00:00"]
    assert read("1/2/2024", "1/13/2024") == ["2024-01-02T00:00:00", "2024-01-13T00:00:00"]
    assert read("2024-01-01", "2024-01-01 12:00")[1] == "2024-01-01T12:00:00"


def test_typed_columns():
    day = datetime.date(2024, 1, 31)
    assert read(day) == ["2024-01-31T00:00:00"]
    assert read(datetime.datetime(2024, 1, 31, 5)) == ["2024-01-31T05:00:00"]
    assert read(5, 6) == ["5", "6"]
    assert read(5.0) == ["5"]
    berlin = pl.Series("t", [datetime.datetime(2024, 7, 1, 5)]).dt.replace_time_zone(
        "Europe/Berlin"
    )
    assert times(table_from_frame(berlin.to_frame()), "t") == [np.datetime64("2024-07-01T03:00")]
    nano = pl.Series("t", [datetime.datetime(2024, 1, 1)]).cast(pl.Datetime("ns"))
    assert times(table_from_frame(nano.to_frame()), "t")[0] == np.datetime64("2024-01-01")


@pytest.mark.parametrize(
    ("values", "row", "what"),
    [
        (
            ["2024-01-01", "soon"],
            1,
            "'soon' is not a time of the same form as '2024-01-01' in row 0",
        ),
        (["soon"], 0, f"'soon' is not a time{ISO}"),
        (["1-01"], 0, f"'1-01' is not a time{ISO}"),
        (
            ["1/2/24"],
            0,
            "'1/2/24' has a year of two digits; say what its numbers are: dates='day-first' or "
            "dates='month-first' or dates='year-first'",
        ),
        (["2024-01-01", ""], 1, "the time is missing; write it"),
        (["2024-01-01", "NaN"], 1, "the time is missing; write it"),
        ([None, "2024-01-01"], 0, "the time is missing; write it"),
        (["2024-02-30"], 0, "'2024-02-30' is no date or time that exists; mend it"),
        (["2024-02-03 24:00"], 0, "'2024-02-03 24:00' is no date or time that exists; mend it"),
        (["13/13/2024"], 0, "'13/13/2024' is no date or time that exists; mend it"),
        (["31/1/2024 13:00 PM"], 0, "'31/1/2024 13:00 PM' is no date or time that exists; mend it"),
        (
            ["1/2/2024", "2/2/2024"],
            0,
            "'1/2/2024' may be day/month/year or month/day/year and no row tells which; give "
            f"dates='day-first' or dates='month-first', or {ISO.removeprefix('; ')}",
        ),
        (
            ["1/2/2024", "13/2/2024", "2/13/2024"],
            2,
            "'2/13/2024' and '13/2/2024' in row 1 mix day/month/year and month/day/year" + ISO,
        ),
        (
            ["2024-03-31T01:00Z", "2024-03-31T02:00"],
            1,
            "'2024-03-31T02:00' is in another time zone than '2024-03-31T01:00Z' in row 0, "
            "since one of them names none; write an offset everywhere or nowhere",
        ),
        (["2024-01-01 00:00:00.0000001"], 0, "is finer than a microsecond; round the times"),
        ([1.5, 2.0], 0, f"1.5 is not a whole number{ISO}"),
        ([1, 2**62], 1, "the number is too large for a time; mend it"),
        ([1, None], 1, "the time is missing; write it"),
    ],
)
def test_what_is_no_time(values, row, what):
    with pytest.raises(DataError) as caught:
        read(*values)
    assert str(caught.value).startswith(f"frame: row {row} (counted from 0), column 't': {what}")
    assert "\n" not in str(caught.value)


def test_times_in_other_types():
    with pytest.raises(DataError, match="column 't': holds 'Boolean', not times; write ISO dates"):
        read(True)
    with pytest.raises(DataError, match=r"holds .*, not times"):
        read(datetime.time(5))


def test_years_out_of_range_in_a_typed_column():
    far = pl.DataFrame({"t": pl.Series([2**60]).cast(pl.Datetime("ms"))})
    with pytest.raises(DataError, match=r"row 0 .*the year is not 1 to 9999; mend the time"):
        times(table_from_frame(far), "t")
