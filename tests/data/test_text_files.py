"""Lines and plain tables: read in chunks of any size, refused in one line."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.data.lines import read_lines, split_lines
from segue.data.notation import Notation
from segue.data.plain_tables import read_plain_table
from segue.errors import DataError


@given(st.text(alphabet="aé\n\r\t ", max_size=40), st.integers(1, 7))
def test_lines_do_not_depend_on_the_chunks(text, size):
    data = text.encode()
    chunks = (data[i : i + size] for i in range(0, len(data), size))
    found = [line for _, line in split_lines(chunks, "x")]
    assert found == [line.removesuffix("\r") if ended else line for line, ended in lines_of(text)]


def lines_of(text):
    """Lines, and whether a line feed ended them: one that the file's end cuts is given one."""
    *whole, rest = text.split("\n")
    return [(line, True) for line in whole] + ([(rest, True)] if rest else [])


def test_a_line_is_given_before_the_next_one_is_asked_for():
    asked = []

    def chunks():
        for chunk in (b"one\n", b"tw", b"o\n", b"three\n"):
            asked.append(chunk)
            yield chunk

    lines = split_lines(chunks(), "standard input")
    assert (next(lines), len(asked)) == ((1, "one"), 1)
    assert (next(lines), len(asked)) == ((2, "two"), 3)


def test_a_gzipped_file_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfone\r\ntwo"))
    assert list(read_lines(path)) == [(1, "one"), (2, "two")]


def test_another_encoding(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes("é\t1\n".encode("windows-1252"))
    assert list(read_lines(path, encoding="windows-1252")) == [(1, "é\t1")]
    notation = Notation(encoding="windows-1252")
    table = read_plain_table(path, header=False, quotes=False, notation=notation)
    assert table.frame.rows() == [("é", "1")]


def refused(read, *args, **chosen):
    with pytest.raises(DataError) as caught:
        read(*args, **chosen)
    line = str(caught.value)
    assert line.isprintable()
    return line


LINES = {
    "not UTF-8": (b"one\ntw\xe9\n", "row 2: not UTF-8 (byte 3 of the row is 0xe9)"),
    "cut within a character": ("one\né".encode()[:-1], "row 2: not UTF-8 (byte 1 of the row"),
    "NUL": (b"one\n\ntw\0o\n", "row 3: a NUL byte (byte 3 of the row)"),
    "a long line": (b"one\n" + b"x" * (1 << 20) + b"y\n", "row 2: the line is longer than 1024"),
    "100 MB in a line": (b"one\n" + b"x" * 10**8, "row 2: the line is longer than 1024 KiB"),
    "no such file": (None, "there is no such file; check the path"),
}


@pytest.mark.parametrize(("content", "why"), LINES.values(), ids=LINES.keys())
def test_a_file_that_has_no_lines_is_refused(tmp_path, content, why):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    assert why in refused(lambda: list(read_lines(path)))


def plain(tmp_path, content, name="a.tsv", header=False, quotes=False):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_plain_table(path, header=header, quotes=quotes)


def test_quote_marks_can_be_text(tmp_path):
    table = plain(tmp_path, 'a "fine" film\t1\n\n"dull\t0\n')
    assert table.frame.rows() == [('a "fine" film', "1"), ('"dull', "0")]
    assert table.rows.tolist() == [1, 3], "blank lines count"
    assert table.frame.columns == ["1", "2"]


def test_the_first_row_may_name_columns(tmp_path):
    table = plain(tmp_path, 'text\tlabel\na "b\t1\n', header=True)
    assert table.frame.to_dicts() == [{"text": 'a "b', "label": "1"}]
    assert table.place(0, "text").endswith("row 2, column 'text'")


def test_quoted_fields_hold_delimiters_and_line_ends(tmp_path):
    table = plain(tmp_path, '"a, ""b""\nc",1\n,2\n', name="a.csv", quotes=True)
    assert table.frame.rows() == [('a, "b"\nc', "1"), ("", "2")]
    assert table.rows.tolist() == [1, 3]


PLAIN = {
    "empty": ("", {}, "the file is empty; it needs rows"),
    "header alone": ("a\tb\n", {"header": True}, "the file has a header and no rows"),
    "fewer fields": ("a\t1\nb\n", {}, "row 2: 1 field where row 1 has 2; mend the row"),
    "more fields": ("a\t1\nb\t1\t2\n", {}, "row 2: 3 fields where row 1 has 2"),
    "a name twice": ("a\ta\n1\t2\n", {"header": True}, "the column name 'a' appears twice"),
    "never closed": ('"a\t1\nb\t1\n', {"quotes": True}, "row 1: a quote mark is opened and never"),
    "in the middle": ('a"b"c\t1\n', {"quotes": True}, "row 1: a quote mark in the middle"),
    "not UTF-8": (b"a\xff\t1\n", {}, "row 1: not UTF-8"),
}


@pytest.mark.parametrize(("content", "chosen", "why"), PLAIN.values(), ids=PLAIN.keys())
def test_a_plain_table_that_is_none_is_refused(tmp_path, content, chosen, why):
    assert why in refused(plain, tmp_path, content, **chosen)


def test_an_endless_quote_costs_little_time(tmp_path):
    assert "never closed" in refused(plain, tmp_path, '"a\n' + "b\n" * 5_000_000, quotes=True)
