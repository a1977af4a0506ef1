"""Sentences of tokens with their tags: from column files, JSON lines and frames."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from segue.data.conll import LONGEST, read_columns
from segue.data.delimited import check_bytes
from segue.data.jsonl import object_of_line
from segue.data.lines import whole_lines
from segue.data.raw import Raw, open_raw
from segue.data.wording import count, one_line, shorten
from segue.errors import DataError

PREDICTED = "predicted"
_OBJECT = re.compile(rb"(\xef\xbb\xbf)?\s*\{\s*\"[^\n]*:")  # a line that names a value


class Written(Protocol):
    """How a sentence stands in its file."""

    def with_tags(
        self,
        tags: Sequence[str],
        said: Sequence[tuple[str, str]] = (),
        sure: Sequence[float] | None = None,
    ) -> str:
        """The same with predicted tags beside it, and with what else is said of it by name.

        Args:
            tags: one for each token.
            said: names and values.
            sure: the probability of each tag.
        """
        ...


@dataclass(frozen=True)
class Sentence:
    """Tokens, and what is known of them.

    Attributes:
        tokens: none for the lines behind the last sentence of a column file.
        rows: the row of each token in its file.
        tags: one for each token; None where they were not asked for.
        label: of the whole sentence; None where it was not asked for.
        written: how it stands in its file.
    """

    tokens: tuple[str, ...]
    rows: tuple[int, ...]
    tags: tuple[str, ...] | None
    label: str | None
    written: Written


@dataclass(frozen=True)
class Fields:
    """Where the parts of a sentence are found.

    Attributes:
        token: the column of the tokens by its name or number, or the key of their list; None
            takes FORM, the first column, or `tokens`.
        tag: the same for the tags; None takes UPOS, the last column, or `tags`.
        label: the name by which a comment `# name = value`, or a key, says the sentence's label;
            None reads none.
        encoding: of the file.
    """

    token: str | None = None
    tag: str | None = None
    label: str | None = None
    encoding: str | None = None


def read_sentences(path: Path, fields: Fields, *, tagged: bool) -> Iterator[Sentence]:
    r"""The sentences of a file, streamed; its content shows which form it has.

    Args:
        path: a column file, CoNLL-U, or JSON lines with lists of tokens and tags; plain or
            compressed.
        fields: where tokens, tags and labels are found.
        tagged: False leaves tags and labels out, as for a prediction.

    Raises:
        DataError: the first defect found, when it is reached: file, row, column and remedy.
        OptionError: there is no such column.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.jsonl"
    >>> _ = path.write_text('{"tokens": ["in", "Rome"], "tags": ["O", "B-LOC"]}\n')
    >>> (found,) = read_sentences(path, Fields(), tagged=True)
    >>> found.tokens, found.tags, found.rows
    (('in', 'Rome'), ('O', 'B-LOC'), (1, 1))
    >>> found.written.with_tags(["O", "O"])
    '{"tokens": ["in", "Rome"], "tags": ["O", "B-LOC"], "predicted": ["O", "O"]}\n'
    """
    with open_raw(path, one_line(str(path)), fields.encoding) as raw:
        form = _of_jsonl if _OBJECT.match(next(raw.chunks())) else _of_columns
        yield from form(raw, fields, tagged)


def sentences_of_frame(frame: Any, fields: Fields, *, tagged: bool) -> Iterator[Sentence]:
    """The sentences of a frame, such as one of polars or pandas, whose columns hold lists.

    Raises:
        DataError: the first defect found; rows are counted from 0.

    >>> frame = {"tokens": [["in", "Rome"]], "tags": [["O", "B-LOC"]]}
    >>> next(sentences_of_frame(frame, Fields(), tagged=True)).tags
    ('O', 'B-LOC')
    """
    names = [fields.token or "tokens"]
    if tagged:
        names += [fields.tag or "tags", *([fields.label] if fields.label else [])]
    columns = []
    for name in names:
        try:
            columns.append(list(frame[name]))
        except Exception:  # whatever its library raises
            raise DataError(f"frame: has no column {shorten(name)}; name it") from None
    for row, values in enumerate(zip(*columns, strict=True)):
        one = dict(zip(names, values, strict=True))
        one = {k: v if isinstance(v, str) or v is None else list(v) for k, v in one.items()}
        yield _of_object(one, fields, tagged, "frame", row, JsonText(""))


def _of_columns(raw: Raw, fields: Fields, tagged: bool) -> Iterator[Sentence]:
    columns, found = read_columns(raw)
    token = columns.index(fields.token, "token", 1 if columns.numbered else 0)
    last = columns.names.index("UPOS") if "UPOS" in columns.names else columns.width - 1
    tag = columns.index(fields.tag, "tag", last) if tagged else 0
    if tagged and tag == token:
        raise DataError(
            f"{columns.place}: column {token + 1} would be both token and tag; write the tags into"
            " a column of their own, or name two with --token and --tag"
        )
    for sentence in found:
        if not sentence.cells:
            yield Sentence((), (), None, None, sentence.text)
            continue
        for row, cells in zip(sentence.numbers, sentence.cells, strict=True):
            for place in {token, tag} if tagged else {token}:
                if not cells[place]:
                    raise DataError(
                        f"{columns.place}: row {row}, column {place + 1}: is empty; write a"
                        f" {'token' if place == token else 'tag'}"
                    )
        label = None
        if tagged and fields.label is not None:
            label = sentence.said.get(fields.label)
            if not label:
                raise DataError(
                    f"{columns.place}: row {sentence.numbers[0]}: the sentence has no label; write"
                    f" a comment before it: # {fields.label} = ..."
                )
        yield Sentence(
            tuple(cells[token] for cells in sentence.cells),
            sentence.numbers,
            tuple(cells[tag] for cells in sentence.cells) if tagged else None,
            label,
            sentence.text,
        )


@dataclass(frozen=True)
class JsonText:
    """A JSON object as its line has it."""

    text: str

    def with_tags(
        self,
        tags: Sequence[str],
        said: Sequence[tuple[str, str]] = (),
        sure: Sequence[float] | None = None,
    ) -> str:
        """The object with a key more for the tags, and one for each that is said."""
        more: dict[str, Any] = {PREDICTED: list(tags), **dict(said)}
        if sure is not None:
            more["probabilities"] = [round(float(share), 6) for share in sure]
        keys = json.dumps(more, ensure_ascii=False)
        body = self.text.rstrip()
        return f"{body[:-1].rstrip()}, {keys[1:]}{self.text[len(body) :]}"


def _of_jsonl(raw: Raw, fields: Fields, tagged: bool) -> Iterator[Sentence]:
    place = raw.place
    for first, block in whole_lines(raw.chunks(), place):
        check_bytes(block, place, first)
        for row, line in enumerate(block.split(b"\n")[:-1], start=first):
            if not line.strip():
                continue
            found = object_of_line(line, place, row)
            text = JsonText(line.decode("utf-8") + "\n")
            yield _of_object(found, fields, tagged, place, row, text)


def _of_object(
    found: dict[str, Any], fields: Fields, tagged: bool, place: str, row: int, text: JsonText
) -> Sentence:
    where = f"{place}: row {row}"
    if PREDICTED in found and not tagged:
        raise DataError(f"{where}: has a key '{PREDICTED}' already; rename it")
    tokens = _words(found, fields.token or "tokens", where)
    tags = label = None
    if tagged:
        key = fields.tag or "tags"
        tags = _words(found, key, where)
        if len(tags) != len(tokens):
            raise DataError(
                f"{where}, key {shorten(key)}: holds {count(len(tags), 'tag')} for"
                f" {count(len(tokens), 'token')}; write one for each"
            )
        if fields.label is not None:
            label = found.get(fields.label)
            if not isinstance(label, str) or not label:
                raise DataError(
                    f"{where}, key {shorten(fields.label)}: has no text; write the sentence's label"
                )
            _check(label, f"{where}, key {shorten(fields.label)}")
    return Sentence(tokens, (row,) * len(tokens), tags, label, text)


def _words(found: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = found.get(key)
    where = f"{where}, key {shorten(key)}"
    if not isinstance(values, list):
        what = "is missing" if values is None else "holds no list"
        raise DataError(f'{where}: {what}; write a list of words, as in "{key}": ["in", "Rome"]')
    if len(values) > LONGEST:
        raise DataError(f"{where}: has more than {LONGEST:,} words; write a sentence in each line")
    for number, value in enumerate(values, start=1):
        if not isinstance(value, str) or not value:
            raise DataError(f"{where}: entry {number} is no word; write text in quotes")
        _check(value, f"{where}: entry {number}")
    return tuple(values)


def _check(value: str, where: str) -> None:
    r"""Text that no file can hold: NUL, and halves of characters, which JSON may escape."""
    if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise DataError(f"{where}: has a NUL or half a character; remove it")
