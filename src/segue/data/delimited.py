"""One pass over the bytes of delimited text: where each record lies, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from segue.data.wording import count, shorten
from segue.errors import DataError

LINE_LIMIT = 1 << 20  # bytes in one record
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
QUOTE, NEWLINE, RETURN = ord('"'), ord("\n"), ord("\r")


@dataclass(frozen=True)
class Block:
    """Records that have passed every check of form, with blank lines left out.

    `rows` gives each of them its number in the file, where the first line is row 1.
    """

    body: bytes
    rows: np.ndarray


@dataclass(frozen=True)
class Delimited:
    """Delimited text: its header has been read, its blocks are checked as they are taken."""

    header: list[str]
    delimiter: str
    blocks: Iterator[Block]


@dataclass(frozen=True)
class _Records:
    """Complete records in one block of bytes: marks and boundaries, quotes taken into account."""

    data: np.ndarray  # [n] uint8
    inside: np.ndarray  # [n] bool: after this byte a quoted field is still open
    ends: np.ndarray  # [r] positions of the newlines that end a record

    @property
    def starts(self) -> np.ndarray:
        return np.concatenate([[0], self.ends[:-1] + 1]).astype(np.int64)


def scan_delimited(chunks: Iterator[bytes], place: str, suffixes: Sequence[str]) -> Delimited:
    """Check delimited text as it streams by; `place` names the file in errors.

    A first line such as `sep=;`, as spreadsheets take it, names the delimiter. No more than a
    chunk and one line are looked at before a line over 1 MiB is refused, so a file that is one
    endless line costs neither time nor memory.
    """
    blocks = _blocks(chunks, place)
    block = next(blocks, b"")
    if not block:
        raise DataError(f"{place}: the file is empty; it needs a header and rows")
    row, delimiter = 1, ""
    named = re.match(rb'"?sep=([,;|\t])"?\r?\n', block)
    if named:
        row, delimiter, block = 2, named[1].decode(), block[named.end() :]
        block = block or next(blocks, b"")
    if not block.strip():
        raise DataError(f"{place}: row {row}: the header is a blank line; remove it")
    end = int(_records(block).ends[0]) + 1
    check_bytes(block[:end], place, row)
    delimiter = delimiter or _sniff(block[:end], suffixes)
    _check_form(_records(block[:end]), delimiter, None, place, row)
    header = _split_header(block[:end], delimiter, place, row)
    rest = chain([block[end:]] if block[end:] else [], blocks)
    return Delimited(header, delimiter, _checked(rest, delimiter, len(header), place, row + 1))


def _checked(
    blocks: Iterator[bytes], delimiter: str, width: int, place: str, row: int
) -> Iterator[Block]:
    for block in blocks:
        check_bytes(block, place, row)
        records = _records(block)
        blank = _check_form(records, delimiter, width, place, row)
        if not blank.all():
            yield Block(_without(block, records, blank), np.flatnonzero(~blank) + row)
        row += len(blank)


def _blocks(chunks: Iterator[bytes], place: str) -> Iterator[bytes]:
    """Regroup chunks into blocks of complete records, each ended by a newline."""
    tail, row, first = b"", 1, True
    for chunk in chunks:
        block = tail + chunk
        if first:
            block, first = block.removeprefix(BYTE_ORDER_MARK), False
        records = _records(block)
        if len(records.ends):
            end = int(records.ends[-1]) + 1
            yield block[:end]
            row += len(records.ends)
            block = block[end:]
        tail = block
        if len(tail) > LINE_LIMIT:
            check_bytes(tail, place, row)
            raise too_long(place, row, unclosed=_is_open(tail))
    if tail:
        check_bytes(tail, place, row)
        if _is_open(tail):
            raise DataError(
                f"{place}: row {row}: a quote mark is opened and never closed; close it, "
                "or double it if it belongs to the text"
            )
        yield tail + b"\n"


def _is_open(block: bytes) -> bool:
    return block.count(b'"') % 2 == 1


def too_long(place: str, row: int, *, unclosed: bool) -> DataError:
    """The error for a line over the limit; `unclosed` says that it holds an open quote mark."""
    why = (
        "a quote mark in it is never closed" if unclosed else "this is no table with one row a line"
    )
    return DataError(
        f"{place}: row {row}: the line is longer than {LINE_LIMIT // 1024} KiB; {why}: "
        "check how the file was written"
    )


def _records(block: bytes) -> _Records:
    data = np.frombuffer(block, np.uint8)
    if b'"' in block:
        inside = (np.cumsum(data == QUOTE, dtype=np.int64) & 1).astype(bool)
    else:
        inside = np.zeros(len(data), bool)
    return _Records(data, inside, np.flatnonzero((data == NEWLINE) & ~inside))


def check_bytes(block: bytes, place: str, row: int) -> None:
    """NUL bytes and bytes that are not UTF-8, each by row and by byte within the row."""
    nul = block.find(b"\0")
    if nul >= 0:
        at, byte = _locate(block, nul, row)
        raise DataError(
            f"{place}: row {at}: a NUL byte (byte {byte} of the row); the file is binary or "
            "damaged, or its --encoding is utf-16-le; remove stray ones with `tr -d '\\000'`"
        )
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and not block.endswith(b"\n"):
            return  # cut within a character by the end of a chunk
        at, byte = _locate(block, error.start, row)
        raise DataError(
            f"{place}: row {at}: not UTF-8 (byte {byte} of the row is "
            f"0x{block[error.start]:02x}); name the file's encoding, for example "
            "--encoding windows-1252 for Excel's in Western Europe"
        ) from None


def _locate(block: bytes, position: int, row: int) -> tuple[int, int]:
    """Row and 1-based byte within it, of a position in a block that starts at `row`."""
    ends = _records(block[:position]).ends
    start = int(ends[-1]) + 1 if len(ends) else 0
    return row + len(ends), position - start + 1


def _sniff(header: bytes, suffixes: Sequence[str]) -> str:
    """The delimiter that the header uses most; a tab first in a file called .tsv."""
    records = _records(header)
    text = records.data[~records.inside].tobytes()
    order = "\t,;|" if {".tsv", ".tab"} & {suffix.lower() for suffix in suffixes} else ",\t;|"
    if order[0] == "\t" and b"\t" in text:
        return "\t"
    return max(order, key=lambda mark: text.count(mark.encode()))


def _split_header(header: bytes, delimiter: str, place: str, row: int) -> list[str]:
    """The column names; quotes have been checked before."""
    records = _records(header)
    marks = np.flatnonzero((records.data == ord(delimiter)) & ~records.inside).tolist()
    end = len(header.rstrip(b"\r\n"))
    edges = [-1, *marks, end]
    fields = [header[low + 1 : high] for low, high in pairwise(edges)]
    names = [_unquoted(field.decode("utf-8")) for field in fields]
    if not any(names):
        raise DataError(f"{place}: row {row}: the header names no column; name them")
    return names


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if field.startswith('"') else field


def _check_form(
    records: _Records, delimiter: str, width: int | None, place: str, row: int
) -> np.ndarray:
    """Check quotes, carriage returns, lengths and field counts; returns which records are blank."""
    starts, ends = records.starts, records.ends
    length = ends - starts
    long = np.flatnonzero(length > LINE_LIMIT)
    if len(long):
        raise too_long(place, row + int(long[0]), unclosed=False)
    _check_returns(records, place, row)
    _check_quotes(records, delimiter, place, row)
    blank: np.ndarray = (length == 0) | ((length == 1) & (records.data[starts] == RETURN))
    if width is None:
        return blank
    marks = np.flatnonzero((records.data == ord(delimiter)) & ~records.inside)
    fields = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    ragged = np.flatnonzero((fields != width) & ~blank)
    if len(ragged):
        first = int(ragged[0])
        raise _ragged(place, row + first, int(fields[first]), width, delimiter)
    return blank


def _ragged(place: str, row: int, fields: int, width: int, delimiter: str) -> DataError:
    if width == 1:
        remedy = "if row 1 is not the header, remove the rows before the header"
    else:
        remedy = f"mend the row, or put a text with {shorten(delimiter)} in it in quotes"
    return DataError(
        f"{place}: row {row}: {count(fields, 'field')} where the header has {width}; {remedy}"
    )


def _check_returns(records: _Records, place: str, row: int) -> None:
    returns = np.flatnonzero((records.data == RETURN) & ~records.inside)
    lone = returns[records.data[returns + 1] != NEWLINE] if len(returns) else returns
    if len(lone):
        at = row + int(np.searchsorted(records.ends, lone[0]))
        raise DataError(
            f"{place}: row {at}: a carriage return without a line feed; convert the line ends, "
            "for example with `tr '\\r' '\\n'`"
        )


def _check_quotes(records: _Records, delimiter: str, place: str, row: int) -> None:
    """A quote mark opens a field at its very start and closes it at its very end."""
    quotes = np.flatnonzero(records.data == QUOTE)
    if not len(quotes):
        return
    opening = records.inside[quotes]
    before = np.where(quotes > 0, records.data[quotes - 1], NEWLINE)
    after = records.data[quotes + 1]
    edges = [ord(delimiter), NEWLINE, QUOTE]
    good = np.where(opening, np.isin(before, edges), np.isin(after, [*edges, RETURN]))
    if not good.all():
        at = row + int(np.searchsorted(records.ends, quotes[~good][0]))
        raise DataError(
            f"{place}: row {at}: a quote mark in the middle of a field; put the whole field in "
            "quotes and double the quote mark"
        )


def _without(block: bytes, records: _Records, blank: np.ndarray) -> bytes:
    """`block` less its blank records."""
    if not blank.any():
        return block
    keep = np.repeat(~blank, np.diff(np.concatenate([[0], records.ends + 1])))
    return bytes(records.data[keep])
