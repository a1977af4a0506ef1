"""Logs of what people did: who took which item when, read in blocks and held as numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segue.data import memory
from segue.data.delimited import scan_delimited
from segue.data.lines import read_lines, whole_lines
from segue.data.notation import PLAIN, Notation
from segue.data.ragged import Ragged
from segue.data.raw import open_raw
from segue.data.tables import Table, from_delimited, read_blocks, table_from_frame
from segue.data.times import times
from segue.data.values import names
from segue.data.wording import one_line, shorten
from segue.errors import DataError

_COLONS = b"::"  # between the fields of MovieLens's files


@dataclass(frozen=True)
class EventColumns:
    """Which columns of a log say what.

    Attributes:
        item: what was taken.
        session: what belongs together, where the log says it.
        user: who took it; sessions are within users.
        time: when.
        kind: of what was done.
        only: the kinds that are kept; all where there are none.
    """

    item: str
    session: str | None = None
    user: str | None = None
    time: str | None = None
    kind: str | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Log:
    """Sessions, each of items in the order in which they were taken.

    Attributes:
        source: the file or frame, for errors.
        sessions: int32, the number of each event's item; sessions in the order of their beginning.
        names: of the items, by number.
        labels: `[S]` of each session, as text; None where it was cut by pauses.
        times: int64 `[N]`, in microseconds where they are times; None where the log has none.
        users: uint64 `[S]`, a number that stands for the user; None where the log has none.
        is_dated: whether its times are times, and not plain numbers.
        told: remarks for people.
    """

    source: str
    sessions: Ragged
    names: tuple[str, ...]
    labels: tuple[str, ...] | None = None
    times: NDArray[np.int64] | None = None
    users: NDArray[np.uint64] | None = None
    is_dated: bool = False
    told: tuple[str, ...] = ()

    def digest(self) -> str:
        """SHA-256 of all that is held."""
        found = hashlib.sha256("\n".join(self.names).encode())
        held = (self.sessions.values, self.sessions.offsets, self.times, self.users)
        for each in held:
            found.update(b"-" if each is None else np.ascontiguousarray(each).data)
        return found.hexdigest()


def read_events(
    source: Path | Any,
    columns: EventColumns,
    notation: Notation = PLAIN,
    *,
    gap: float | None = None,
    sort: bool = False,
    labelled: bool = False,
) -> Log:
    r"""Read a log with an event in each row; no more than a block of its text is held.

    CSV, TSV, JSON lines, Parquet, or MovieLens's `::` without a header, whose columns are called
    1, 2, ...; plain or compressed. A session's events stand in the order of time. Sessions and
    users are told apart by 64 bits of a hash of their names.

    Args:
        source: a file, or a frame.
        columns: which say what.
        notation: how its text is to be read.
        gap: seconds of a pause, after which another session begins.
        sort: whether events may stand in any order.
        labelled: whether the names of sessions are kept.

    Raises:
        DataError: a column is not there, a value is missing, or the events of a session stand
            against their times.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
    >>> _ = path.write_text("who,what,when\na,tea,5\nb,tea,6\na,milk,7\n")
    >>> log = read_events(path, EventColumns("what", "who", time="when"), labelled=True)
    >>> log.names, [log.sessions[k].tolist() for k in range(2)], log.labels
    (('tea', 'milk'), [[0, 1], [0]], ('a', 'b'))
    """
    found = _Gathered(columns, labelled=labelled)
    if isinstance(source, Path):
        place = one_line(str(source))
        with memory.memory_named(place):
            for block in _blocks(source, notation):
                found.add(block)
            return found.log(place, gap, sort=sort)
    found.add(table_from_frame(source, notation=notation))
    return found.log("frame", gap, sort=sort)


def read_sequences(source: Path | Any, encoding: str | None = None) -> Log:
    r"""Read sessions, one a line, each of items with blanks between them; or a list of lists.

    Raises:
        DataError: there is none, or the file is no text.

    >>> read_sequences([["tea", "milk"], [7, "tea"]]).sessions.values.tolist()
    [0, 1, 2, 0]
    """
    if isinstance(source, Path):
        place = one_line(str(source))
        rows: Iterable[list[str]] = (
            line.split() for _, line in read_lines(source, encoding=encoding)
        )
    else:
        place, rows = "frame", ([str(item) for item in row] for row in source)
    index: dict[str, int] = {}
    sequences = [
        np.array([index.setdefault(item, len(index)) for item in row], np.int32)
        for row in rows
        if row
    ]
    if not sequences:
        raise DataError(f"{place}: there is no session; write one a line, its items with blanks")
    return Log(place, Ragged.of(sequences), tuple(index))


def _blocks(path: Path, notation: Notation) -> Iterator[Table]:
    place = one_line(str(path))
    with open_raw(path, place, notation.encoding) as raw:
        head = raw.head.split(b"\n", 1)[0]
        if _COLONS not in head or b"," in head or head.startswith(b"{"):
            yield from read_blocks(path, notation)
            return
        width = head.count(_COLONS) + 1
        header = b"\t".join(b"%d" % (n + 1) for n in range(width)) + b"\n"
        plain = (block.replace(_COLONS, b"\t") for _, block in whole_lines(raw.chunks(), place))
        found = scan_delimited(chain([header], plain), place, (".tsv",))
        for table in from_delimited(found, str(path), notation):
            yield Table(table.frame, table.source, table.rows - 1, notation=notation)


class _Gathered:
    """Events as numbers, block by block."""

    def __init__(self, columns: EventColumns, *, labelled: bool) -> None:
        self.columns, self.labelled = columns, labelled
        self.index: dict[str, int] = {}
        self.labels: dict[int, str] = {}
        self.items: list[NDArray[np.int32]] = []
        self.keys: list[NDArray[np.uint64]] = []
        self.users: list[NDArray[np.uint64]] = []
        self.times: list[NDArray[np.int64]] = []
        self.rows: list[NDArray[np.int32]] = []
        self.kind: np.dtype[Any] | None = None  # of the times
        self.other = 0  # events of other kinds
        self.counted = ""

    def add(self, table: Table) -> None:
        """The events of a block."""
        columns, height = self.columns, table.frame.height
        table = _kept(table, columns)
        self.other += height - table.frame.height
        if not table.frame.height:
            return
        self.counted = table.counted
        items = _item_names(table, columns.item)
        different = items.unique(maintain_order=True)
        numbers = [self.index.setdefault(name, len(self.index)) for name in different.to_list()]
        places = items.cast(pl.Enum(different)).to_physical().to_numpy()
        self.items.append(np.array(numbers, np.int32)[places])
        if columns.user is not None:
            self.users.append(self._named(table, columns.user, "user", columns.session is None))
        if columns.session is not None:
            self.keys.append(self._named(table, columns.session, "session", True))
        if columns.time is not None:
            self._time(table, columns.time)
        self.rows.append(table.rows.astype(np.int32))

    def _named(self, table: Table, column: str, role: str, is_key: bool) -> NDArray[np.uint64]:
        text = names(table, column, role)
        hashed = text.hash(seed=0)
        if is_key and self.labelled:
            self.labels.update(zip(hashed.to_list(), text.to_list(), strict=True))
        return hashed.to_numpy()

    def _time(self, table: Table, column: str) -> None:
        found = times(table, column)
        self.kind = found.dtype if self.kind is None else self.kind
        if found.dtype != self.kind:
            raise table.error("times are written otherwise than above; write all alike", 0, column)
        self.times.append(found.astype(np.int64))

    def log(self, source: str, gap: float | None, *, sort: bool) -> Log:
        """All that was gathered, session after session."""
        if not self.rows:
            kinds = " or ".join(map(shorten, self.columns.only))
            raise DataError(f"{source}: no event is of kind {kinds}; name the kinds that count")
        keyed = bool(self.keys)
        whose = _joined(self.users)
        keys = _joined(self.keys) if keyed else whose
        assert keys is not None  # noqa: S101 - for the type checker
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        moments = _joined(self.times)
        if moments is not None:
            if sort:
                order = order[np.lexsort((moments[order], keys))]
            moments = moments[order]
        rows = _in_order(self.rows, order)
        if moments is not None:
            self._check_order(keys, moments, rows, source)
        items = _in_order(self.items, order)
        whose = whose[order] if whose is not None and keyed else whose
        del order
        begins = np.concatenate([[True], keys[1:] != keys[:-1]])
        if gap is not None:
            begins[1:] |= self._pauses(moments, gap, source)
        offsets = np.concatenate([np.flatnonzero(begins), [len(keys)]])
        starts = offsets[:-1]
        by = rows[starts] if moments is None else moments[starts]
        turn = np.lexsort((rows[starts], by))
        users = None
        if self.columns.user is not None:
            users = (keys if not keyed or whose is None else whose)[starts][turn]
        labels = None
        if self.labelled:
            labels = tuple(self.labels[key] for key in keys[starts][turn].tolist())
        told = (f"{self.other:,} events of other kinds are left out",) if self.other else ()
        return Log(
            source,
            Ragged(items, offsets).take(turn),
            tuple(self.index),
            labels,
            None if moments is None else Ragged(moments, offsets).take(turn).values,
            users,
            self.kind == np.dtype("datetime64[us]"),
            told,
        )

    def _check_order(
        self,
        keys: NDArray[np.uint64],
        moments: NDArray[np.int64],
        rows: NDArray[np.int32],
        source: str,
    ) -> None:
        back = np.flatnonzero((keys[1:] == keys[:-1]) & (moments[1:] < moments[:-1]))
        if len(back):
            at = int(back[rows[back + 1].argmin()])
            key = self.columns.session or self.columns.user
            raise DataError(
                f"{source}: row {rows[at + 1]}{self.counted}: its time is before that of row"
                f" {rows[at]}, of the same {shorten(str(key))}; sort the file by time, or give"
                " --sort"
            )

    def _pauses(
        self, moments: NDArray[np.int64] | None, gap: float, source: str
    ) -> NDArray[np.bool_]:
        if moments is None:
            raise DataError(f"{source}: pauses are told by times: name their column with --time")
        if self.kind == np.dtype(np.int64):
            raise DataError(
                f"{source}: its times are plain numbers, which have no seconds for --gap; if they"
                " are seconds since 1970, give --dates unix"
            )
        pauses: NDArray[np.bool_] = np.diff(moments) > gap * 1e6
        return pauses


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any] | None:
    """The parts as one, which are then no longer held; None for none."""
    whole = np.concatenate(parts) if parts else None
    parts.clear()
    return whole


def _in_order(parts: list[NDArray[np.int32]], order: NDArray[np.int64]) -> NDArray[np.int32]:
    whole = np.concatenate(parts)
    parts.clear()
    found: NDArray[np.int32] = whole[order]
    return found


def _kept(table: Table, columns: EventColumns) -> Table:
    """The events of the kinds that are kept."""
    if columns.kind is None:
        return table
    kinds = names(table, columns.kind, "kind")
    if not columns.only:
        return table
    kept = kinds.is_in(columns.only)
    frame, rows = table.frame.filter(kept), table.rows[kept.to_numpy()]
    return Table(frame, table.source, rows, table.counted, table.notation)


def _item_names(table: Table, name: str) -> pl.Series:
    """The items as text; a whole number that is held as a fraction is written without it."""
    column = table.require(name, "item")
    if column.dtype.is_float():
        broken = (column.is_null() | ~column.is_finite() | (column != column.floor())).arg_true()
        if len(broken):
            raise table.error(
                f"{column[int(broken[0])]} names no item; write whole numbers or text, and leave"
                " out the rows that have none",
                int(broken[0]),
                name,
            )
        return column.cast(pl.Int64).cast(pl.String)
    text = names(table, name, "item")
    absent = text.str.to_lowercase().is_in(table.notation.absent).arg_true()
    if len(absent):
        at = int(absent[0])
        raise table.error(
            f"{shorten(text[at])} stands for a missing value; name the item, or leave out the row",
            at,
            name,
        )
    return text
