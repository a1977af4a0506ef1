"""JSON lines and compressed files: read, or refused in one line."""

import bz2
import gzip
import io
import json
import lzma
import re
import subprocess
import sys
import textwrap

import polars as pl
import pytest

from segue.data import memory
from segue.data.tables import read_table
from segue.data.values import numbers
from segue.errors import DataError
from segue.tasks.forecast.data import Columns, read_panel

LINES = '{"day": "2024-01-01", "sales": 3}\n\n{"sales": 5.5, "day": "2024-01-02"}\n'


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.txt", "a"])
def test_reads(write, name, pack):
    table = read_table(write(pack(LINES.encode()), name))
    assert table.frame.to_dict(as_series=False) == {
        "day": ["2024-01-01", "2024-01-02"],
        "sales": [3.0, 5.5],
    }
    assert table.rows.tolist() == [1, 3]
    panel = read_panel(write(pack(LINES.encode()), name), Columns("day", ("sales",)))
    assert panel.series[0].target[:, 0].tolist() == [3, 5.5]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_delimited_text_and_parquet_through_every_compression(write, pack):
    assert read_table(write(pack(b"t,y\n1,2\n"))).frame.rows() == [("1", "2")]
    pl.DataFrame({"t": [1]}).write_parquet(buffer := io.BytesIO())
    assert read_table(write(pack(buffer.getvalue()))).frame.rows() == [(1,)]


def test_kinds_of_values(write):
    rows = [
        {"int": 1, "number": 1, "text": "a", "both": 1, "flag": True, "list": ["a"], "late": None},
        {"int": None, "number": 0.5, "text": None, "both": "NA", "flag": None, "list": []},
        {"int": 3, "text": "b\n", "both": 2.5, "list": None, "late": {"x": 1}, "big": 2**70},
    ]
    table = read_table(write("\n".join(map(json.dumps, rows)), "a.jsonl"))
    assert table.frame.to_dict(as_series=False) == {
        "int": [1, None, 3],
        "number": [1.0, 0.5, None],
        "text": ["a", None, "b\n"],
        "both": ["1", "NA", "2.5"],
        "flag": [True, None, None],
        "list": [["a"], [], None],
        "late": [None, None, {"x": 1}],
        "big": [None, None, str(2**70)],
    }


def test_kinds_that_change_between_blocks(write):
    """A column is unified over all of the file, which is read a mebibyte at a time."""
    pad = "x" * 1000
    lines = [json.dumps({"n": i, "m": i, "k": [i], "pad": pad}) for i in range(1500)]
    lines += [json.dumps({"n": 0.5, "m": "many", "k": [0.5], "new": 1, "pad": pad})] * 1500
    table = read_table(write("\n".join(lines), "a.jsonl"))
    assert table.frame.height == 3000
    assert table.frame["n"].to_list()[1498:1501] == [1498, 1499, 0.5]
    assert table.frame["m"].to_list()[1498:1501] == ["1498", "1499", "many"]
    assert table.frame["k"].to_list()[1499:1501] == [[1499], [0.5]]
    assert table.frame["new"].to_list()[1499:1501] == [None, 1]
    with pytest.raises(DataError, match=r"row 1501, column 'm': 'many' is not a number"):
        numbers(table, "m", "target")


DEFECTS = {
    "no rows": ("\n \n", "the file has no rows; it needs a JSON object a line"),
    "no keys": ("{}\n", "no line names a column; write objects with keys"),
    "an array": (
        '[{"y": 1}]\n',
        'row 1: holds a list where a JSON object is needed; name the values, as in {"text": ...}',
    ),
    "broken": (
        '{"y": 1}\n{"y": \n',
        "row 2: not JSON (Expecting value at byte 7); a JSON object a line is needed, such as "
        "made by `jq -c '.[]'` from an array",
    ),
    "a key twice": (
        '{"y": 1, "z": {"a\\u001b": 1, "a\\u001b": 2}}\n',
        "row 1: names 'a\\x1b' twice",
    ),
    "lists of several kinds": (
        '{"y": [1]}\n{"y": ["a"]}\n',
        "row 1, column 'y': its lists or objects do not all hold the same kinds of values",
    ),
    "a list among numbers": (
        '{"y": [1]}\n{"y": 2}\n',
        "row 2, column 'y': holds a number where a row before holds a list; write one kind",
    ),
    "deep": ("[" * 100_000 + "\n", "row 1: not JSON (nested too deeply or a number too long)"),
    "a long number": ('{"y": ' + "9" * 5000 + "}\n", "row 1: not JSON (nested too deeply or a"),
    "NUL": (b'{"y": 1}\n{"y": "\0"}\n', "row 2: a NUL byte (byte 8 of the row)"),
    "not UTF-8": ('{"y": "é"}\n'.encode("latin1"), "row 1: not UTF-8 (byte 8 of the row is 0xe9)"),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", DEFECTS)
def test_defects(write, name, zipped):
    content, line = DEFECTS[name]
    path = write(content, "a.jsonl", zipped=zipped)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert str(caught.value).isprintable()
    assert str(caught.value).startswith(f"{path}: {line}")


def test_nan_is_missing_and_infinity_is_refused(write):
    table = read_table(write('{"y": NaN, "z": -Infinity}\n{"y": 1, "z": 1}\n', "a.jsonl"))
    assert table.frame["y"].to_list() == [None, 1]
    with pytest.raises(DataError, match=r"row 1, column 'z': '-inf' is infinite"):
        numbers(table, "z", "target")


@pytest.mark.parametrize("zipped", [False, True])
def test_one_endless_line_is_refused_at_once(write, zipped):
    path = write(b'{"y": 1}\n{"y": "' + b"x" * 100_000_000, "a.jsonl", zipped=zipped)
    with pytest.raises(DataError, match=r"row 2: the line is longer than 1024 KiB"):
        read_table(path)


@pytest.mark.parametrize(
    ("pack", "name"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz")]
)
def test_compressed_data_cut_short(write, pack, name):
    path = write(pack(LINES.encode() * 100)[:-9], "a.jsonl")
    with pytest.raises(DataError, match=f"the {name} data is damaged or cut short; fetch it again"):
        read_table(path)


@pytest.mark.parametrize("content", ["t,y\n" + "1,2\n" * 1000, LINES * 100])
def test_memory_that_does_not_suffice(write, monkeypatch, content):
    monkeypatch.setattr(memory, "available", lambda: (1 << 20, "the control group's limit"))
    path = write(content, "a.jsonl" if content[0] == "{" else "a.csv")
    line = r"memory does not suffice: .* are read to row \d+, .* 1.0 MiB are left by the control"
    with pytest.raises(DataError, match=line):
        read_table(path)


def test_memory_that_numpy_does_not_get(write, monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("segue.tasks.forecast.data.gather", fail)
    with pytest.raises(DataError, match=r"data.csv: memory does not suffice: .* are left by "):
        read_panel(write("t,y\n1,2\n2,3\n"), Columns("t", ("y",)))


def test_a_limit_on_addresses_ends_in_one_line(write):
    """A process that may take 200 MiB more than it has, and a file that needs more."""
    path = write(b"t,y\n" + b"".join(b"%d,1.5\n" % i for i in range(6_000_000)))
    script = textwrap.dedent("""
        import resource, sys
        import polars
        from segue.data import memory
        from segue.data.tables import read_table
        from segue.errors import DataError
        polars.read_csv(b"a,b\\n1,2\\n")
        taken = memory._fields(memory.Path("/proc/self/status"))["VmSize"] * 1024
        limit = taken + (200 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        try:
            read_table(sys.argv[1])
        except DataError as error:
            print(error)
    """)
    command = [sys.executable, "-c", script, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    line = r"memory does not suffice: .* are read to row \d+, .* on addresses \(ulimit -v\)"
    assert re.search(line, done.stdout), done.stderr[-500:]
