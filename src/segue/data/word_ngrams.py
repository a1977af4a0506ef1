"""Which words follow which: n-grams of words, counted from texts or read from ARPA files."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.data.lines import read_lines
from segue.data.wording import one_line, shorten
from segue.errors import DataError, RunError

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
_ORDERS = 9
_REMARKS = 200  # lines before the n-grams of an ARPA file
_LOWEST = -99.0  # of ARPA files: the base-10 logarithm that stands for 0

Gram = tuple[str, ...]


class Known(NamedTuple):
    """Natural logarithms: of the probability of an n-gram's last word, and of what is left for
    words that were not seen behind it.
    """

    log: float
    back: float


class WordNGrams:
    """The probability of a word behind others, by back-off.

    Args:
        grams: by n-gram; all that an n-gram ends with are there too.

    >>> model = count_words(["turn left", "turn right", "turn left"], order=2)
    >>> likely, less = model.log_prob(("turn",), "left"), model.log_prob(("turn",), "right")
    >>> likely > less > model.log_prob(("turn",), "turn")
    True
    """

    def __init__(self, grams: dict[Gram, Known]) -> None:
        self.grams = grams
        self.order = max((len(gram) for gram in grams), default=1)
        special = {BEGIN, END, UNKNOWN}
        self.words = sorted({gram[0] for gram in grams if len(gram) == 1} - special)
        self.unknown = grams.get((UNKNOWN,), Known(math.log(10) * _LOWEST, 0.0)).log

    def begin(self) -> Gram:
        """What stands before a first word."""
        return (BEGIN,)

    def after(self, before: Gram, word: str) -> Gram:
        """What stands before the word behind `word`."""
        return (*before, word)[-(self.order - 1) :] if self.order > 1 else ()

    def log_prob(self, before: Gram, word: str) -> float:
        """The natural logarithm of the probability of `word` behind `before`."""
        if (word,) not in self.grams:
            word = UNKNOWN
        total = 0.0
        for start in range(max(0, len(before) - self.order + 1), len(before) + 1):
            found = self.grams.get((*before[start:], word))
            if found is not None:
                return total + found.log
            left = self.grams.get(before[start:]) if start < len(before) else None
            total += 0.0 if left is None else left.back
        return total + self.unknown

    def state(self) -> dict[str, Any]:
        """All of it as arrays and text, for `ngrams_from_state`."""
        words = sorted({word for gram in self.grams for word in gram})
        index = {word: number for number, word in enumerate(words)}
        grams = sorted(self.grams)
        return {
            "words": words,
            "lengths": np.array([len(gram) for gram in grams], np.int64),
            "ids": np.array([index[word] for gram in grams for word in gram], np.int64),
            "logs": np.array([self.grams[gram] for gram in grams], np.float64),
        }


def count_words(texts: Iterable[str], order: int) -> WordNGrams:
    """Count n-grams of words between blanks.

    I. H. Witten, T. C. Bell, "The zero-frequency problem", 1991: what was not seen behind h has the
    share T / (c + T), T being the different words behind h and c all of them. Below single words
    lies one unseen word more.

    Raises:
        DataError: there are no words.
    """
    counts: dict[Gram, Counter[str]] = defaultdict(Counter)
    for text in texts:
        words = [BEGIN, *text.split(), END]
        for place in range(1, len(words)):
            for length in range(min(order, place + 1)):
                counts[tuple(words[place - length : place])][words[place]] += 1
    if len(counts[()]) < 2:
        raise DataError("the texts hold no words; give a text with some")
    grams: dict[Gram, Known] = {}
    uniform = 1 / (len(counts[()]) + 1)
    for before in sorted(counts, key=len):
        behind = counts[before]
        total = behind.total() + len(behind)
        left = len(behind) / total
        for word, number in behind.items():
            shorter = uniform if not before else math.exp(grams[(*before[1:], word)].log)
            share = number / total + left * shorter
            grams[(*before, word)] = Known(math.log(share), 0.0)
        if before:
            kept = grams.get(before, Known(_LOWEST, 0.0))
            grams[before] = Known(kept.log, math.log(left))
        else:
            grams[(UNKNOWN,)] = Known(math.log(left * uniform), 0.0)
    return WordNGrams(grams)


def read_ngrams(
    path: str | Path,
    order: int,
    form: Callable[[str], str] = str,
    *,
    encoding: str | None = None,
) -> WordNGrams:
    r"""Read an ARPA file, or count the n-grams of any other text.

    Args:
        path: of the file.
        order: words of the longest n-grams that are counted.
        form: how lines of text, and words of an ARPA file, are written.
        encoding: of the file; None is UTF-8.

    Raises:
        DataError: the file cannot be read, or a row of an ARPA file is not of its form.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tiny.arpa"
    >>> _ = path.write_text("\\data\\\nngram 1=2\n\n\\1-grams:\n-0.30103 yes -0.1\n"
    ...                     "-0.30103 </s>\n\n\\end\\\n")
    >>> round(math.exp(read_ngrams(path, 2).log_prob(("<s>",), "yes")), 3)
    0.5
    """
    lines = read_lines(Path(path), encoding=encoding)
    head: list[tuple[int, str]] = []  # an ARPA file may begin with remarks
    for row, line in lines:
        if line.strip() == "\\data\\":
            return _arpa(lines, one_line(str(path)), form)
        head.append((row, line))
        if len(head) == _REMARKS:
            break
    try:
        return count_words((form(line) for part in (head, lines) for _, line in part), order)
    except DataError as error:
        raise DataError(f"{one_line(str(path))}: {error}") from None


def _arpa(lines: Iterator[tuple[int, str]], place: str, form: Callable[[str], str]) -> WordNGrams:
    grams: dict[Gram, Known] = {}
    length = 0
    for row, line in lines:
        text = line.strip()
        if text == "\\end\\":
            break
        if not text or text.startswith("ngram "):
            continue
        if text.startswith("\\"):
            length = _length(text, f"{place}: row {row}")
            continue
        fields = text.split()
        try:
            log = float(fields[0])
            back = float(fields[length + 1]) if len(fields) > length + 1 else 0.0
        except (ValueError, IndexError):
            log = math.nan
            back = 0.0
        if not (math.isfinite(log) and math.isfinite(back) and log <= 0) or not (
            length and length + 1 <= len(fields) <= length + 2
        ):
            raise DataError(
                f"{place}: row {row}: {shorten(text)} is not `logarithm words back-off` of "
                f"{length} words; write the file anew"
            )
        words = tuple(_written(word, form) for word in fields[1 : length + 1])
        grams[words] = Known(log * math.log(10), back * math.log(10))
    else:
        raise DataError(f"{place}: ends without \\end\\: it is cut short; fetch it again")
    if not grams:
        raise DataError(f"{place}: holds no n-grams; write the file anew")
    return WordNGrams(grams)


def _written(word: str, form: Callable[[str], str]) -> str:
    """A word as texts have it; what marks begin, end and unknown stays."""
    if word in (BEGIN, END):
        return word
    return UNKNOWN if word.lower() == UNKNOWN else form(word) or word


def _length(text: str, where: str) -> int:
    """How many words the n-grams of a part have."""
    number = text[1:].removesuffix("-grams:")
    if not number.isdecimal() or not 1 <= int(number) <= _ORDERS:
        raise DataError(f"{where}: {shorten(text)} is no part of an ARPA file; write it anew")
    return int(number)


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    words: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1000)]],
        Field(min_length=1, max_length=5_000_000),
    ]
    lengths: np.ndarray
    ids: np.ndarray
    logs: np.ndarray


def ngrams_from_state(state: object) -> WordNGrams:
    """The n-grams whose `state()` this is; nothing in it is trusted.

    Raises:
        RunError: it is none.

    >>> model = count_words(["turn left"], order=2)
    >>> ngrams_from_state(model.state()).grams == model.grams
    True
    """
    try:
        found = _State.model_validate(state)
    except ValidationError as error:
        raise RunError(f"n-grams: {error.errors()[0]['msg']}; train again") from None
    lengths, ids, logs = found.lengths, found.ids, found.logs
    whole = lengths.dtype == np.int64 and ids.dtype == np.int64 and logs.dtype == np.float64
    if (
        not whole
        or lengths.ndim != 1
        or logs.shape != (len(lengths), 2)
        or not ((lengths >= 1) & (lengths <= _ORDERS)).all()
        or ids.shape != (int(lengths.sum()),)
        or not ((ids >= 0) & (ids < len(found.words))).all()
        or not np.isfinite(logs).all()
    ):
        raise RunError("n-grams: are damaged; train again")
    ends = np.concatenate([[0], np.cumsum(lengths)]).tolist()
    words = [found.words[k] for k in ids.tolist()]
    grams = {
        tuple(words[first:last]): Known(*log)
        for (first, last), log in zip(pairwise(ends), logs.tolist(), strict=True)
    }
    return WordNGrams(grams)
