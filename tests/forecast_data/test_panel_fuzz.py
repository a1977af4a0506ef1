"""A damaged file is read or refused in one line; nothing else ever comes out."""

import gzip
import io
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.errors import DataError
from segue.tasks.forecast.data import Columns, Fill, Grid, Panel, read_panel

COLUMNS = Columns("day", ("sales",), series="shop", known=("price",), static=("city",))
TEXT = "shop,day,sales,price,city\n" + "".join(
    f'{shop},2024-01-{day:02} 06:00,{day * 1.5},{day % 3},"{city}, Italy"\r\n'
    for shop, city in (("A", "Rome"), ("B", "Bari"))
    for day in range(1, 7)
)
PIECES = [
    b"\0",
    b'"',
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r",
    b"\xff",
    b"\xc3",
    b"-",
    b"9",
    b"e",
    b"",
    b" ",
]
DAMAGE = st.lists(
    st.tuples(
        st.integers(0, 500),
        st.integers(0, 3),
        st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)),
    ),
    min_size=1,
    max_size=4,
)


def damaged(content: bytes, damage: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, piece in damage:
        place %= len(content) + 1
        content = content[:place] + piece + content[place + length :]
    return content


def check_line(line: str, path: Path) -> None:
    assert line.isprintable()
    assert line.startswith(str(path))
    assert len(line) < 700


def check_panel(panel: Panel) -> None:
    for series in panel.series:
        assert 0 < len(series.target) <= len(series.time) == len(series.known)
        assert np.isfinite(series.target).all()
        assert np.isfinite(series.known).all()
        assert (np.diff(series.time).astype(np.int64) > 0).all()


def read_or_refuse(content: bytes, name: str, **options: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            panel = read_panel(path, COLUMNS, **options)
        except DataError as error:
            check_line(str(error), path)
        else:
            check_panel(panel)
        assert path.read_bytes() == content


QUICK = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=20_000)


def check_text(damage, fill, grid, zipped):
    content = damaged(TEXT.encode(), damage)
    read_or_refuse(gzip.compress(content) if zipped else content, "a.csv", fill=fill, grid=grid)


OPTIONS = (DAMAGE, st.sampled_from([None, *Fill]), st.sampled_from(Grid), st.booleans())
test_damaged_text = QUICK(given(*OPTIONS)(check_text))
test_much_damaged_text = pytest.mark.long(LONG(given(*OPTIONS)(check_text)))


@settings(QUICK, max_examples=100)
@given(DAMAGE)
def test_damaged_gzip(damage):
    read_or_refuse(damaged(gzip.compress(TEXT.encode(), mtime=0), damage), "a.csv.gz")


@QUICK
@given(st.binary(max_size=60))
def test_any_bytes(content):
    read_or_refuse(content, "a.csv")


@QUICK
@given(st.lists(st.text(st.sampled_from('day,sales1\n"; \t'), max_size=12), max_size=8))
def test_any_lines(lines):
    read_or_refuse("\n".join(["shop,day,sales,price,city", *lines]).encode(), "a.csv")


@settings(QUICK, max_examples=100)
@given(st.integers(0, 2000), st.sampled_from([None, *Fill]))
def test_a_parquet_file_cut_short(length, fill):
    frame = pl.read_csv(io.StringIO(TEXT), try_parse_dates=True)
    frame.write_parquet(buffer := io.BytesIO())
    read_or_refuse(buffer.getvalue()[:length], "a.parquet", fill=fill)
