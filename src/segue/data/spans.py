"""Spans of tokens and the tags that write them: IOB1, IOB2, IOBES and its sisters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from segue.data.scheme import Scheme
from segue.data.wording import shorten
from segue.errors import DataError


class Span(NamedTuple):
    """Tokens `start` to before `end` are one thing of a type."""

    start: int
    end: int
    type: str


Tagged = tuple[Sequence[str], Sequence[int]]
"""The tags of a sentence, and the row of each in its file."""

_TAG = re.compile(r"([BIOESLUM])(?:-(.+))?", re.DOTALL)
_SAME = {"L": "E", "U": "S", "M": "I"}
_LETTERS = {Scheme.BILOU: {"E": "L", "S": "U"}, Scheme.BMES: {"I": "M"}}
_REMEDY = "correct the tag, or say how to read all of them with --scheme"


def spans(tags: Sequence[str]) -> list[Span]:
    """The spans that tags write, in whatever scheme, by the rules of `conlleval`.

    A span ends before a tag of another type, before B, S and O, and after E and S; it begins at B
    and S, at a tag of another type, and at I or E after a span has ended. So tags that break
    their scheme are read too (E. Tjong Kim Sang's script of the CoNLL shared tasks, with S and
    with B after E, which its schemes did not have).

    >>> spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "S-ORG"])
    [Span(start=0, end=2, type='PER'), Span(start=3, end=4, type='LOC'), \
Span(start=4, end=5, type='LOC'), Span(start=5, end=6, type='ORG')]
    """
    found: list[Span] = []
    begun: int | None = None
    kind = ""
    for place, tag in enumerate([*tags, "O"]):
        letter, new = _read(tag)
        if begun is not None and (letter in "OBS" or new != kind):
            found.append(Span(begun, place, kind))
            begun = None
        if letter != "O" and begun is None:
            begun, kind = place, new
        if letter in "ES" and begun is not None:
            found.append(Span(begun, place + 1, kind))
            begun = None
    return found


def tags_of(found: Iterable[Span], length: int, scheme: Scheme) -> list[str]:
    """The tags that write spans, which are in order and do not overlap.

    >>> tags_of([Span(0, 2, "PER"), Span(2, 3, "PER")], 4, Scheme.IOB1)
    ['I-PER', 'I-PER', 'B-PER', 'O']
    >>> tags_of([Span(0, 2, "PER"), Span(2, 3, "PER")], 4, Scheme.BILOU)
    ['B-PER', 'L-PER', 'U-PER', 'O']
    """
    tags = ["O"] * length
    before = Span(-1, -1, "")
    letters = _LETTERS.get(scheme, {})
    for span in found:
        plain = ["I"] * (span.end - span.start)
        if scheme is not Scheme.IOB1 or (before.end == span.start and before.type == span.type):
            plain[0] = "B"
        if scheme not in (Scheme.IOB1, Scheme.IOB2):
            plain[-1] = "E" if len(plain) > 1 else "S"
        ending = f"-{span.type}" if span.type else ""
        tags[span.start : span.end] = [letters.get(c, c) + ending for c in plain]
        before = span
    return tags


def convert(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """Tags of any scheme in another.

    >>> convert(["I-PER", "I-PER", "B-PER", "O"], Scheme.IOBES)
    ['B-PER', 'E-PER', 'S-PER', 'O']
    """
    return tags_of(spans(tags), len(tags), scheme)


def check_letters(sentences: Iterable[Tagged], place: str) -> None:
    """Check that all tags are O, or a letter of a scheme with or without a type.

    Raises:
        DataError: one is not.
    """
    for tags, rows in sentences:
        for tag, row in zip(tags, rows, strict=True):
            if not _TAG.fullmatch(tag):
                raise DataError(
                    f"{place}: row {row}: the tag {shorten(tag)} writes no span; write O, or a"
                    " letter and a type such as B-PER, or leave --scheme out"
                )


def recognise(sentences: Iterable[Tagged], place: str) -> Scheme:
    """The scheme that all sentences follow; `PLAIN` where tags are no spans.

    Raises:
        DataError: the tags follow one scheme here and another one there.

    >>> recognise([(["B-PER", "I-PER"], [1, 2]), (["B-PER"], [4])], "names.txt")
    <Scheme.IOB2: 'iob2'>
    """
    every = list(sentences)
    names = {tag for tags, _ in every for tag in tags}
    letters = {match[1] if (match := _TAG.fullmatch(tag)) else "" for tag in names}
    bare = names & set("BIESLUM")
    if "" in letters or letters <= {"O"} or (bare and not letters & {"O", "B"}):
        return Scheme.PLAIN
    if letters & set("ESLUM"):
        scheme = Scheme.BMES if "M" in letters else Scheme.IOBES
        scheme = Scheme.BILOU if letters & set("LU") else scheme
        _check_ends(every, scheme, place)
        return scheme
    return _iob(every, place)


def illegal(before: str, tag: str) -> bool:
    """Whether IOBES forbids `tag` after `before`; "" stands for the start and the end.

    >>> illegal("B-PER", "E-PER"), illegal("B-PER", "O"), illegal("", "E-PER"), illegal("I-X", "")
    (False, True, True, True)
    """
    (letter, kind), (new, other) = (_read(t) if t else ("O", "") for t in (before, tag))
    inside, goes_on = letter in "BI", new in "IE"
    return inside != goes_on or (inside and kind != other)


class Legal(NamedTuple):
    """What IOBES allows of K tags.

    Attributes:
        transitions: bool `[K, K]`, whether tag j (column) may follow tag i (row).
        starts: bool `[K]`, whether a sentence may begin with the tag.
        ends: bool `[K]`, whether it may end with it.
    """

    transitions: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


def legal(tags: Sequence[str]) -> Legal:
    """What is not `illegal`, of all pairs of tags.

    >>> legal(["O", "B-X", "E-X"]).transitions.tolist()
    [[True, True, False], [False, False, True], [True, True, False]]
    """
    letters, kinds = zip(*map(_read, tags), strict=True)
    inside = np.array([letter in "BI" for letter in letters])
    goes_on = np.array([letter in "IE" for letter in letters])
    number = {kind: place for place, kind in enumerate(dict.fromkeys(kinds))}
    of_type = np.array([number[kind] for kind in kinds])
    same = of_type[:, None] == of_type
    may = (inside[:, None] == goes_on) & (same | ~inside[:, None])
    return Legal(may, ~goes_on, ~inside)


def _read(tag: str) -> tuple[str, str]:
    """The letter of a tag, as IOBES has it, and its type."""
    letter, _, kind = tag.partition("-")
    return _SAME.get(letter, letter), kind


def _iob(every: list[Tagged], place: str) -> Scheme:
    """IOB1 where spans begin with I, else IOB2."""
    first: dict[Scheme, tuple[int, str]] = {}
    spans_of = {Scheme.IOB1: 0, Scheme.IOB2: 0}
    for tags, rows in every:
        before = ("O", "")
        for tag, row in zip(tags, rows, strict=True):
            letter, kind = _read(tag)
            if letter != "O" and (before[0] == "O" or before[1] != kind):
                scheme = Scheme.IOB1 if letter == "I" else Scheme.IOB2
                spans_of[scheme] += 1
                first.setdefault(scheme, (row, tag))
            before = (letter, kind)
    schemes = (Scheme.IOB2, Scheme.IOB1)
    more, fewer = sorted(schemes, key=lambda scheme: -spans_of[scheme])
    if spans_of[fewer] == 0:
        return more
    row, tag = first[fewer]
    raise DataError(
        f"{place}: row {row}: a span begins with {shorten(tag)}, that of row {first[more][0]} with"
        f" {shorten(first[more][1])}: IOB1 and IOB2 are mixed ({spans_of[fewer]:,} of"
        f" {sum(spans_of.values()):,} spans begin so); {_REMEDY} {more}"
    )


def _check_ends(every: list[Tagged], scheme: Scheme, place: str) -> None:
    """Every span of a scheme that marks ends is begun, goes on and ends."""
    allowed = {_LETTERS.get(scheme, {}).get(c, c) for c in "BIES"} | {"O"}
    for tags, rows in every:
        for before, tag, row in zip(["", *tags], [*tags, ""], [*rows, rows[-1]], strict=True):
            if tag and tag.partition("-")[0] not in allowed:
                what = f"the tag {shorten(tag)} is none of {scheme.upper()}"
            elif illegal(before, tag):
                then = f"{shorten(tag)} follows {shorten(before)}"
                what = (
                    then if tag and before else f"a span ends the sentence with {shorten(before)}"
                )
                what = what if before else f"a span begins with {shorten(tag)}"
                what = f"{what}, which {scheme.upper()} forbids"
            else:
                continue
            raise DataError(f"{place}: row {row}: {what}; {_REMEDY} {scheme}")
