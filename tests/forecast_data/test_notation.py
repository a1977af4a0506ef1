"""Numbers and dates as spreadsheets, databases and people write them: read, or asked about."""

import numpy as np
import polars as pl
import pytest

from segue.data.notation import ENCODINGS, Dates, Notation
from segue.data.source import Source
from segue.data.tables import read_table, table_from_frame
from segue.data.time_forms import MONTHS, month_number
from segue.data.times import times
from segue.data.values import numbers
from segue.errors import DataError, OptionError
from segue.tasks.forecast.data import Columns, panel_from_frame, read_panel
from segue.tasks.forecast.settings import ForecastSettings
from segue.tasks.forecast.task import ForecastTask

NO_BREAK, NARROW = "\u00a0", "\u202f"


def numeric(*text: object, **notation: object) -> list[float | None]:
    frame = pl.DataFrame({"y": list(text)}, strict=False)
    table = table_from_frame(frame, notation=Notation(**notation))
    return [None if np.isnan(value) else float(value) for value in numbers(table, "y", "target")]


def read(*values: object, **notation: object) -> list[str]:
    frame = pl.DataFrame({"t": list(values)})
    found = times(table_from_frame(frame, notation=Notation(**notation)), "t")
    assert found.dtype in ("datetime64[us]", "int64")
    return [str(value).removesuffix(".000000").removesuffix("T00:00:00") for value in found]


def refused(call, *values: object, **notation: object) -> str:
    with pytest.raises(DataError) as caught:
        call(*values, **notation)
    line = str(caught.value)
    assert line.isprintable()
    return line.split(": ", 2)[2]


@pytest.mark.parametrize(
    ("text", "notation", "value"),
    [
        ("1,5", {"decimal": ","}, 1.5),
        ("1.234.567,5", {"decimal": ",", "thousands": "."}, 1234567.5),
        ("1,234,567.5", {"thousands": ","}, 1234567.5),
        ("12,34,567", {"thousands": ","}, 1234567),
        ("1234", {"thousands": ","}, 1234),
        (f"1{NO_BREAK}234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        (f"1{NARROW}234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("1'234.5", {"thousands": "'"}, 1234.5),
        ("1\u2019234.5", {"thousands": "'"}, 1234.5),
        ("-1,5e-3", {"decimal": ","}, -0.0015),
        ("12 %", {"strip": ("%",)}, 12),
        ("$1,234.50", {"strip": ("$",), "thousands": ","}, 1234.5),
        ("($1,234.50)", {"strip": ("$",), "thousands": ","}, -1234.5),
        (f"1.234,50{NO_BREAK}€", {"strip": ("€",), "thousands": ".", "decimal": ","}, 1234.5),
        ("7 kg", {"strip": ("kg", "g")}, 7),
        ("?", {"missing": ("?",)}, None),
        ("-999", {"missing": ("-999",)}, None),
        (-999, {"missing": ("-999",)}, None),
        ("(5)", {}, -5),
        ("5-", {}, -5),
        ("\u22125", {}, -5),
        *((word, {}, None) for word in ("N/A", "#N/A", "<NA>", "NaT", "\\N", "(null)", "NULL")),
    ],
)
def test_numbers(text, notation, value):
    assert numeric(text, **notation) == [value]


@pytest.mark.parametrize("words", ["t f", "TRUE FALSE", "yes no", "Y N"])
def test_words_for_yes_and_no(words):
    yes, no = words.split()
    assert numeric(yes, no, None) == [1, 0, None]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (["1,5", "2"], "'1,5' is no plain number; decimal=',' reads it as 1.5"),
        (
            ["1.234,5"],
            "'1.234,5' is no plain number; decimal=',', thousands='.' reads it as 1234.5",
        ),
        (["1,234", "1,5"], "'1,234' is no plain number; decimal=',' reads it as 1.234"),
        (["1,234", "1,234.5"], "'1,234' is no plain number; thousands=',' reads it as 1234"),
        (
            ["2", "1,234"],
            "'1,234' can be read in several ways; say which: decimal=',' (1.234) or "
            "thousands=',' (1234)",
        ),
        (["$5"], "'$5' is no plain number; strip=('$',) reads it as 5"),
        (
            ["5 €", "1,5 €"],
            "'5 €' is no plain number; decimal=',', strip=('€',) reads it as 5",
        ),
        (
            ["1", "-"],
            "'-' is not a number; write a number, or leave it empty if it is missing, or give "
            "missing=('-',)",
        ),
        (["1,5", "1.5"], "'1,5' is not a number; write a number, or leave it empty if it is"),
        (["many", "x"], "'many' is not a number; write a number, or leave it empty if it is"),
    ],
)
def test_the_error_names_the_option_that_reads_the_whole_column(text, line):
    assert refused(numeric, *text).startswith(line)


def test_what_the_named_notation_does_not_write():
    line = "'1.5' is not a number as decimal=',' has it; write a number, or leave it empty"
    assert refused(numeric, "1,5", "1.5", "x", decimal=",").startswith(line)
    assert refused(numeric, "1,5", "1.23", decimal=",", thousands=".").startswith("'1.23' is not")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"decimal": ";"}, r"decimal: must be '\.' or ',', not ';'"),
        ({"thousands": "_"}, r"thousands: must be .*, not '_'"),
        ({"thousands": "."}, r"thousands: '\.' is the decimal mark as well; give decimal ',' too"),
        ({"strip": (" ",)}, "strip: an empty sign"),
        ({"encoding": "idna"}, "encoding: 'idna' is none of utf-8"),
    ],
)
def test_notations_that_cannot_be(options, line):
    with pytest.raises(OptionError, match=line):
        Notation(**options)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Jan 1990", "1990-01-01"),
        ("January 1990", "1990-01-01"),
        ("Sept. 1990", "1990-09-01"),
        ("Jan-1990", "1990-01-01"),
        ("1990 Feb", "1990-02-01"),
        ("1990M01", "1990-01-01"),
        ("1990 M12", "1990-12-01"),
        ("01/1990", "1990-01-01"),
        ("mars 1990", "1990-03-01"),
        ("März 1990", "1990-03-01"),
        ("fevereiro de 1990", "1990-02-01"),
        ("1990Q2", "1990-04-01"),
        ("1990-Q2", "1990-04-01"),
        ("Q2 1990", "1990-04-01"),
        ("2Q1990", "1990-04-01"),
        ("1990S2", "1990-07-01"),
        ("1990-H1", "1990-01-01"),
        ("2018-W01", "2018-01-01"),
        ("2018W53", None),
        ("2020-W53", "2020-12-28"),
        ("2018-W01-7", "2018-01-07"),
        ("2021-W01", "2021-01-04"),
        ("31 Jan 2024", "2024-01-31"),
        ("31-Jan-2024", "2024-01-31"),
        ("31JAN2024", "2024-01-31"),
        ("31. Januar 2024", "2024-01-31"),
        ("31 de enero de 2024", "2024-01-31"),
        ("January 31, 2024", "2024-01-31"),
        ("Jan 31 2024 12:00AM", "2024-01-31"),
        ("1st March 2024", "2024-03-01"),
        ("2024-Jan-31", "2024-01-31"),
        ("Wed, 31 Jan 2024 05:06:07 GMT", "2024-01-31T05:06:07"),
        ("Wed Jan 31 2024 05:06:07 GMT+0100 (CET)", "2024-01-31T04:06:07"),
        ("Wed Jan 31 05:06:07 2024", "2024-01-31T05:06:07"),
        ("31/Jan/2024:05:06:07 +0100", "2024-01-31T04:06:07"),
        ("31JAN2024:05:06:07", "2024-01-31T05:06:07"),
        ("20240131T050607Z", "2024-01-31T05:06:07"),
        ("2024-01-31T05:06:07+01:00[Europe/Berlin]", "2024-01-31T04:06:07"),
        ("2024-01-31 05:06:07.25+01", "2024-01-31T04:06:07.250000"),
        ("2024. 1. 31.", "2024-01-31"),
        ("1/31/2024, 3:04:05" + NARROW + "PM", "2024-01-31T15:04:05"),
        ("31/1/2024 3:04 p. m.", "2024-01-31T15:04:00"),
        ("2018-01-01/2018-01-07", "2018-01-01"),
        ("20240131150405", "2024-01-31T15:04:05"),
        ("202401311504", "2024-01-31T15:04:00"),
        ("1706659200000000", "2024-01-31"),
        ("1706659200000000000", "2024-01-31"),
        ("Jan-90", "1990-01-01"),
        ("31-JAN-90", "1990-01-31"),
        ("Foo 1990", None),
        ("1990.5", None),
        ("1990w1", None),
        ("1990 M13", None),
    ],
)
def test_times(text, time):
    if time is None:
        assert refused(read, text).startswith(f"'{text}' ")
    else:
        assert read(text) == [time]


@pytest.mark.parametrize(
    ("text", "dates", "time"),
    [
        ("1/2/2020", "day-first", "2020-02-01"),
        ("1/2/2020", "month-first", "2020-01-02"),
        ("1/2/03", "day-first", "2003-02-01"),
        ("1/2/03", "month-first", "2003-01-02"),
        ("01/02/03", "year-first", "2001-02-03"),
        ("31.12.69", "day-first", "1969-12-31"),
        ("31-JAN-24", "day-first", "2024-01-31"),
        ("24-JAN-31", "year-first", "2024-01-31"),
        ("Jan-20", "month-first", "2020-01-01"),
        ("2024013115", "year-first", "2024-01-31T15:00:00"),
        ("2024013115", "unix", "2034-02-20T01:51:55"),
        ("45322", "excel", "2024-01-31"),
        ("45322.625", "excel", "2024-01-31T15:00:00"),
        ("1706659200.25", "unix", "2024-01-31T00:00:00.250000"),
        (45322.625, "excel", "2024-01-31T15:00:00"),
        (45322, "excel", "2024-01-31"),
        (1706659200.25, "unix", "2024-01-31T00:00:00.250000"),
        ("0", "unix", "1970-01-01"),
    ],
)
def test_the_option_decides(text, dates, time):
    assert read(text, dates=Dates(dates)) == [time]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (["01/02/2020", "01/03/2020"], "dates='day-first' or dates='month-first'"),
        (["01/02/20"], "dates='day-first' or dates='month-first' or dates='year-first'"),
        (["31-JAN-24"], "dates='day-first' or dates='year-first'"),
        (["Jan-20"], "dates='month-first' reads it as month and year"),
        (["2024013115"], "dates='year-first' or dates='unix'"),
        (["45322.5"], "dates='excel' or dates='unix' if it counts days or seconds"),
        ([45322.5], "dates='excel' or dates='unix' if it counts days or seconds"),
    ],
)
def test_two_readings_are_asked_about(text, line):
    assert line in refused(read, *text)


def test_what_is_no_date_in_the_reading_asked_for():
    assert "no date" in refused(read, "1/31/2020", dates=Dates.DAY_FIRST)
    assert "is no time as dates='excel' has it" in refused(read, "5", dates=Dates.EXCEL)


def test_offsets_that_change_are_read_as_utc():
    summer = ["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00", "2024-03-31T04:00+02:00"]
    assert read(*summer) == ["2024-03-31", "2024-03-31T01:00:00", "2024-03-31T02:00:00"]
    autumn = ["2024-10-27T02:30+02:00", "2024-10-27T02:30+01:00"]
    assert read(*autumn) == ["2024-10-27T00:30:00", "2024-10-27T01:30:00"]


def test_midnights_whose_offset_changes_are_dates():
    days = ["2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"]
    assert read(*days) == ["2024-03-30", "2024-03-31", "2024-04-01"]


def test_no_short_name_is_two_months():
    english = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    assert [month_number(name) for name in english] == list(range(1, 13))
    assert month_number("juin") == 6
    assert month_number("juil") == 7
    assert "jui" not in MONTHS


def test_rows_of_repeated_times_are_named(write):
    """A column with few different times is read once for each; its errors name the first row."""
    lines = [f"{shop},2024-01-{day:02}" for shop in "abcd" for day in (1, 2, 3)]
    lines[7] = "c,2024-02-30"
    table = read_table(write("shop,day\n" + "\n".join(lines) + "\n"))
    with pytest.raises(DataError, match=r"row 9, column 'day': '2024-02-30' is no date"):
        times(table, "day")
    lines[7] = "c,soon"
    table = read_table(write("shop,day\n" + "\n".join(lines) + "\n"))
    with pytest.raises(DataError, match=r"row 9, .*'soon' is not a time of the same form .*row 2;"):
        times(table, "day")


GERMAN = "Monat;Umsatz\nJan 2024;1.234,5\nFeb 2024;987,0\nMär 2024;-\n"


def test_a_panel_in_another_notation(write):
    columns = Columns("Monat", ("Umsatz",))
    notation = Notation(decimal=",", thousands=".", missing=("-",))
    path = write(GERMAN)
    with pytest.raises(DataError, match=r"row 2, column 'Umsatz': '1.234,5' is not a number"):
        read_panel(path, columns)
    with pytest.raises(DataError, match=r"row 4, column 'Umsatz': the value is missing"):
        read_panel(path, columns, notation=notation)
    frame = read_table(write(GERMAN.replace("-\n", "1,0\n"))).frame
    panel = panel_from_frame(frame, columns, notation=notation)
    assert panel.series[0].target[:, 0].tolist() == [1234.5, 987, 1]
    assert panel.frequency.label == "1mo"


def test_the_settings_of_a_training_name_the_notation(write):
    asked = {"time": "Monat", "target": "Umsatz", "horizon": 1, "decimal": ",", "thousands": "."}
    settings = ForecastSettings.of({**asked, "missing": "-", "fill": "zero"})
    panel = ForecastTask().read(Source.of(write(GERMAN)), settings)
    assert panel.series[0].target[:, 0].tolist() == [1234.5, 987, 0]
    with pytest.raises(OptionError, match=r"^thousands: ',' is the decimal mark as well; give"):
        ForecastSettings.of({**asked, "thousands": ","})
    with pytest.raises(OptionError, match=r"^encoding: 'pickle' is none of utf-8, "):
        ForecastSettings.of({**asked, "encoding": "pickle"})


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
        ("windows-1252", "windows-1252"),
        ("iso-8859-1", "iso-8859-1"),
        ("utf-8-sig", None),
        ("utf-8-sig", "utf-8"),
    ],
)
def test_encodings(write, encoding, named):
    path = write("Tag;Größe\n1;é\n".encode(encoding))
    frame = read_table(path, Notation(encoding=named)).frame
    assert frame.to_dict(as_series=False) == {"Tag": ["1"], "Größe": ["é"]}


def test_text_that_the_named_encoding_does_not_write(write):
    path = write(b"a,b\n1,\x81\n")
    with pytest.raises(DataError, match=r"not windows-1252 after row 1 \(0x81\); name the file's"):
        read_table(path, Notation(encoding="windows-1252"))


def test_every_encoding_is_one_of_text():
    for encoding in ENCODINGS:
        assert "a,1".encode(encoding).decode(encoding) == "a,1"


@pytest.mark.parametrize("mark", [";", "|", "\t", ","])
def test_a_line_that_names_the_delimiter(write, mark):
    table = read_table(write(f"sep={mark}\r\na b{mark}c\r\n1{mark}2\r\n"))
    assert table.frame.to_dict(as_series=False) == {"a b": ["1"], "c": ["2"]}
    assert table.rows.tolist() == [3]
    assert read_table(write("a|b\n1|2\n")).frame.columns == ["a", "b"]
