"""A file that is no table ends in one line that says where, what and how to mend it."""

import gzip
import os
import subprocess
import sys
import textwrap
import threading

import pytest
from refusals import BASIC, refusal

from segue.errors import DataError
from segue.tasks.forecast.data import read_panel

PLAIN = "day,sales\n2024-01-01,1\n2024-01-02,2\n"

BYTES = {
    "empty": ("", "the file is empty; it needs a header and rows"),
    "only a byte-order mark": (b"\xef\xbb\xbf", "the file is empty; it needs a header and rows"),
    "blank": ("\n\n", "row 1: the header is a blank line; remove it"),
    "header only": ("day,sales\n", "the file has a header and no rows; it needs data"),
    "header and blank lines": (
        "day,sales\n\n\n",
        "the file has a header and no rows; it needs data",
    ),
    "nameless": (",\n1,2\n", "row 1: the header names no column; name them"),
    "Excel's sep= and nothing else": (
        "sep=;\n",
        "row 2: the header is a blank line; remove it",
    ),
    "not UTF-8": (
        "day,sales\n1,2\n3,4é\n".encode("latin1"),
        "row 3: not UTF-8 (byte 4 of the row is 0xe9); name the file's encoding, for example "
        "--encoding windows-1252 for Excel's in Western Europe",
    ),
    "not UTF-8 in the header": (
        "day,sälés\n".encode("latin1"),
        "row 1: not UTF-8 (byte 6 of the row is 0xe4); name the file's encoding, for example "
        "--encoding windows-1252 for Excel's in Western Europe",
    ),
    "cut within a character": (
        "day,sales\n1,é".encode()[:-1],
        "row 2: not UTF-8 (byte 3 of the row is 0xc3); name the file's encoding, for example "
        "--encoding windows-1252 for Excel's in Western Europe",
    ),
    "NUL": (
        b"day,sales\n1,2\n3,\x004\n",
        "row 3: a NUL byte (byte 3 of the row); the file is binary or damaged, or its "
        "--encoding is utf-16-le; remove stray ones with `tr -d '\\000'`",
    ),
    "more fields": (
        "day,sales\n1,2\n2,3,4\n",
        "row 3: 3 fields where the header has 2; mend the row, or put a text with ',' in it in "
        "quotes",
    ),
    "fewer fields": (
        "day,sales\n1,2\n\n2\n",
        "row 4: 1 field where the header has 2; mend the row, or put a text with ',' in it in "
        "quotes",
    ),
    "lines before the header": (
        "Monthly sales\nday,sales\n1,2\n",
        "row 2: 2 fields where the header has 1; if row 1 is not the header, remove the rows "
        "before the header",
    ),
    "a name twice": (
        "day,sales,tax,sales\n1,2,3,4\n",
        "row 1: the column name 'sales' appears twice (columns 2 and 4); rename one of them",
    ),
    "a quote never closed": (
        'day,sales\n1,2\n2,"3\n3,4\n',
        "row 3: a quote mark is opened and never closed; close it, or double it if it belongs "
        "to the text",
    ),
    "a stray quote": (
        'day,sales\n1,2\n2,3" wide"\n3,4\n',
        "row 3: a quote mark in the middle of a field; put the whole field in quotes and double "
        "the quote mark",
    ),
    "text after a quote": (
        'day,sales\n"1" ,2\n',
        "row 2: a quote mark in the middle of a field; put the whole field in quotes and double "
        "the quote mark",
    ),
    "old line ends": (
        "day,sales\r1,2\r",
        "row 1: a carriage return without a line feed; convert the line ends, for example with "
        "`tr '\\r' '\\n'`",
    ),
    "a workbook": (
        b"PK\x03\x04rest",
        "is a zip archive or an Excel workbook; save the sheet as CSV",
    ),
    "zstd": (
        b"(\xb5/\xfd",
        "is compressed with zstd; decompress it with `unzstd`, or use gzip or xz",
    ),
    "damaged Parquet": (b"PAR1rubbish", "the Parquet file is damaged; write or fetch it again"),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", BYTES)
def test_bytes(write, name, zipped):
    content, line = BYTES[name]
    assert refusal(write(content, zipped=zipped)) == line


@pytest.mark.parametrize("zipped", [False, True])
def test_one_endless_line_is_refused_at_once(write, zipped):
    line = (
        "row 3: the line is longer than 1024 KiB; this is no table with one row a line: check "
        "how the file was written"
    )
    assert refusal(write(b"day,sales\n1,2\n" + b"x" * 100_000_000, zipped=zipped)) == line


def test_one_endless_line_needs_bounded_memory(write):
    """100 MB in one line, read in a process that may take 60 MB more than it has."""
    path = write(b"day,sales\n1,2\n" + b"1," * 50_000_000)
    script = textwrap.dedent("""
        import resource, sys
        from segue.data.tables import read_table
        from segue.errors import DataError
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            read_table(sys.argv[1])
        except DataError as error:
            print(error)
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """)
    out = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "row 3: the line is longer than 1024 KiB" in out[0]
    assert int(out[1]) < 60


def test_a_quote_that_swallows_the_file(write):
    line = "row 2: the line is longer than 1024 KiB; a quote mark in it is never closed: check"
    assert refusal(write('day,sales\n1,"2\n' + "3,4\n" * 400_000)).startswith(line)


def test_long_lines_within_a_block(write):
    content = "day,sales\n1,2\n" + "x" * (1 << 20) + "x,1\n2,3\n"
    assert refusal(write(content)).startswith("row 3: the line is longer than 1024 KiB; this is")


def test_paths(tmp_path, write):
    assert refusal(tmp_path) == "is a folder; name the file in it"
    assert refusal(tmp_path / "none.csv") == "there is no such file; check the path"
    assert refusal(write(PLAIN) / "x") == "cannot be opened (Not a directory); check the path"
    with pytest.raises(DataError, match=r"no\\nsuch\.csv: there is no such file; check the path"):
        read_panel(tmp_path / "no\nsuch.csv", BASIC)


def test_a_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for content in (PLAIN.encode(), gzip.compress(PLAIN.encode())):
        writer = threading.Thread(target=pipe.write_bytes, args=(content,))
        writer.start()
        assert len(read_panel(pipe, BASIC).series[0].time) == 2
        writer.join()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_no_permission(write):
    path = write(PLAIN)
    path.chmod(0)
    try:
        assert refusal(path) == "may not be read; give yourself permission"
    finally:
        path.chmod(0o600)


def test_damaged_gzip(write):
    whole = gzip.compress(PLAIN.encode())
    line = "the gzip data is damaged or cut short; fetch it again"
    assert refusal(write(whole[:-9])) == line
    assert refusal(write(whole[:20] + b"\xff\xff\xff" + whole[23:])) == line
    assert refusal(write(whole + b"rubbish")) == line
    assert refusal(write(b"\x1f\x8b")) == line
