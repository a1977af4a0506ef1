"""Column files: a token in each row, its columns beside it, a blank line behind each sentence.

CoNLL's shared tasks, with any number of columns between blanks or tabs; and CoNLL-U
(https://universaldependencies.org/format.html), whose multiword tokens and empty nodes are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from segue.data.delimited import BYTE_ORDER_MARK, LINE_LIMIT, check_bytes
from segue.data.lines import line_too_long, whole_lines
from segue.data.raw import Raw
from segue.data.wording import count, shorten
from segue.errors import DataError, OptionError

LONGEST = 20_000  # tokens of a sentence
CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
_NUMBERED = re.compile(r"\d+(?P<other>[-.]\d+)?")  # a token; `other` a range or an empty node
_SAYS = re.compile(r"#\s*(?P<name>[\w.:-]+)\s*=\s*(?P<value>.*)")
_BLANKS = re.compile(r"[ \t]+")


@dataclass(frozen=True)
class Columns:
    """How a file lays out its columns.

    Attributes:
        place: the file, for messages.
        names: of the columns, where the file says them.
        width: how many there are.
        tabs: whether tabs alone are between them.
        numbered: whether the first column numbers tokens, as CoNLL-U does.
    """

    place: str
    names: tuple[str, ...]
    width: int
    tabs: bool
    numbered: bool

    def cells(self, line: str) -> list[str]:
        """The columns of a line without its end."""
        return line.split("\t") if self.tabs else _BLANKS.split(line.strip(" \t"))

    def index(self, asked: str | None, role: str, default: int) -> int:
        """The place of a column, asked for by its name or its number from 1.

        Raises:
            OptionError: there is no such column.
        """
        if asked is None:
            return default
        if asked in self.names:
            return self.names.index(asked)
        if re.fullmatch(r"-?\d{1,9}", asked):
            number = int(asked)
            index = number + self.width if number < 0 else number - 1
            if number and 0 <= index < self.width:
                return index
        known = f"names {', '.join(map(shorten, self.names))} or " if self.names else ""
        raise OptionError(
            f"--{role} {shorten(asked)}: {self.place} has no such column; give one of {known}"
            f"the numbers 1 to {self.width}"
        )


@dataclass(frozen=True)
class Row:
    """A row with columns: its line, and whether it is a token."""

    line: int
    token: bool


@dataclass(frozen=True)
class ColumnText:
    """The lines of a sentence as they stand in the file, ends of lines included.

    Attributes:
        lines: all of them, the comments before and the blank lines behind it too.
        rows: the lines that have columns.
        between: what stands between columns.
        filler: what rows that are no tokens have in a column of tags.
    """

    lines: tuple[str, ...]
    rows: tuple[Row, ...]
    between: str
    filler: str

    def with_tags(
        self,
        tags: Sequence[str],
        said: Sequence[tuple[str, str]] = (),
        sure: Sequence[float] | None = None,
    ) -> str:
        r"""The lines with one column more, or two, and comments before the first row.

        Args:
            tags: one for each token.
            said: names and values of comments.
            sure: the probability of each tag, for a column of its own.

        >>> text = ColumnText(("# a\n", "Rome\r\n", "\n"), (Row(1, True),), " ", "_")
        >>> text.with_tags(["LOC"], [("label", "x")])
        '# a\n# label = x\r\nRome LOC\r\n\n'
        """
        more = [[tag] for tag in tags]
        if sure is not None:
            more = [[tag, f"{share:.4f}"] for tag, share in zip(tags, sure, strict=True)]
        none = [self.filler] + ["_"] * (sure is not None)
        lines, waiting = list(self.lines), iter(more)
        for row in self.rows:
            text, end = _ended(lines[row.line])
            cells = next(waiting) if row.token else none
            lines[row.line] = self.between.join([text, *cells]) + end
        if self.rows and said:
            first = self.rows[0].line
            end = _ended(self.lines[first])[1] or "\n"
            lines[first] = "".join(f"# {n} = {v}{end}" for n, v in said) + lines[first]
        return "".join(lines)


@dataclass(frozen=True)
class ColumnSentence:
    """A sentence of a column file.

    Attributes:
        numbers: the row in the file of each token, from 1.
        cells: the columns of each token.
        said: what comments of the form `# name = value` say.
        text: its lines.
    """

    numbers: tuple[int, ...]
    cells: tuple[list[str], ...]
    said: dict[str, str]
    text: ColumnText


def read_columns(raw: Raw) -> tuple[Columns, Iterator[ColumnSentence]]:
    r"""The layout of a column file and its sentences, streamed while the file is open.

    All lines of the file are in the sentences, in order: what stands behind the last one is one
    without tokens. A line that begins with `#` before a sentence is a comment, unless it has as
    many columns as the tokens and does not say `name = value`. -DOCSTART- is no token.

    Raises:
        DataError: the first defect found, when it is reached: file, row, column and remedy.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.conll"
    >>> _ = path.write_text("# id = 7\nin IN\nRome NNP\n\nYes UH\n")
    >>> from segue.data.raw import open_raw
    >>> with open_raw(path, "a.conll") as raw:
    ...     columns, sentences = read_columns(raw)
    ...     found = list(sentences)
    >>> [(s.numbers, s.cells, s.said) for s in found]
    [((2, 3), (['in', 'IN'], ['Rome', 'NNP']), {'id': '7'}), ((5,), (['Yes', 'UH'],), {})]
    """
    place, lines = raw.place, _lines(raw)
    head: list[tuple[int, str]] = []
    columns = None
    for number, line in lines:
        head.append((number, line))
        columns = _layout(place, [text for _, text in head])
        if columns is not None:
            break
        if len(head) > LONGEST:
            break
    if columns is None:
        raise DataError(
            f"{place}: has no row with a token; write a token and its tag in each row, and a blank"
            " line behind each sentence"
        )
    return columns, _sentences(columns, head, lines)


def _lines(raw: Raw) -> Iterator[tuple[int, str]]:
    """Every line with its end as it stands, and its number; a byte order mark is kept."""
    last, place = b"\n", raw.place
    mark = "\ufeff" if raw.head.startswith(BYTE_ORDER_MARK) else ""

    def watched() -> Iterator[bytes]:
        nonlocal last
        for chunk in raw.chunks():
            last = chunk[-1:] or last
            yield chunk

    waiting: tuple[int, str] | None = None
    for first, block in whole_lines(watched(), place):
        check_bytes(block, place, first)
        for number, line in enumerate(block.decode("utf-8").split("\n")[:-1], start=first):
            if waiting is not None:
                yield waiting
            if len(line) > LINE_LIMIT:
                raise line_too_long(place, number)
            waiting = (number, mark + line + "\n")
            mark = ""
    if waiting is not None:  # the last line, which may lack its end
        number, line = waiting
        yield number, line if last == b"\n" else line[:-1]


def _layout(place: str, head: list[str]) -> Columns | None:
    """The layout, once a row with columns is there."""
    line = _ended(head[-1])[0].removeprefix("\ufeff")
    if not line.strip(" \t") or (line.startswith("#") and line != "#"):
        return None
    tabs = "\t" in line
    cells = line.split("\t") if tabs else _BLANKS.split(line.strip(" \t"))
    says = next((h for h in head if h.startswith("# global.columns")), None)
    names: tuple[str, ...] = ()
    numbered = tabs and len(cells) == len(CONLLU) and bool(_NUMBERED.fullmatch(cells[0]))
    if says is not None:
        names = tuple(says.partition("=")[2].split())
        numbered = names[:1] == ("ID",)
        if len(names) != len(cells):
            raise DataError(
                f"{place}: row {len(head)}: has {count(len(cells), 'column')} where"
                f" global.columns names {len(names)}; write them all, with tabs between"
            )
    elif numbered:
        names = CONLLU
    return Columns(place, names, len(cells), tabs, numbered)


def _sentences(
    columns: Columns, head: list[tuple[int, str]], rest: Iterator[tuple[int, str]]
) -> Iterator[ColumnSentence]:
    made = _Sentence(columns)
    for number, line in chain(head, rest):
        if made.is_over(line):
            yield made.done()
            made = _Sentence(columns)
        made.add(number, line)
    if made.lines:
        yield made.done()


class _Sentence:
    """A sentence whose lines are coming in."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.lines: list[str] = []
        self.rows: list[Row] = []
        self.numbers: list[int] = []
        self.cells: list[list[str]] = []
        self.said: dict[str, str] = {}
        self.blank = False

    def is_over(self, line: str) -> bool:
        """Whether a line is behind the sentence: the first that is not blank after a blank one."""
        return self.blank and bool(line.strip(" \t\r\n"))

    def add(self, number: int, line: str) -> None:
        """Take the next line."""
        text = _ended(line)[0].removeprefix("\ufeff")
        place = len(self.lines)
        self.lines.append(line)
        if not text.strip(" \t"):
            self.blank = bool(self.cells)
            return
        cells = self.columns.cells(text)
        if self._is_comment(text, cells):
            says = _SAYS.fullmatch(text)
            if says is not None:
                self.said[says["name"]] = says["value"].strip()
            return
        if len(cells) != self.columns.width:
            raise self._error(
                number, f"has {count(len(cells), 'column')} where the first row has"
                f" {self.columns.width}; give every token the same columns, and put"
                f" {'a tab' if self.columns.tabs else 'blanks'} between them")  # fmt: skip
        token = cells[0] != "-DOCSTART-"
        if self.columns.numbered:
            match = _NUMBERED.fullmatch(cells[0])
            if match is None:
                raise self._error(number, f"column 1: {shorten(cells[0])} numbers no token; write"
                                  " 1, 2, ... or a range such as 3-4")  # fmt: skip
            token = match["other"] is None
        self.rows.append(Row(place, token))
        if token:
            self.numbers.append(number)
            self.cells.append(cells)
            if len(self.cells) > LONGEST:
                raise self._error(number, f"the sentence has more than {LONGEST:,} tokens; put a"
                                  " blank line behind each sentence")  # fmt: skip

    def done(self) -> ColumnSentence:
        """The sentence, all of whose lines have come."""
        between, filler = "\t" if self.columns.tabs else " ", "_" if self.columns.numbered else "O"
        text = ColumnText(tuple(self.lines), tuple(self.rows), between, filler)
        return ColumnSentence(tuple(self.numbers), tuple(self.cells), self.said, text)

    def _is_comment(self, text: str, cells: list[str]) -> bool:
        if not text.startswith("#") or self.cells:
            return False
        return len(cells) != self.columns.width or _SAYS.fullmatch(text) is not None

    def _error(self, number: int, what: str) -> DataError:
        return DataError(f"{self.columns.place}: row {number}: {what}")


def _ended(line: str) -> tuple[str, str]:
    """A line and its end apart."""
    text = line.rstrip("\r\n")
    return text, line[len(text) :]
