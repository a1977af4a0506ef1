"""Logs as they are read: every form, sessions, pauses, and what is wrong with them."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from segue.data.events import EventColumns, Log, read_events, read_sequences
from segue.data.notation import Dates, Notation
from segue.errors import DataError

ROWS = [("b", "tea", 100), ("a", "milk", 160), ("b", "milk", 200), ("a", "tea", 9000)]
COLUMNS = EventColumns("item", session="who", time="when")
UNIX = Notation(dates=Dates.UNIX)


def taken(log: Log) -> list[list[str]]:
    return [[log.names[code] for code in log.sessions[row]] for row in range(len(log.sessions))]


def test_every_form_of_a_log_is_the_same_log(tmp_path: Path) -> None:
    frame = pl.DataFrame(ROWS, schema=["who", "item", "when"], orient="row")
    frame.write_csv(tmp_path / "log.csv")
    frame.write_csv(tmp_path / "log.tsv", separator="\t")
    frame.write_ndjson(tmp_path / "log.jsonl")
    frame.write_parquet(tmp_path / "log.parquet")
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress((tmp_path / "log.csv").read_bytes()))
    sources = [*sorted(tmp_path.iterdir()), frame]
    for source in sources:
        log = read_events(source, COLUMNS, UNIX, labelled=True)
        assert taken(log) == [["tea", "milk"], ["milk", "tea"]], source
        assert log.labels == ("b", "a")
        assert log.is_dated
    lens = tmp_path / "ratings.dat"
    lens.write_text("".join(f"{who}::{item}::5::{when}\n" for who, item, when in ROWS))
    by_user = EventColumns("2", user="1", time="4")
    log = read_events(lens, by_user, UNIX)
    assert taken(log) == [["tea", "milk"], ["milk", "tea"]]
    assert log.users is not None


def test_a_pause_begins_another_session_and_kinds_are_chosen(tmp_path: Path) -> None:
    rows = [(*row, kind) for row, kind in zip(ROWS, ("view", "buy", "view", "view"), strict=True)]
    frame = pl.DataFrame(rows, schema=["who", "item", "when", "what"], orient="row")
    columns = EventColumns("item", user="who", time="when")
    log = read_events(frame, columns, UNIX, gap=600)
    assert taken(log) == [["tea", "milk"], ["milk"], ["tea"]]
    assert log.users is not None
    assert log.users[1] == log.users[2] != log.users[0]
    viewed = read_events(
        frame, EventColumns("item", "who", time="when", kind="what", only=("view",)), UNIX
    )
    assert taken(viewed) == [["tea", "milk"], ["tea"]]
    assert "1 events of other kinds" in viewed.told[0]


def test_events_in_any_order_are_sorted_where_that_is_asked() -> None:
    frame = pl.DataFrame(
        [ROWS[2], *ROWS[:2], ROWS[3]], schema=["who", "item", "when"], orient="row"
    )
    with pytest.raises(
        DataError, match=r"row 1 .* before that of row 0, of the same 'who'.*--sort"
    ):
        read_events(frame, COLUMNS, UNIX)
    log = read_events(frame, COLUMNS, UNIX, sort=True)
    assert taken(log) == [["tea", "milk"], ["milk", "tea"]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,item\na,x\n", "there is no column 'when'"),
        ("who,item,when\na,x,soon\n", "row 2, column 'when': 'soon' is not a time"),
        ("who,item,when\na,x,1\na,nan,2\n", "row 3, column 'item': 'nan' stands for a missing"),
        ("who,item,when\n,x,1\n", "row 2, column 'who': the session value is missing"),
    ],
)
def test_a_defect_is_named_by_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_events(path, COLUMNS)


def test_items_that_are_fractions_or_nan_are_no_items() -> None:
    frame = pl.DataFrame({"who": ["a", "a"], "item": [101.0, float("nan")], "when": [1, 2]})
    with pytest.raises(DataError, match=r"row 1 .*column 'item': nan names no item"):
        read_events(frame, COLUMNS)
    whole = frame.with_columns(item=pl.Series([101.0, 7.0]))
    assert read_events(whole, COLUMNS).names == ("101", "7")


def test_a_line_is_a_session(tmp_path: Path) -> None:
    path = tmp_path / "sessions.txt"
    path.write_text("7 x 7\n\nx y\n")
    assert taken(read_sequences(path)) == [["7", "x", "7"], ["x", "y"]]
