"""The `.ts` format of the UEA and UCR archives: labelled series of one or several channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segue.data.lines import read_lines
from segue.data.ragged import Ragged
from segue.data.wording import count, one_line, shorten
from segue.errors import DataError

LINE_LIMIT = 1 << 26  # bytes: all channels of a series are in one line
LARGEST = 1e18  # the square of a value must be finite in float32


@dataclass(frozen=True)
class TsFile:
    """What a `.ts` file holds.

    Attributes:
        series: float32 `[T, C]` each, NaN where a value is missing.
        labels: the class of each; None where the file has none.
        rows: int64 `[n]`, the line of each.
    """

    series: Ragged
    labels: list[str] | None
    rows: np.ndarray


@dataclass
class _Header:
    dimensions: int | None = None
    length: int | None = None
    labels: list[str] | None = None
    labelled: bool = False
    tags: dict[str, str] = field(default_factory=dict)


def read_ts(path: str | Path) -> TsFile:
    r"""Read a `.ts` file, plain or compressed.

    Tags are read whatever their case; those that contradict the data are an error. `?` and NaN
    are missing values. Series may differ in length, the channels of one may not.

    Raises:
        DataError: the first defect: row, channel, value and remedy.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "gestures.ts"
    >>> _ = path.write_text("@classLabel true up down\n@data\n1,2,?:4,5,6:up\n7:8:down\n")
    >>> found = read_ts(path)
    >>> found.series[0].tolist(), found.labels
    ([[1.0, 4.0], [2.0, 5.0], [nan, 6.0]], ['up', 'down'])
    """
    place = one_line(str(path))
    lines = _content(Path(path))
    header = _read_header(lines, place)
    labels: list[str] = []
    rows: list[int] = []

    def series() -> Iterator[np.ndarray]:
        for number, line in lines:
            values, label = _case(line, header, f"{place}: row {number}")
            rows.append(number)
            if label is not None:
                labels.append(label)
            yield values

    cases = series()
    first = next(cases, None)
    if first is None:
        raise DataError(f"{place}: there is no series after @data; the file needs some")
    ragged = Ragged.of(_chain(first, cases))
    return TsFile(ragged, labels if header.labelled else None, np.array(rows, np.int64))


def _chain(first: np.ndarray, rest: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    yield first
    yield from rest


def _content(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are neither blank nor a comment."""
    for number, line in read_lines(path, limit=LINE_LIMIT):
        stripped = line.strip()
        if stripped and not stripped.startswith(("#", "%")):
            yield number, stripped


def _read_header(lines: Iterator[tuple[int, str]], place: str) -> _Header:
    header = _Header()
    for number, line in lines:
        here = f"{place}: row {number}"
        if not line.startswith("@"):
            raise DataError(f"{here}: {shorten(line)} before @data; put the tag @data above it")
        tag, *words = line[1:].split() or [""]
        tag = tag.lower()
        if tag == "data":
            return header
        if tag in header.tags:
            raise DataError(f"{here}: the tag @{tag} is there twice; remove one")
        header.tags[tag] = " ".join(words)
        _take(header, tag, words, here)
    raise DataError(f"{place}: there is no tag @data; this is no .ts file")


def _take(header: _Header, tag: str, words: list[str], here: str) -> None:
    first = words[0].lower() if words else ""
    if tag == "timestamps" and first == "true":
        raise DataError(
            f"{here}: series with time stamps are not read; write them with one value a step and "
            "@timeStamps false"
        )
    if tag == "targetlabel" and first == "true":
        raise DataError(f"{here}: the targets are numbers, not classes; classes are needed")
    if tag == "classlabel":
        header.labelled = first == "true"
        header.labels = words[1:] or None
    if tag in ("dimensions", "dimension"):
        header.dimensions = _whole(first, tag, here)
    if tag == "serieslength":
        header.length = _whole(first, tag, here)
    if tag == "univariate" and first == "true":
        header.dimensions = 1


def _whole(word: str, tag: str, here: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word[:9]) == int(word[:20])):
        raise DataError(f"{here}: @{tag} {shorten(word)} is no count; write a whole number")
    return int(word)


def _case(line: str, header: _Header, here: str) -> tuple[np.ndarray, str | None]:
    """Values `[T, C]` and label of a series; channels must agree with each other and the header."""
    parts = line.split(":")
    label = None
    if header.labelled:
        label = parts.pop().strip()
        if not label or label == "?":
            raise DataError(f"{here}: the label is missing; write it after the last ':'")
        if header.labels is not None and label not in header.labels:
            raise DataError(
                f"{here}: the label {shorten(label)} is not among those of @classLabel; correct "
                "one of them"
            )
    if not parts:
        raise DataError(f"{here}: a label without values; write values, ':' and the label")
    if header.dimensions is None:
        header.dimensions = len(parts)
    if len(parts) != header.dimensions:
        raise DataError(
            f"{here}: {count(len(parts), 'channel')} where {header.dimensions} are needed; write "
            "as many in each row, with ':' between them"
        )
    channels = [_numbers(part, f"{here}, channel {i}") for i, part in enumerate(parts, start=1)]
    for number, channel in enumerate(channels, start=1):
        if len(channel) != len(channels[0]):
            raise DataError(
                f"{here}: channel {number} has {count(len(channel), 'value')} where channel 1 has "
                f"{len(channels[0])}; write '?' for what is missing"
            )
    if header.length is not None and len(channels[0]) != header.length:
        raise DataError(
            f"{here}: {count(len(channels[0]), 'step')} where @seriesLength says {header.length}; "
            "correct it, or remove the tag"
        )
    return np.stack(channels, axis=1), label


def _numbers(part: str, here: str) -> np.ndarray:
    words = part.split(",")
    try:
        values = np.array([float(word) for word in words])
    except ValueError:
        values = np.array([_number(word, step, here) for step, word in enumerate(words, start=1)])
    if "_" in part or (np.abs(values) > LARGEST).any():
        for step, word in enumerate(words, start=1):
            _number(word, step, here)
    return values.astype(np.float32)


def _number(word: str, step: int, here: str) -> float:
    word = word.strip()
    if word == "?":
        return float("nan")
    try:
        value = float(word)
    except ValueError:
        value = float("inf")
    if "_" in word or abs(value) > LARGEST:
        raise DataError(
            f"{here}, step {step}: {shorten(word)} is no finite number below 1e18; correct it, or "
            "write '?' if it is missing"
        )
    return value
