"""What is simply read: kinds of files, delimiters, quotes, line ends."""

import csv
import io
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.data.tables import Table, read_table, table_from_frame
from segue.data.values import names, numbers
from segue.errors import DataError

PLAIN = "day,sales\n2024-01-01,3\n2024-01-02,5\n"
ROWS = [("2024-01-01", "3"), ("2024-01-02", "5")]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", PLAIN),
        ("a.csv", PLAIN.rstrip("\n")),
        ("a.csv", PLAIN.replace("\n", "\r\n")),
        ("a.csv", b"\xef\xbb\xbf" + PLAIN.encode()),
        ("a.csv", '"day","sales"\n"2024-01-01","3"\n2024-01-02,5\n'),
        ("a.csv", PLAIN.replace("\n", "\n\n")),
        ("a.csv", PLAIN.replace("\n", "\r\n") + "\r\n\r\n"),
        ("a.tsv", PLAIN.replace(",", "\t")),
        ("a.txt", PLAIN.replace(",", "\t")),
        ("a.csv", PLAIN.replace(",", ";")),
        ("no_suffix", PLAIN),
    ],
)
def test_reads(write, name, content, zipped):
    table = read_table(write(content, name, zipped=zipped))
    assert table.frame.columns == ["day", "sales"]
    assert table.frame.rows() == ROWS


def test_a_tab_in_a_tsv_header_wins_over_its_commas(write):
    table = read_table(write("a,b,c\td\n1\t2\n", "a.tsv"))
    assert table.frame.to_dict(as_series=False) == {"a,b,c": ["1"], "d": ["2"]}


def test_blank_lines_count_as_rows(write):
    table = read_table(write("t,y\n\n1,2\n\r\n3,4\n"))
    assert table.rows.tolist() == [3, 5]


def test_quoted_fields_hold_delimiters_quotes_and_line_ends(write):
    table = read_table(write('t,"the ""y"",\n of it"\n"a,\n""b""",2\n3,4\n'))
    assert table.frame.columns == ["t", 'the "y",\n of it']
    assert table.frame.rows() == [('a,\n"b"', "2"), ("3", "4")]
    assert table.rows.tolist() == [2, 3]


def test_parquet_plain_and_gzipped(write):
    frame = pl.DataFrame({"t": [1, 2], "y": [0.5, None]})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    for zipped in (False, True):
        table = read_table(write(buffer.getvalue(), "a.parquet", zipped=zipped))
        assert table.frame.equals(frame)
        assert table.rows.tolist() == [1, 2]


def test_many_blocks(write):
    """Rows keep their numbers over block borders, and quotes and blanks stay within theirs."""
    lines = [f'{i},"é{i}\nx"' if i % 7 else f"{i},y" for i in range(120_000)]
    table = read_table(write("t,y\n" + "\n\n".join(lines) + "\n"))
    assert table.frame.height == 120_000
    assert table.frame["t"].to_list() == [str(i) for i in range(120_000)]
    assert table.frame["y"][119_999] == "é119999\nx"
    assert table.rows.tolist() == list(range(2, 240_002, 2))


FIELD = st.text(st.sampled_from('ab1 ,;\t"\né\r'), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(FIELD, min_size=width, max_size=width), min_size=1, max_size=6
        )
    ),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_reads_what_the_csv_module_writes(rows, delimiter, line_end):
    header = [f"column {i}" for i in range(len(rows[0]))]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([header, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(buffer.getvalue().encode())
        table = read_table(path)
    assert table.frame.columns == header
    assert [[field or "" for field in row] for row in table.frame.rows()] == rows


def column(values: list[object]) -> Table:
    return table_from_frame(pl.DataFrame({"y": values}, strict=False))


def test_numbers():
    text = ["1", "-2.5", "+3", " 4e-1 ", ".5", "6.", "", None, "NA", "nan", "Null", "NONE", "\t7"]
    values = numbers(column(text), "y", "target")
    assert values[[0, 1, 2, 3, 4, 5, 12]].tolist() == [1, -2.5, 3, 0.4, 0.5, 6, 7]
    assert all(values[6:12] != values[6:12])
    assert numbers(column([1, None]), "y", "target")[0] == 1.0
    assert numbers(column(["True", "false", None]), "y", "known").tolist()[:2] == [1.0, 0.0]
    assert numbers(column([True, False]), "y", "known").tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("abc", "'abc' is not a number; write a number, or leave it empty if it is missing"),
        (
            "1,234",
            "'1,234' can be read in several ways; say which: decimal=',' (1.234) or "
            "thousands=',' (1234)",
        ),
        ("12%", "'12%' is no plain number; strip=('%',) reads it as 12"),
        ("1_000", "'1_000' is not a number; write a number, or leave it empty if it is missing"),
        ("true", "'true' is not a number; write a number, or leave it empty if it is missing"),
        ("-inf", "'-inf' is infinite or too large; write a finite number, or leave it empty if"),
        ("1e999", "'1e999' is infinite or too large; write a finite number, or leave it empty if"),
        ("x" * 99, "'" + "x" * 37 + "...' is not a number"),
        ("a\nb", "'a\\nb' is not a number"),
    ],
)
def test_what_is_no_number(text, what):
    with pytest.raises(DataError) as caught:
        numbers(column(["1", text]), "y", "target")
    assert str(caught.value).startswith(f"frame: row 1 (counted from 0), column 'y': {what}")
    assert "\n" not in str(caught.value)


def test_names_keep_what_looks_missing_among_numbers():
    assert names(column(["NA", " b "]), "y", "series").to_list() == ["NA", "b"]
    with pytest.raises(DataError, match=r"row 1 .*the series value is missing; write it"):
        names(column(["a", " "]), "y", "series")
