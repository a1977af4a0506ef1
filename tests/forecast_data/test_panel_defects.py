"""Every defect of a file ends in one line that says where, what and how to mend it."""

import io

import polars as pl
import pytest
from refusals import BASIC, refusal

from segue.errors import DataError
from segue.tasks.forecast.data import Columns, Fill, Grid, read_panel, require_rows

SHOPS = Columns("day", ("sales",), series="shop")
PRICED = Columns("day", ("sales",), known=("price",))
FIXED = Columns("day", ("sales",), series="shop", static=("city",))
FILL = "--fill forward|linear|zero"
OBSERVED = "take the rows as consecutive observations, as trading days are, with --observed"


def days(*rows: str) -> str:
    return "day,sales\n" + "".join(f"2024-01-{row}\n" for row in rows)


ROWS = {
    "missing column": (
        "Day,sales,tax\n1,2,3\n",
        BASIC,
        "there is no column 'day' (time); did you mean 'Day'? the columns are 'Day', 'sales', "
        "'tax'",
    ),
    "no header": (
        "1,2\n2,3\n",
        BASIC,
        "there is no column 'day' (time); the first row looks like data: put a header above it; "
        "the columns are '1', '2'",
    ),
    "text in a number column": (
        days("01,1", "02,many", "03,x"),
        BASIC,
        "row 3, column 'sales': 'many' is not a number; write a number, or leave it empty if it "
        "is missing",
    ),
    "decimal comma": (
        "day;sales\n2024-01-01;1,5\n2024-01-02;2,5\n",
        BASIC,
        "row 2, column 'sales': '1,5' is no plain number; --decimal , reads it as 1.5",
    ),
    "infinite": (
        days("01,1", "02,inf"),
        BASIC,
        "row 3, column 'sales': 'inf' is infinite or too large; write a finite number, or leave "
        "it empty if it is missing",
    ),
    "missing value": (
        days("01,1", "02,", "03,2", "04,NA"),
        BASIC,
        "row 3, column 'sales': the value is missing (2 missing values in all); write it, or "
        f"fill with {FILL}",
    ),
    "missing covariate first": (
        "day,sales,price\n2024-01-01,1,1\n2024-01-02,2,\n2024-01-03,,2\n2024-01-04,4,2\n",
        PRICED,
        "row 3, column 'price': the value is missing (2 missing values in all); write it, or "
        f"fill with {FILL}",
    ),
    "missing known ahead": (
        "day,sales,price\n2024-01-01,1,1\n2024-01-02,2,2\n2024-01-03,,2\n2024-01-04,,\n",
        PRICED,
        "row 5, column 'price': the value is missing (1 missing value in all); write it, or "
        f"fill with {FILL}",
    ),
    "no target at all": (
        "day,sales,price\n2024-01-01,,1\n2024-01-02,,2\n",
        PRICED,
        "row 2, column 'sales': no row has a target value; a forecast needs some to learn from",
    ),
    "missing time": (
        days("01,1") + ",2\n",
        BASIC,
        "row 3, column 'day': the time is missing; write it",
    ),
    "no time": (
        days("01,1") + "later,2\n",
        BASIC,
        "row 3, column 'day': 'later' is not a time of the same form as '2024-01-01' in row 2; "
        "write ISO dates such as 2024-01-31 or 2024-01-31 15:00, "
        "or remove the row if it is a heading or a total",
    ),
    "mixed zones": (
        "day,sales\n2024-03-30T00:00+01:00,1\n\n2024-03-31T00:00,2\n",
        BASIC,
        "row 4, column 'day': '2024-03-31T00:00' is in another time zone than "
        "'2024-03-30T00:00+01:00' in row 2, since one of them names none; write an offset "
        "everywhere or nowhere",
    ),
    "unsorted": (
        days("01,1", "03,2", "02,3"),
        BASIC,
        "row 4, column 'day': the time 2024-01-02 comes after 2024-01-03 in row 3; sort the rows "
        "by 'day', oldest first",
    ),
    "unsorted within a series": (
        "shop,day,sales\nA,2,1\nB,1,1\nA,1,1\n",
        SHOPS,
        "row 4, column 'day': the time 1 of series 'A' comes after 2 in row 2; sort the rows by "
        "'shop', 'day', oldest first",
    ),
    "duplicate": (
        days("01,1", "02,2", "02,2"),
        BASIC,
        "row 4, column 'day': the time 2024-01-02 is there twice, in row 3 as well; keep one row "
        "for each time, or add them up",
    ),
    "duplicate in a series": (
        "shop,day,sales\nA,1,1\nB,1,1\nA,1,2\n",
        SHOPS,
        "row 4, column 'day': the time 1 of series 'A' is there twice, in row 2 as well; keep "
        "one row for each time, or add them up",
    ),
    "a second series column": (
        "shop,kind,day,sales\nA,x,1,1\nA,y,1,1\nB,x,1,1\nA,x,2,2\nA,y,2,2\nB,x,2,2\n",
        SHOPS,
        "row 3, column 'day': the time 1 of series 'A' is there twice, in row 2 as well; if "
        "'kind' tells them apart, join it with 'shop' in one column",
    ),
    "series without its column": (
        "shop,day,sales,note\nA,1,1,x\nB,1,1,x\nA,2,2,x\nB,2,1,x\n",
        BASIC,
        "row 3, column 'day': the time 1 is there twice, in row 2 as well; if the rows are "
        "several series, name their column: --series 'shop'",
    ),
    "series in blocks without their column": (
        "shop,day,sales\nA,1,1\nA,2,2\nB,1,1\nB,2,1\n",
        BASIC,
        "row 4, column 'day': the time 1 comes after 2 in row 3; sort the rows by 'day', oldest "
        "first; if the rows are several series, name their column: --series 'shop'",
    ),
    "missing series": (
        "shop,day,sales\nA,1,1\n,2,1\n",
        SHOPS,
        "row 3, column 'shop': the series value is missing; write it",
    ),
    "one row": (
        days("01,1"),
        BASIC,
        "column 'day': the step in time cannot be found: no series has two rows; give more rows",
    ),
    "gap": (
        days("01,1", "02,2", "05,3", "06,4", "08,5"),
        BASIC,
        "row 3, column 'day': a gap after 2024-01-02: 2024-01-03 should follow and 2024-01-05 "
        f"does (2 steps of 1d missing, 3 in all); add the rows, fill them with {FILL}, or "
        f"{OBSERVED}",
    ),
    "gap in a series": (
        "shop,day,sales\nA,1,1\nB,7,1\nA,2,1\nB,8,1\nA,4,1\nB,9,1\n",
        SHOPS,
        "row 4, column 'day': a gap of series 'A' after 2: 3 should follow and 4 does (1 step of "
        f"1 missing); add the rows, fill them with {FILL}, or {OBSERVED}",
    ),
    "a holiday among business days": (
        "day,sales\n"
        + "".join(f"2024-03-{d},1\n" for d in ("27", "28"))
        + "".join(f"2024-04-{d},1\n" for d in ("01", "02", "03", "04", "05", "08")),
        BASIC,
        "row 3, column 'day': a gap after 2024-03-28: 2024-03-29 should follow and 2024-04-01 "
        f"does (1 step of 1b missing); add the rows, fill them with {FILL}, or {OBSERVED}",
    ),
    "off the grid": (
        "day,sales\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n2024-01-01 02:07,3\n"
        "2024-01-01 03:00,4\n2024-01-01 04:00,5\n2024-01-01 05:00,6\n",
        BASIC,
        "row 4, column 'day': the time 2024-01-01 02:07:00 is not a step of 1h after 2024-01-01 "
        "01:00:00 (2024-01-01 02:00:00 would be); mend the time, bring the rows to a regular "
        f"step, or {OBSERVED}",
    ),
    "no regular step": (
        days("01,1", "02 07:00,2", "03 11:13,3", "03 19:00,4"),
        BASIC,
        "row 3, column 'day': the times follow no regular step; mend the time, bring the rows to "
        f"a regular step, or {OBSERVED}",
    ),
    "off the month's end": (
        "day,sales\n2024-01-30,1\n2024-02-29,2\n2024-03-31,3\n2024-04-30,4\n2024-05-31,4\n",
        BASIC,
        "row 2, column 'day': the time 2024-01-30 is not the end of its month, as the others "
        f"are; mend the time, bring the rows to a regular step, or {OBSERVED}",
    ),
    "two steps": (
        "shop,day,sales\n"
        + "".join(f"A,2024-01-{d:02},1\n" for d in range(1, 9))
        + "".join(f"B,2024-01-{d:02},1\n" for d in (1, 8, 15, 22)),
        SHOPS,
        "row 11, column 'day': the step of series 'B' is 1w where the other series have 1d; "
        "train series of different steps apart",
    ),
    "changing static": (
        "shop,day,sales,city\nA,1,1,Rome\nB,1,1,Oslo\nA,2,1,Rome\nB,2,1,Rome\n",
        FIXED,
        "row 5, column 'city': the static value of series 'B' changes: 'Rome' here and 'Oslo' in "
        "row 3; make it one value for each series, or name it as known or past",
    ),
    "missing static": (
        "shop,day,sales,city\nA,1,1,Rome\nA,2,1,\n",
        FIXED,
        "row 3, column 'city': the static value is missing; write it",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows(write, name):
    content, columns, line = ROWS[name]
    assert refusal(write(content), columns) == line
    assert refusal(write(content.replace("\n", "\r\n"), "data.csv", zipped=True), columns) == line


FILLED = {
    "nothing before": (
        days("01,", "02,1"),
        Fill.FORWARD,
        "row 2, column 'sales': the first value is missing and nothing before it can fill it "
        "(fill: forward); write it, remove the rows before the first value, or fill linear or "
        "zero",
    ),
    "nothing at all": (
        days("01,", "02,"),
        Fill.LINEAR,
        "row 2, column 'sales': all 2 values are missing (fill: linear); write them",
    ),
    "a year mistyped": (
        days("01,1", "02,2") + "9024-01-03,3\n",
        Fill.ZERO,
        "row 4, column 'day': 2556697 steps of 1d are missing before 9024-01-03, too many to "
        f"fill; mend the time, or {OBSERVED}",
    ),
}


@pytest.mark.parametrize("name", FILLED)
def test_what_cannot_be_filled(write, name):
    content, fill, line = FILLED[name]
    assert refusal(write(content), fill=fill) == line


def test_filling_is_for_values_and_rows_not_for_order(write):
    path = write(days("01,1", "03,2", "02,3"))
    assert "sort the rows" in refusal(path, fill=Fill.ZERO)
    assert "sort the rows" in refusal(path, grid=Grid.OBSERVED)


def test_parquet_rows_are_counted_from_1(write):
    frame = pl.DataFrame({"day": [1, 2, 3], "sales": [1.0, None, 2.0], "note": ["a", "b", "c"]})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    path = write(buffer.getvalue(), "a.parquet")
    assert refusal(path).startswith("row 2, column 'sales': the value is missing")
    dated = frame.with_columns(sales=pl.lit("2024-01-01").str.to_date())
    dated.write_parquet(buffer := io.BytesIO())
    other = write(buffer.getvalue(), "b.parquet")
    assert refusal(other) == "column 'sales': holds 'Date', not numbers (target); convert it"
    frame.head(0).write_parquet(buffer := io.BytesIO())
    assert refusal(write(buffer.getvalue(), "c.parquet")).startswith("the file has no rows")


def test_columns_have_one_role():
    with pytest.raises(DataError, match="no target column is named; name at least one"):
        Columns("day", ())
    for bad, roles in [
        ({"targets": ("day",)}, "as time and as target"),
        ({"targets": ("y", "y")}, "as target and as target"),
        ({"targets": ("y",), "known": ("y",)}, "as target and as known"),
        ({"targets": ("y",), "series": "s", "static": ("s",)}, "as series and as static"),
    ]:
        with pytest.raises(DataError, match=f"is named twice, {roles}; give each column one role"):
            Columns("day", **bad)


def test_fewer_rows_than_needed(write):
    path = write("shop,day,sales\n" + "".join(f"A,{d},1\n" for d in range(9)) + "B,1,1\nC,2,1\n")
    panel = read_panel(path, SHOPS)
    require_rows(panel, 1, "data.csv", "to try")
    with pytest.raises(DataError) as caught:
        require_rows(panel, 4, "data.csv", "3 to train and 1 to test")
    assert str(caught.value) == (
        "data.csv: series 'B' has 1 row where 4 are needed (2 series are too short): 3 to train "
        "and 1 to test; give more rows or choose a shorter horizon"
    )
    single = read_panel(write(days("01,1", "02,2")), BASIC)
    with pytest.raises(DataError, match=r"^data.csv: 2 rows where 3 are needed: to try; give"):
        require_rows(single, 3, "data.csv", "to try")
